/** What the rows over the axis of time share: the axis, a row's layout, and positions. */

import type { ShownClock } from '../terminal/shown-clock.ts';
import { html, type Markup } from './html.ts';
import type { TimeWords } from './words.ts';

/** The axis: milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Position of a time, 0 to 1. */
  readonly at: (time: string) => number;
  /** By which times are shown. */
  readonly clock: ShownClock;
  /** For times of the ledger. */
  readonly words: TimeWords;
}

export function pc(share: number): string {
  return `${Number((100 * share).toFixed(3))}%`;
}

export function timeRow(label: Markup, plot: Markup, value: Markup, name = ''): Markup {
  return html`<div class="row ${name}"><div class="label">${label}</div><div class="plot">${plot}</div><div class="value">${value}</div></div>\n`;
}
