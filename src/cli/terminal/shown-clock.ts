/** The clock by which a command shows times: that of UTC, or of the zone of `--tz`. Documents keep UTC. */

import { timeTextIn, timeZone } from '../../index.ts';

/** A local time is the instant, in milliseconds since 1970, at which a clock in UTC shows the same. */
export interface ShownClock {
  /** Name of the zone. */
  readonly zone: string;
  localAt(ms: number): number;
  /** The first instant of a local time; null if the zone skips it. */
  instantOf(local: number): number | null;
  /** A time of a document, RFC 3339 in UTC with six digits of fraction, with the offset of this clock. */
  text(time: string): string;
}

/** Shows times as documents have them. */
export const UTC_CLOCK: ShownClock = {
  zone: 'UTC',
  localAt: (ms) => ms,
  instantOf: (local) => local,
  text: (time) => time,
};

/** @throws LedgerError INVALID_TIME for an unknown zone */
export async function shownClock(tz: string | undefined): Promise<ShownClock> {
  if (tz === undefined) return UTC_CLOCK;
  const zone = await timeZone(tz);
  const text = timeTextIn(zone);
  return {
    zone: zone.name,
    localAt: (ms) => Math.floor(zone.localAt(ms * 1000) / 1000),
    instantOf: (local) => {
      const instant = zone.instantOf(local * 1000);
      return instant === null ? null : Math.floor(instant / 1000);
    },
    text: (time) => text(microsOf(time)),
  };
}

/** Date reads milliseconds: the last three digits are added. */
function microsOf(time: string): number {
  return Date.parse(time) * 1000 + Number(time.slice(-4, -1));
}
