/** Why a line is rejected: a closed list of codes, small enough for a table of bytes, and their texts. */

import { ACCEPTED_TIMES } from '../model/time/time.ts';

export const LineFault = {
  NONE: 0,
  UNEXPECTED_BYTE: 1,
  UNEXPECTED_END: 2,
  CONTROL_IN_STRING: 3,
  BAD_ESCAPE: 4,
  BAD_NUMBER: 5,
  BAD_UTF8: 6,
  TOO_DEEP: 7,
  TOO_LONG: 8,
  /** A field that the ledger reads occurs twice in the line, so two readers could disagree. */
  FIELD_TWICE: 9,
  KEY_MISSING: 10,
  KEY_NOT_SCALAR: 11,
  UNKNOWN_PARTITION: 12,
  TIME_MISSING: 13,
  TIME_NOT_READABLE: 14,
  TIME_NO_SUCH_DATE: 15,
  TIME_NO_ZONE: 16,
  TIME_OUT_OF_RANGE: 17,
  /** Further ahead of the clock than the limit: one typo would freeze ledger time for every emitter. */
  TIME_AHEAD: 18,
  TIME_LATE: 19,
  ID_MISSING: 20,
  ID_NOT_SCALAR: 21,
  ID_CONFLICT: 22,
  NOT_AN_ENVELOPE: 23,
  KEY_NOT_COMPARABLE: 24,
  TIME_SKIPPED: 25,
} as const;
export type LineFault = (typeof LineFault)[keyof typeof LineFault];

/** Settings of a ledger that appear in the texts. */
export interface FaultContext {
  readonly lineBytesMax: number;
  readonly depthMax: number;
  readonly routing: string;
  readonly timePath: string;
  /** Of times without an offset; null if they are rejected. */
  readonly zone: string | null;
  readonly uniquePath: string;
  readonly maxSkew: string;
}

/** The reason as a text, without the position. */
export function describeLineFault(fault: LineFault, context: FaultContext): string {
  switch (fault) {
    case LineFault.NONE:
      return 'no fault';
    case LineFault.UNEXPECTED_BYTE:
      return 'invalid JSON: unexpected character';
    case LineFault.UNEXPECTED_END:
      return 'invalid JSON: unexpected end of line';
    case LineFault.CONTROL_IN_STRING:
      return 'invalid JSON: control character in a string';
    case LineFault.BAD_ESCAPE:
      return 'invalid JSON: invalid escape';
    case LineFault.BAD_NUMBER:
      return 'invalid JSON: malformed number';
    case LineFault.BAD_UTF8:
      return 'invalid UTF-8';
    case LineFault.TOO_DEEP:
      return `nested deeper than ${context.depthMax} levels`;
    case LineFault.TOO_LONG:
      return `longer than ${context.lineBytesMax} bytes (\`lineBytesMax\`)`;
    case LineFault.FIELD_TWICE:
      return 'a field that the ledger reads occurs twice';
    case LineFault.KEY_MISSING:
      return `the routing field is missing (${context.routing})`;
    case LineFault.KEY_NOT_SCALAR:
      return `the routing field is not a string, number or boolean (${context.routing})`;
    case LineFault.KEY_NOT_COMPARABLE:
      return `the routing field cannot be compared with the bounds (${context.routing})`;
    case LineFault.UNKNOWN_PARTITION:
      return `the routing field names an unknown partition (${context.routing})`;
    case LineFault.TIME_MISSING:
      return `the time field '${context.timePath}' is missing`;
    case LineFault.TIME_NOT_READABLE:
      return `'${context.timePath}' is not a time: ${ACCEPTED_TIMES}`;
    case LineFault.TIME_NO_SUCH_DATE:
      return `'${context.timePath}' is a date or time of day that does not exist`;
    case LineFault.TIME_NO_ZONE:
      return `'${context.timePath}' has no zone: end it with Z or an offset such as +02:00, or create the ledger with \`zone\``;
    case LineFault.TIME_SKIPPED:
      return `'${context.timePath}' does not exist in ${context.zone}: clocks there skip it`;
    case LineFault.TIME_OUT_OF_RANGE:
      return `'${context.timePath}' is out of range: years 1828 to 2111`;
    case LineFault.TIME_AHEAD:
      return `'${context.timePath}' is more than ${context.maxSkew} ahead of the clock (\`maxSkew\`)`;
    case LineFault.TIME_LATE:
      return "the event is earlier than the ledger's head (`late` reject)";
    case LineFault.ID_MISSING:
      return `the unique id '${context.uniquePath}' is missing`;
    case LineFault.ID_NOT_SCALAR:
      return `the unique id '${context.uniquePath}' is not a string, number or boolean`;
    case LineFault.ID_CONFLICT:
      return `the id '${context.uniquePath}' was committed before with another payload`;
    case LineFault.NOT_AN_ENVELOPE:
      return 'not an envelope: it needs a time and a payload';
  }
}
