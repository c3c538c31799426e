/** Times as text, in UTC or as clocks in a zone show them. No I/O. */

import { formatTime, type Micros } from './time.ts';
import type { TimeZone } from './time-zone.ts';

/** Writes a time as RFC 3339 with six digits of fraction. */
export type TimeText = (time: Micros) => string;

const MINUTE = 60_000_000;

/**
 * Times of a zone with their offset: `2018-01-31T02:49:59.650000+01:00`; in UTC with `Z`. Offsets of old local mean times
 * have seconds, which RFC 3339 does not: such an offset is cut to minutes and the clock follows, so that the text is
 * the same instant.
 */
export function timeTextIn(zone: TimeZone): TimeText {
  if (zone.name === 'UTC') return formatTime;
  let minute = Number.NaN;
  let offset = 0;
  let suffix = '';
  return (time) => {
    // no zone changes its offset within a minute of UTC; looking it up costs more than the rest of a line
    const current = Math.floor(time / MINUTE);
    if (current !== minute) {
      offset = Math.trunc((zone.localAt(time) - time) / MINUTE);
      suffix = offsetText(offset);
      minute = current;
    }
    return formatTime(time + offset * MINUTE).slice(0, -1) + suffix;
  };
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
}
