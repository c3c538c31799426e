/** Times come in order, many in one minute: the bytes of the last one, `2026-04-12T09:00`, and what they mean. */

let high: u64 = 0;
let low: u64 = 0;
/** Microseconds since 1970, as if in UTC. */
export let keptMicros: i64 = 0;

export const MINUTE_BYTES: usize = 16;
/** `:00.000Z` */
const MILLIS_ZERO: u64 = 0x5a3030302e30303a;
/** The bits that must be 0: all of the other bytes; of a digit the upper half, also when six more are added. */
const MILLIS_FIXED: u64 = 0xfff0f0f0fff0f0ff;
const MILLIS_SIX: u64 = 0x0006060600060600;

@inline
export function isMinuteKept(start: usize): bool {
  return load<u64>(start) == high && load<u64>(start, 8) == low;
}

/** `start`: of the sixteen bytes of a minute that exists, all of it in range. */
export function keepMinute(start: usize, micros: i64): void {
  high = load<u64>(start);
  low = load<u64>(start, 8);
  keptMicros = micros;
}

/** The rest of a time behind its minute, if it is spelled `:SS.mmmZ` and below 60 s: in microseconds. Otherwise -1. */
@inline
export function microsInMinute(start: usize): i64 {
  // eight bytes at once: the value of each digit, 0 for the other bytes
  const digits = load<u64>(start) ^ MILLIS_ZERO;
  if ((((digits + MILLIS_SIX) | digits) & MILLIS_FIXED) != 0) return -1;
  // in each byte the number that it makes with the next one: two digits are below 256
  const pairs = digits * 10 + (digits >> 8);
  const seconds = (pairs >> 8) & 0xff;
  const millis = ((pairs >> 32) & 0xff) * 10 + ((digits >> 48) & 0xff);
  return seconds < 60 ? <i64>(seconds * 1000000 + millis * 1000) : -1;
}
