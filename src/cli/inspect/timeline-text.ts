/** Draws a timeline in at most eight lines of a terminal: events, axis, epochs, late events, groups. Pure. */

import { medianOf } from '../../views/findings.ts';
import type { TimelineDocument } from '../../views/timeline-document.ts';
import { dayText, duration, TimeWords } from '../plate/words.ts';
import { chalk } from '../terminal/colours.ts';
import { cut } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, percent, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

export interface Window {
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Whether the terminal shows more than ASCII. */
  readonly isUnicode: boolean;
}

/** Round times on an axis, `at` from 0 to 1. */
export type TimeTicks = (
  from: number,
  to: number,
  wanted: number,
  clock: ShownClock,
) => { readonly at: number; readonly label: string }[];

const COLUMNS_MIN = 60;
const LABEL = 14;
const VALUE = 21;
const LINES_MAX = 8;
const BLOCKS = ' ▁▂▃▄▅▆▇█';
const ASCII = ' .:-=#';

/** Columns of the plot: the most buckets that can be drawn. */
export function plotColumns({ columns }: Pick<Window, 'columns'>): number {
  return Math.max(COLUMNS_MIN, columns ?? 80) - LABEL - VALUE;
}

/** Without room for all lines those at the end are left out; one line alone says the most that it can. */
export function timelineText(timeline: TimelineDocument, window: Window, ticks: TimeTicks, clock: ShownClock): string {
  if (timeline.unreadable !== null) return `events cannot be read: ${escapeForTerminal(timeline.unreadable)}`;
  if (timeline.events === 0) return 'no events yet';
  if (timeline.bucketMs === null) return `${atHand(timeline)}, at ${clock.text(timeline.firstTime ?? '')}`;
  // the prompt needs one, too
  const lines = Math.min(LINES_MAX, Math.max(1, (window.rows ?? LINES_MAX + 1) - 1));
  const plot = new Plot(timeline, timeline.bucketMs, window, clock);
  if (lines < 3) return plot.oneLine();
  return [...plot.events(), plot.axis(ticks), plot.start(), plot.epochs(), plot.late(), ...plot.groups()]
    .filter((line) => line !== null)
    .slice(0, lines)
    .join('\n');
}

/** `7 events`, or `4 of 8 events` if earlier ones were dropped, or their segments are not at hand. */
function atHand({ events, from }: TimelineDocument): string {
  return from === 1 ? plural(events, 'event') : `${count(events - from + 1)} of ${plural(events, 'event')}`;
}

class Plot {
  readonly #timeline: TimelineDocument;
  readonly #bucketMs: number;
  readonly #clock: ShownClock;
  readonly #levels: string;
  readonly #isUnicode: boolean;
  /** Columns of a bucket. */
  readonly #stretch: number;
  readonly #from: number;
  readonly #unit: { readonly name: string; readonly factor: number };

  constructor(timeline: TimelineDocument, bucketMs: number, window: Window, clock: ShownClock) {
    this.#clock = clock;
    this.#timeline = timeline;
    this.#bucketMs = bucketMs;
    this.#isUnicode = window.isUnicode;
    this.#levels = window.isUnicode ? BLOCKS : ASCII;
    this.#stretch = Math.max(1, Math.floor(plotColumns(window) / timeline.buckets.length));
    this.#from = Date.parse(timeline.buckets[0]?.from ?? '');
    this.#unit = unitOf(bucketMs, this.#most());
  }

  get #cells(): number {
    return this.#timeline.buckets.length * this.#stretch;
  }

  #most(): number {
    return this.#timeline.buckets.reduce((most, { events }) => Math.max(most, events), 0);
  }

  #pace(events: number): string {
    return count(Math.round(events * this.#unit.factor));
  }

  oneLine(): string {
    const { buckets, firstTime, lastTime } = this.#timeline;
    const bars = this.#bars(buckets.map((bucket) => bucket.events));
    const when = `${new TimeWords(firstTime, lastTime, this.#clock).range().text} ${this.#clock.zone}`;
    return `${bars} ${atHand(this.#timeline)}, ${when}, peak ${this.#pace(this.#most())} ${this.#unit.name}`;
  }

  /** Two lines, one above the other: twice the steps of one. */
  events(): string[] {
    const counts = this.#timeline.buckets.map(({ events }) => events);
    const most = this.#most();
    const steps = this.#levels.length - 1;
    const heights = counts.map((value) => heightOf(value, most, 2 * steps));
    const row = (height: (value: number) => number) => heights.map((value) => this.#level(height(value))).join('');
    return [
      line(
        this.#unit.name,
        row((value) => Math.max(0, value - steps)),
        `peak ${this.#pace(most)}`,
      ),
      line(
        '',
        row((value) => Math.min(steps, value)),
        `median ${this.#pace(medianOf(counts))}`,
      ),
    ];
  }

  axis(ticks: TimeTicks): string {
    const to = this.#from + this.#timeline.buckets.length * this.#bucketMs;
    const row = Array.from({ length: this.#cells }, () => ' ');
    let free = 0;
    for (const { at, label } of ticks(this.#from, to, Math.max(2, Math.floor(this.#cells / 12)), this.#clock)) {
      const start = Math.round(at * this.#cells);
      if (start < free || start + label.length > row.length) continue;
      for (const [nth, character] of [...label].entries()) row[start + nth] = character;
      free = start + label.length + 2;
    }
    const day = dayText(this.#clock.localAt(this.#from));
    return line(`${day}${this.#zoneText()}`, row.join(''), `a bar is ${duration(this.#bucketMs)}`);
  }

  /** `, UTC`, or the offset with which the axis begins: names of zones have no room. */
  #zoneText(): string {
    if (this.#clock.zone === 'UTC') return ', UTC';
    return ` ${/[+-]\d\d:\d\d$/.exec(this.#clock.text(this.#timeline.buckets[0]?.from ?? ''))?.[0] ?? ''}`;
  }

  /** Where it begins, if that is not the first event of the ledger. */
  start(): string | null {
    const { from } = this.#timeline;
    if (from === 1) return null;
    return line('begins at', cut(`sequence ${count(from)}; the rest is not at hand`, this.#cells), '');
  }

  epochs(): string {
    const begun = this.#timeline.epochs.filter(({ time }) => time !== null);
    const row = Array.from({ length: this.#cells }, (): string => (this.#isUnicode ? '·' : '.'));
    for (const [nth, { epoch, rule, time }] of begun.entries()) {
      const start = nth === 0 ? 0 : this.#cellOf(time);
      const next = begun[nth + 1];
      const end = next === undefined ? row.length : this.#cellOf(next.time);
      const text = [...`${this.#isUnicode ? '│' : '|'}${epoch} ${escapeForTerminal(rule)}`].slice(0, end - start);
      for (const [at, character] of text.entries()) row[start + at] = character;
    }
    return line('epochs', row.join(''), plural(this.#timeline.epochs.length, 'epoch'));
  }

  late(): string | null {
    const { late, buckets } = this.#timeline;
    if (late === null) return null;
    const bars = this.#bars(buckets.map((bucket) => bucket.late ?? 0));
    const share = percent(late.examined === 0 ? 0 : late.events / late.examined);
    const found = late.isSample ? `~${share}, sampled` : `${count(late.events)} late, ${share}`;
    return line('late', chalk.red(bars), late.events === 0 ? 'none' : found);
  }

  /** The worst first. */
  groups(): string[] {
    const [ink, rest] = this.#isUnicode ? ['━', '┄'] : ['=', '.'];
    return [...this.#timeline.groups]
      .sort((one, other) => other.lag - one.lag)
      .map(({ name, lag, oldestTime }) => {
        const waitsFrom = oldestTime === null ? 0 : this.#cellOf(oldestTime);
        const done = lag === 0 ? this.#cells : waitsFrom;
        const bar = `${ink.repeat(done)}${chalk.red(rest.repeat(this.#cells - done))}`;
        return line(name, bar, lag === 0 ? 'at the head' : `${count(lag)} behind`);
      });
  }

  #cellOf(time: string | null): number {
    const share = (Date.parse(time ?? '') - this.#from) / (this.#bucketMs * this.#timeline.buckets.length);
    return Math.min(this.#cells, Math.max(0, Math.floor(share * this.#cells)));
  }

  #bars(values: readonly number[]): string {
    const most = values.reduce((max, value) => Math.max(max, value), 0);
    return values.map((value) => this.#level(heightOf(value, most, this.#levels.length - 1))).join('');
  }

  #level(height: number): string {
    return (this.#levels[height] ?? ' ').repeat(this.#stretch);
  }
}

/** What is not nothing is never drawn as nothing. */
function heightOf(value: number, most: number, steps: number): number {
  if (value === 0 || most === 0) return 0;
  return Math.max(1, Math.round((value / most) * steps));
}

function line(label: string, plot: string, value: string): string {
  return `${cut(escapeForTerminal(label), LABEL - 1).padEnd(LABEL)}${plot}  ${value}`.trimEnd();
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['events/s', 1000],
  ['events/min', 60_000],
  ['events/h', 3_600_000],
  ['events/day', 86_400_000],
];

/** The first unit that is no longer than a bucket and gives numbers worth reading. */
function unitOf(bucketMs: number, most: number): { name: string; factor: number } {
  for (const [name, ms] of UNITS)
    if (ms <= bucketMs && (most * ms) / bucketMs >= 10) return { name, factor: ms / bucketMs };
  return { name: 'events', factor: 1 };
}
