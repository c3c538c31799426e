/** Axes of the charts: ticks and labels of time, the top of a value axis, and the unit that buckets are counted in. */

import { scaleLinear, scaleUtc } from 'd3-scale';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { clockText, DAY, dayText, monthText } from './words.ts';

/** Characters of a label that have room in the plot of the narrowest page that shows every label, 430 px. */
const CHARACTERS = 59;

export interface Tick {
  readonly value: number;
  readonly label: string;
  /** Position on the axis, 0 to 1. */
  readonly at: number;
}

/**
 * About `wanted` ticks at round times of a clock in `[from, to)`, in milliseconds. None is so near an end that its label
 * would leave the chart, or meet another. A time that the clock skips has none.
 */
export function timeTicks(from: number, to: number, wanted: number, clock: ShownClock): Tick[] {
  const [start, end] = [clock.localAt(from), clock.localAt(to)];
  const all = scaleUtc([start, end], [0, 1]).ticks(wanted).map(Number);
  const allStep = (all[1] ?? end) - (all[0] ?? start);
  // the steps of d3 go from one hour to three, and from one day to two: every second one where they would be crowded
  const isCrowded = all.length > wanted + 2 && allStep < DAY;
  const ticks = isCrowded ? all.filter((value) => (value / allStep) % 2 === 0) : all;
  const step = isCrowded ? 2 * allStep : allStep;
  const labelled = ticks
    .flatMap((local) => {
      const value = clock.instantOf(local);
      return value === null ? [] : [{ value, label: tickLabel(local, step), at: (value - from) / (to - from) }];
    })
    .filter(({ at }) => at >= 0 && at < 0.97);
  let free = 0;
  return labelled.filter(({ at, label }) => {
    const width = (label.length + 1) / CHARACTERS;
    const start = isAtStart(at) ? at : at - width / 2;
    if (start < free - 0.001) return false;
    free = start + width;
    return true;
  });
}

/** Whether a label begins at its tick, instead of being centred over it: it would leave the chart. */
export function isAtStart(at: number): boolean {
  return at < 0.05;
}

function tickLabel(value: number, step: number): string {
  const date = new Date(value);
  if (step >= 360 * DAY) return String(date.getUTCFullYear());
  if (step >= 27 * DAY) return date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : monthText(value);
  if (step >= DAY || value % DAY === 0) return dayText(value);
  if (step >= 60_000) return clockText(value, 'minute');
  return clockText(value, step >= 1000 ? 'second' : 'ms');
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
