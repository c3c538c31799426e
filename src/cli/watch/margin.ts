/** What all sections of a live page have in common: the column of names at their left, and how they say what is not known, and how long. */

import { chalk } from '../terminal/colours.ts';
import { span } from '../terminal/format-numbers.ts';

/** Sections are named in a column of this width. */
const NAME_WIDTH = 9;

/** In the place of a figure that nobody knows yet. */
export const UNKNOWN = '–';

/** The name of a section, at the start of its first line. */
export function sectionName(name: string): string {
  return chalk.bold(name.padEnd(NAME_WIDTH));
}

/** What stands in the name's place on the lines below. */
export function rowName(name: string): string {
  return `  ${name}`.padEnd(NAME_WIDTH);
}

/** How long was measured: no look comes to the millisecond. */
export function measuredSpan(ms: number): string {
  return span(Math.round(ms / 100) * 100);
}
