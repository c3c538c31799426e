/** Axes of the charts: ticks and labels of time, the top of a value axis, and the unit that buckets are counted in. */

import { scaleLinear, scaleUtc } from 'd3-scale';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { clockText, DAY, dayText, monthText } from './words.ts';

/** The plot of the narrowest page with rows beside their names, and that of a page of 320 px, the narrowest that reflow is asked of (WCAG 1.4.10). */
export const PLOT_PX = { wide: 430, narrow: 288 } as const;
/** Between two labels. */
const GAP_PX = 6;

export interface Tick {
  readonly value: number;
  /** What the clock of the page shows then. */
  readonly local: number;
  readonly label: string;
  /** Position on the axis, 0 to 1. */
  readonly at: number;
}

/** About `wanted` ticks at round times of a clock in `[from, to)`, in milliseconds. A time that the clock skips has none. */
export function timeTicks(from: number, to: number, wanted: number, clock: ShownClock): Tick[] {
  // where the clock is set back it may show less at the end than at the start: by both offsets
  const [start, end] = [clock.localAt(from), clock.localAt(to)];
  const { values, step } = timesOf(Math.min(start, end - to + from), Math.max(end, start + to - from), wanted);
  const instants = (local: number) => [clock.instantOf(local), local - start + from, local - end + to];
  return values
    .flatMap((local) => {
      // the first instant of a time that is repeated may be before the axis
      const value = instants(local).find(
        (instant) => instant !== null && instant >= from && instant < to && clock.localAt(instant) === local,
      );
      if (value === undefined || value === null) return [];
      return [{ value, local, label: tickLabel(local, step), at: (value - from) / (to - from) }];
    })
    .sort((one, other) => one.value - other.value);
}

function timesOf(start: number, end: number, wanted: number): { values: number[]; step: number } {
  const all = scaleUtc([start, end], [0, 1]).ticks(wanted).map(Number);
  const step = stepOf(all) ?? end - start;
  // the steps of d3 go from one hour to three, and from one day to two: every second one where they would be crowded
  const isCrowded = all.length > wanted + 2 && step < DAY;
  if (!isCrowded) return { values: all, step };
  return { values: all.filter((value) => (value / step) % 2 === 0), step: 2 * step };
}

function stepOf([first, second]: readonly number[]): number | null {
  return first === undefined || second === undefined ? null : second - first;
}

/** The ticks that have room for a label in a plot of this width: all, or every second, every third and so on, so that no gap means more than another. */
export function labelledTicks(ticks: readonly Tick[], plotPx: number): Tick[] {
  for (let every = 1; every < ticks.length; every++) {
    const [most] = choices(ticks, every).filter((some) => haveRoom(some, plotPx));
    if (most !== undefined) return most;
  }
  return ticks.slice(0, 1);
}

/** Every n-th of the ticks: as many as possible, and of as many rather those at multiples of n. */
function choices(ticks: readonly Tick[], every: number): Tick[][] {
  const step = stepOf(ticks.map(({ local }) => local)) ?? DAY;
  const isRound = ([first]: readonly Tick[]) =>
    Number(first !== undefined && placeInUnit(first.local, step) % every === 0);
  return Array.from({ length: every }, (_, start) => ticks.filter((_tick, nth) => nth % every === start)).sort(
    (one, other) => other.length - one.length || isRound(other) - isRound(one),
  );
}

/** Of a year, a month of its year, or a time of its day: the number of steps before it. */
function placeInUnit(local: number, step: number): number {
  const date = new Date(local);
  if (step >= 360 * DAY) return Math.round(date.getUTCFullYear() / Math.round(step / (365 * DAY)));
  if (step >= 27 * DAY) return Math.round(date.getUTCMonth() / Math.round(step / (30 * DAY)));
  return Math.round(local / step);
}

function haveRoom(ticks: readonly Tick[], plotPx: number): boolean {
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const width = labelWidth(tick.label);
    const start = tick.at * plotPx - { start: 0, middle: width / 2, end: width }[anchorOf(tick)];
    if (start < free) return false;
    free = start + width + GAP_PX;
  }
  return true;
}

/** Centred over its tick, unless the label would leave the narrowest plot. */
export function anchorOf({ at, label }: Tick): 'start' | 'middle' | 'end' {
  const half = labelWidth(label) / 2;
  if (at * PLOT_PX.narrow < half) return 'start';
  return (1 - at) * PLOT_PX.narrow < half ? 'end' : 'middle';
}

/** Advance widths of the page's font at 12 px; digits and the rest of the letters in names of months have 7.2 at most. */
const WIDTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ' ': 3.2,
    ':': 2.8,
    '.': 3.1,
    J: 4,
    r: 4.5,
    t: 4.4,
    l: 2.9,
    S: 7.5,
    A: 8.6,
    D: 9,
    N: 9,
    O: 9.3,
    M: 10.3,
  }),
);

/** An upper bound, in pixels. */
export function labelWidth(label: string): number {
  return [...label].reduce((width, character) => width + (WIDTHS.get(character) ?? 7.2), 0);
}

function tickLabel(local: number, step: number): string {
  const date = new Date(local);
  if (step >= 360 * DAY) return String(date.getUTCFullYear());
  if (step >= 27 * DAY) return date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : monthText(local);
  if (step >= DAY || local % DAY === 0) return dayText(local);
  if (step >= 60_000) return clockText(local, 'minute');
  return clockText(local, step >= 1000 ? 'second' : 'ms');
}

/** A value axis from 0: its top, and the values with a line. Counts of whole things have no line at a half. */
export function valueAxis(most: number): { readonly top: number; readonly lines: readonly number[] } {
  const scale = scaleLinear([0, Math.max(most, 1)], [0, 1]).nice(4);
  const top = scale.domain()[1] ?? 1;
  return { top, lines: [top / 2, top].filter((value) => Number.isInteger(value)) };
}

export interface CountUnit {
  /** `events/min`, or `events` for a bucket's count as it is. */
  readonly name: string;
  /** What a bucket's count is multiplied by. */
  readonly factor: number;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['events/s', 1000],
  ['events/min', 60_000],
  ['events/h', 3_600_000],
  ['events/day', DAY],
];

/** The first unit that is no longer than a bucket and gives numbers worth reading: 20 at least in the fullest bucket. */
export function countUnit(bucketMs: number, most: number): CountUnit {
  for (const [name, ms] of UNITS) {
    const factor = ms / bucketMs;
    if (factor <= 1 && most * factor >= 20) return { name, factor };
  }
  return { name: 'events', factor: 1 };
}
