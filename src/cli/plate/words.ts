/** Figures, durations and times as the plate words them. Times are local ones of a clock: {@link ShownClock}. */

import { count } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const LARGE: readonly (readonly [unit: number, name: string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
];

/** `12.3 M` from ten million on, or from `from` on: where there is little room. */
export function shortCount(value: number, from = 10e6): string {
  if (value < from) return count(value);
  const [unit, name] = LARGE.find(([each]) => value >= 10 * each) ?? [1e6, 'M'];
  return `${count(Number((value / unit).toFixed(1)))} ${name}`;
}

/** A duration in its two largest units: `13 ms`, `3.3 s`, `20 min`, `11 h 30 min`, `28 d 4 h`, `3 y 20 d`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${ms < 10 && !Number.isInteger(ms) ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${Number((ms / SECOND).toFixed(1))} s`;
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return two(whole, MINUTE, 'min', SECOND, 's');
  const minutes = Math.round(whole / MINUTE) * MINUTE;
  if (minutes < DAY) return two(minutes, HOUR, 'h', MINUTE, 'min');
  const hours = Math.round(whole / HOUR) * HOUR;
  return hours < YEAR ? two(hours, DAY, 'd', HOUR, 'h') : two(hours, YEAR, 'y', DAY, 'd');
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${count(Math.floor(ms / large))} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** `12 Apr 2026` */
export function dateText(ms: number): string {
  const date = new Date(ms);
  return `${dayText(ms)} ${date.getUTCFullYear()}`;
}

/** `12 Apr` */
export function dayText(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${monthText(ms)}`;
}

export function monthText(ms: number): string {
  return MONTHS[new Date(ms).getUTCMonth()] as string;
}

/** `17:29:59.717`, or less of it. */
export function clockText(ms: number, precision: 'minute' | 'second' | 'ms'): string {
  const date = new Date(ms);
  const minutes = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
  if (precision === 'minute') return minutes;
  const seconds = `${minutes}:${pad(date.getUTCSeconds())}`;
  return precision === 'second' ? seconds : `${seconds}.${pad(date.getUTCMilliseconds(), 3)}`;
}

export function sameDay(one: number, other: number): boolean {
  return Math.floor(one / DAY) === Math.floor(other / DAY);
}

/** How times of a ledger are written, so that they differ within its span and say no more than that. */
export class TimeWords {
  readonly #clock: ShownClock;
  readonly #first: number;
  readonly #last: number;
  readonly #isOneDay: boolean;
  readonly #spanMs: number;

  /** The first and the last time of the ledger, as documents have them; null if it has no events. */
  constructor(firstTime: string | null, lastTime: string | null, clock: ShownClock) {
    this.#clock = clock;
    this.#first = localOf(firstTime ?? '', clock);
    this.#last = localOf(lastTime ?? '', clock);
    this.#isOneDay = sameDay(this.#first, this.#last);
    // not of the local times: where the clock is set back they may be in reverse
    this.#spanMs = Date.parse(lastTime ?? '') - Date.parse(firstTime ?? '');
  }

  /** A time of the ledger: `07:44`, `12 Apr 07:44`, `12 Apr 2026`. */
  at(time: string): string {
    return this.#text(localOf(time, this.#clock));
  }

  #text(ms: number): string {
    if (this.#isOneDay) return clockText(ms, this.#precision());
    if (this.#spanMs < 90 * DAY) return `${dayText(ms)} ${clockText(ms, 'minute')}`;
    return dateText(ms);
  }

  #precision(): 'minute' | 'second' | 'ms' {
    if (this.#spanMs < 10 * SECOND) return 'ms';
    return this.#spanMs < 10 * MINUTE ? 'second' : 'minute';
  }

  /** First and last time: `06:00 – 17:29` with its day below. */
  range(): { readonly text: string; readonly note: string } {
    const [firstMs, lastMs] = [this.#first, this.#last];
    if (this.#isOneDay)
      return this.#spanMs === 0
        ? { text: clockText(firstMs, 'second'), note: dateText(firstMs) }
        : { text: `${this.#text(firstMs)} – ${this.#text(lastMs)}`, note: dateText(firstMs) };
    const isOneYear = new Date(firstMs).getUTCFullYear() === new Date(lastMs).getUTCFullYear();
    if (isOneYear)
      return { text: `${dayText(firstMs)} – ${dayText(lastMs)}`, note: String(new Date(firstMs).getUTCFullYear()) };
    return { text: `${dateText(firstMs)} – ${dateText(lastMs)}`, note: '' };
  }
}

/** The local time of a time as documents have it. */
export function localOf(time: string, clock: ShownClock): number {
  return clock.localAt(Date.parse(time));
}

/** A moment with its day, for what did not happen in ledger time: `26 Nov 2026, 12:16:50 UTC`. */
export function momentText(time: string, clock: ShownClock): string {
  const ms = localOf(time, clock);
  return `${dateText(ms)}, ${clockText(ms, 'second')} ${clock.zone}`;
}
