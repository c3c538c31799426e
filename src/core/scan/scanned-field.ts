/** The result of a scan for one line: the types that emission's scanner and the router share. No I/O. */

/** Kinds of a scanned field's value. ABSENT is 0 so that a cleared table means "no field found". */
export const FieldKind = {
  ABSENT: 0,
  STRING: 1,
  /** A string with at least one backslash: its text differs from its bytes. */
  ESCAPED_STRING: 2,
  /** A number without fraction and exponent. */
  INTEGER: 3,
  DECIMAL: 4,
  TRUE: 5,
  FALSE: 6,
  NULL: 7,
  OBJECT: 8,
  ARRAY: 9,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

/** One scanned line as the router sees it: a cursor that moves from line to line, valid until it moves. */
export interface RoutableLine {
  /** The memory that all bounds refer to. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  /** Kind of the nth field that the router requested. */
  kind(nth: number): FieldKind;
  /** Bounds of its value, half-open, quotes of a string included. */
  start(nth: number): number;
  end(nth: number): number;
}
