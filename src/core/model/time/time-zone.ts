/**
 * Local times and days of a zone, as instants. Results depend only on the zone's rules, never on today's date. No I/O.
 */

import { LedgerError } from '../ledger-error.ts';
import type { Micros } from './time.ts';

/** What a clock in the zone shows, as the instant at which a clock in UTC shows the same. */
export type LocalMicros = number;

/** Seconds to add to UTC, at a second since the epoch. */
export type OffsetAt = (second: number) => number;

interface Transition {
  /** The first second with the new offset. */
  readonly second: number;
  readonly before: number;
  readonly after: number;
}

const SECOND = 1_000_000;
export const DAY_MICROS = 86_400 * SECOND;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const DAYS_KEPT = 1024;
/**
 * A local time is within this distance of the same reading in UTC: offsets range from -15:14 to +15:14 (Manila and
 * Alaska before they changed sides).
 */
const REACH_SECONDS = 26 * HOUR_SECONDS;
/**
 * Two transitions of one zone are never closer than 95 hours in the tz database (Freetown), so samples at this distance
 * miss none.
 */
const SAMPLE_SECONDS = 13 * HOUR_SECONDS;
/** The longest run of dates that a zone skipped is one. */
const MISSING_DAYS_MAX = 2;

export class TimeZone {
  readonly name: string;
  readonly #offsetAt: OffsetAt;
  readonly #offsetsOfDays = new Map<number, number | null>();

  constructor(name: string, offsetAt: OffsetAt) {
    this.name = name;
    this.#offsetAt = offsetAt;
  }

  localAt(instant: Micros): LocalMicros {
    return instant + this.#offsetAt(Math.floor(instant / SECOND)) * SECOND;
  }

  /** The first instant at which clocks show this time; null if they never do. */
  instantOf(local: LocalMicros): Micros | null {
    const offset = this.#offsetOfDay(Math.floor(local / DAY_MICROS));
    return offset === null ? this.#firstInstantOf(local) : local - offset * SECOND;
  }

  /** The offset that is in force around all of a day; null if clocks change near it. Kept: a log has many times of few days. */
  #offsetOfDay(day: number): number | null {
    const known = this.#offsetsOfDays.get(day);
    if (known !== undefined) return known;
    const start = (day * DAY_MICROS) / SECOND;
    const offsets = new Set([...this.#samples(start), ...this.#samples(start + DAY_SECONDS)].map(this.#offsetAt));
    const [offset] = offsets;
    const found = offsets.size === 1 ? (offset as number) : null;
    if (this.#offsetsOfDays.size >= DAYS_KEPT) this.#offsetsOfDays.clear();
    this.#offsetsOfDays.set(day, found);
    return found;
  }

  #firstInstantOf(local: LocalMicros): Micros | null {
    const second = Math.floor(local / SECOND);
    const offsets = new Set(this.#samples(second).map(this.#offsetAt));
    const seconds = [...offsets]
      .filter((offset) => this.#offsetAt(second - offset) === offset)
      .map((offset) => second - offset);
    return seconds.length === 0 ? null : Math.min(...seconds) * SECOND + (local - second * SECOND);
  }

  /** The first instant with this local date, given by its midnight; null for a date that the zone skipped. */
  startOfDay(midnight: LocalMicros): Micros | null {
    const starts = this.#transitionsNear(midnight)
      .map(({ second }) => second * SECOND)
      .filter((start) => midnightOf(this.localAt(start)) === midnight);
    const first = Math.min(this.instantOf(midnight) ?? Number.POSITIVE_INFINITY, ...starts);
    return Number.isFinite(first) ? first : null;
  }

  /** The first instant of the next date that the zone has. */
  endOfDay(midnight: LocalMicros): Micros {
    for (let days = 1; days <= MISSING_DAYS_MAX; days++) {
      const start = this.startOfDay(midnight + days * DAY_MICROS);
      if (start !== null) return start;
    }
    throw new RangeError(`no day follows ${midnight} in ${this.name}`);
  }

  /**
   * The day, by its midnight, that an instant belongs to: the last one that has begun. It is the local date, except
   * where clocks went back over midnight: days do not overlap, so the second 23:30 of St. John's belongs to the day
   * that began at the first midnight.
   */
  dayAt(instant: Micros): LocalMicros {
    const date = midnightOf(this.localAt(instant));
    return this.#lastDay(date + DAY_MICROS, (start) => start <= instant);
  }

  dayBefore(midnight: LocalMicros): LocalMicros {
    return this.#lastDay(midnight - DAY_MICROS, () => true);
  }

  /** What clocks showed when they skipped a local time; null if they did not. */
  gapAround(local: LocalMicros): { readonly from: LocalMicros; readonly to: LocalMicros } | null {
    const gaps = this.#transitionsNear(local).map(({ second, before, after }) => ({
      from: (second + before) * SECOND,
      to: (second + after) * SECOND,
    }));
    return gaps.find(({ from, to }) => from <= local && local < to) ?? null;
  }

  #lastDay(latest: LocalMicros, fits: (start: Micros) => boolean): LocalMicros {
    for (let date = latest; ; date -= DAY_MICROS) {
      const start = this.startOfDay(date);
      if (start !== null && fits(start)) return date;
    }
  }

  #samples(localSecond: number): number[] {
    const samples: number[] = [];
    for (let at = localSecond - REACH_SECONDS; at <= localSecond + REACH_SECONDS; at += SAMPLE_SECONDS)
      samples.push(at);
    return samples;
  }

  #transitionsNear(local: LocalMicros): Transition[] {
    const samples = this.#samples(Math.floor(local / SECOND));
    return samples.slice(1).flatMap((to, nth) => this.#transitionIn(samples[nth] as number, to) ?? []);
  }

  #transitionIn(from: number, to: number): Transition | null {
    const before = this.#offsetAt(from);
    const after = this.#offsetAt(to);
    if (before === after) return null;
    let low = from;
    let high = to;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return { second: high, before, after };
  }
}

const UTC = new TimeZone('UTC', () => 0);

const OF_UTC = ['UTC', 'GMT', 'UCT', 'ZULU'];
/** Names of regions that are as short as an abbreviation. */
const SHORT_REGIONS = ['CUBA', 'EIRE', 'IRAN', 'PRC', 'ROC', 'ROK'];
const OFFSET = /^[+-](?:0\d|1[0-4]):[0-5]\d$/;

/** `BST` is the summer of London, and Bangladesh in the tables of JavaScript; `EST` has no summer. */
function isAbbreviation(name: string): boolean {
  return /^[a-z]{3,4}$/i.test(name) && ![...OF_UTC, ...SHORT_REGIONS].includes(name.toUpperCase());
}

/** `undefined`: UTC. @throws LedgerError INVALID_TIME for an unknown zone */
export async function timeZone(name: string | undefined): Promise<TimeZone> {
  if (name === undefined || /^z$/i.test(name)) return UTC;
  // Luxon knows the zones of the world; only commands that name one pay for loading it. It serves only for offsets of
  // instants: its result for a local time depends on the offset in force today
  const { DateTime, IANAZone } = await import('luxon');
  const { zone, isValid } = DateTime.utc().setZone(OFFSET.test(name) ? `UTC${name}` : name);
  if (isAbbreviation(name)) {
    throw new LedgerError('INVALID_TIME', {
      message: `'${name}' is an abbreviation, which stands for several time zones or for one part of the year`,
      hint: 'name the region, such as Europe/London or Asia/Kolkata, or an offset such as +01:00',
    });
  }
  if (!isValid) {
    throw new LedgerError('INVALID_TIME', {
      message: `'${name.slice(0, 80)}' is not a time zone`,
      hint: 'use an IANA name such as Europe/Berlin, an offset such as +02:00, or utc',
    });
  }
  // the machine's zone by its name: Luxon's local zone counts in whole minutes
  const source = zone.type === 'system' ? IANAZone.create(zone.name) : zone;
  return new TimeZone(zone.name, (second) => Math.round(source.offset(second * 1000) * 60));
}

export function midnightOf(local: LocalMicros): LocalMicros {
  return Math.floor(local / DAY_MICROS) * DAY_MICROS;
}
