/** The position of a number among bounds, exact: doubles decide if they are precise enough, otherwise decimals. */

import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal } from '../model/routing/router.ts';
import { byteAt, isDigit, ZERO } from '../model/text/bytes.ts';
import { compareDecimals, type Decimal, readDecimal } from '../model/text/decimal.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { countAtOrBelow } from './count-at-or-below.ts';
import { noKey, notComparable } from './refusal.ts';

/**
 * Decimals with this many digits all have distinct doubles, and powers of ten up to here are doubles too (IEEE 754
 * binary64).
 */
const DOUBLE_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: DOUBLE_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/** `values`: decimals, strictly increasing. */
export function numberPlace(values: readonly string[]): (line: RoutableLine) => PartitionId | RouteRefusal {
  const bounds = values.map((value) => readDecimal(value) as Decimal);
  const near = Float64Array.from(values, Number);
  const hasOwnDouble = values.map(
    (value, at) => hasFewDigits(value) && near.indexOf(near[at] as number) === near.lastIndexOf(near[at] as number),
  );
  return (line) => {
    const kind = line.kind(0);
    if (kind !== FieldKind.INTEGER && kind !== FieldKind.DECIMAL) return notComparable(kind);
    const key = shortNumber(line.bytes, line.start(0), line.end(0));
    if (!Number.isNaN(key)) {
      const place = countAtOrBelow(near, key);
      // rounding keeps the order: only if both have the same double may they still differ
      if (place === 0 || near[place - 1] !== key || hasOwnDouble[place - 1] === true) return place;
    }
    const exact = readDecimal(Buffer.from(line.bytes.subarray(line.start(0), line.end(0))).toString('latin1'));
    return exact === null ? noKey(kind) : exactPlace(bounds, exact);
  };
}

function exactPlace(bounds: readonly Decimal[], key: Decimal): PartitionId {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareDecimals(bounds[middle] as Decimal, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The double nearest to a number without exponent and with few digits, distinct among such numbers. NaN for others. */
function shortNumber(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = byteAt(bytes, start) === 0x2d;
  const first = isNegative ? start + 1 : start;
  // the point is one more byte
  if (end - first > DOUBLE_DIGITS + 1) return Number.NaN;
  let digits = 0;
  let count = 0;
  let behindPoint = 0;
  let hasPoint = false;
  for (let at = first; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (isDigit(byte)) {
      digits = digits * 10 + (byte - ZERO);
      count++;
      if (hasPoint) behindPoint++;
    } else if (byte === 0x2e) {
      hasPoint = true;
    } else {
      return Number.NaN;
    }
  }
  if (count > DOUBLE_DIGITS) return Number.NaN;
  const size = behindPoint === 0 ? digits : digits / (POWERS_OF_TEN[behindPoint] as number);
  return isNegative ? -size : size;
}

/** For a bound in canonical spelling: whether its double is distinct among numbers of few digits. */
function hasFewDigits(value: string): boolean {
  return !value.includes('e') && value.replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length <= DOUBLE_DIGITS;
}
