/** Shared layout of the sections of a live page: the column of names, unknown values, and measured durations. */

import { chalk } from '../terminal/colours.ts';
import { span } from '../terminal/format-numbers.ts';

/** Sections are named in a column of this width. */
const NAME_WIDTH = 9;

/** Shown for an unknown value. */
export const UNKNOWN = '–';

/** Formats the name of a section, at the start of its first line. */
export function sectionName(name: string): string {
  return chalk.bold(name.padEnd(NAME_WIDTH));
}

/** Formats the name column of the lines below. */
export function rowName(name: string): string {
  return `  ${name}`.padEnd(NAME_WIDTH);
}

/** Formats a measured duration; samples are not exact to the millisecond. */
export function measuredSpan(ms: number): string {
  return span(Math.round(ms / 100) * 100);
}
