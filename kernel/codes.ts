/**
 * Numbers shared with the host; they are first named in `line-fault.ts` and `scanned-field.ts`, and a test compares
 * them.
 */

export const FAULT_NONE: u8 = 0;
export const FAULT_UNEXPECTED_BYTE: u8 = 1;
export const FAULT_UNEXPECTED_END: u8 = 2;
export const FAULT_CONTROL_IN_STRING: u8 = 3;
export const FAULT_BAD_ESCAPE: u8 = 4;
export const FAULT_BAD_NUMBER: u8 = 5;
export const FAULT_BAD_UTF8: u8 = 6;
export const FAULT_TOO_DEEP: u8 = 7;
export const FAULT_TOO_LONG: u8 = 8;
export const FAULT_FIELD_TWICE: u8 = 9;
export const FAULT_KEY_MISSING: u8 = 10;
export const FAULT_KEY_NOT_SCALAR: u8 = 11;
export const FAULT_TIME_MISSING: u8 = 13;
export const FAULT_TIME_NOT_READABLE: u8 = 14;
export const FAULT_TIME_NO_SUCH_DATE: u8 = 15;
export const FAULT_TIME_NO_ZONE: u8 = 16;
export const FAULT_TIME_OUT_OF_RANGE: u8 = 17;
export const FAULT_TIME_AHEAD: u8 = 18;
/** The kernel leaves the line to the reference scanner. */
export const FAULT_UNDECIDED: u8 = 255;

export const KIND_ABSENT: u8 = 0;
export const KIND_STRING: u8 = 1;
export const KIND_ESCAPED_STRING: u8 = 2;
export const KIND_INTEGER: u8 = 3;
export const KIND_DECIMAL: u8 = 4;
export const KIND_TRUE: u8 = 5;
export const KIND_FALSE: u8 = 6;
export const KIND_NULL: u8 = 7;
export const KIND_OBJECT: u8 = 8;
export const KIND_ARRAY: u8 = 9;

/** A longer number may have another canonical spelling, as in `model/text/decimal.ts`. */
export const PLAIN_DIGITS_MAX: u32 = 64;
