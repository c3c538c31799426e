/** How far a replay is: done, left, the ledger's time now and how fast it runs. A line on standard error, where standard output goes elsewhere. */

import { formatTime, type ReplayProgress } from '../../index.ts';
import { count } from '../terminal/format-numbers.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

/** So that all of it stands on a line of eighty. */
const BAR_COLUMNS = 10;

export class ReplayProgressLine {
  readonly #isQuiet: boolean;
  /** Two writers would tear one terminal's lines apart: beside events there is room for whole lines alone. */
  readonly #isBesideEvents: boolean = process.stdout.isTTY === true;
  #bar: ProgressBar | undefined;
  #firstTime: number | null = null;
  #last: ReplayProgress | undefined;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  update(progress: ReplayProgress, note = ''): void {
    const { from, through, sequence, time, events } = progress;
    this.#last = progress;
    this.#bar ??= new ProgressBar({
      format:
        through === null
          ? '{events} replayed  {now}  {speed}{note}'
          : '{bar} {percentage}%  {events} replayed  {left} left  {now}  {speed}{note}',
      total: through === null ? null : Math.max(0, through - from + 1),
      barColumns: BAR_COLUMNS,
      isQuiet: this.#isQuiet || this.#isBesideEvents,
    });
    if (sequence === null || time === null) return;
    this.#firstTime ??= time;
    const span = time - this.#firstTime;
    this.#bar.update(sequence - from + 1, (ms) => ({
      events: count(events),
      left: through === null ? '' : count(through - sequence),
      now: formatTime(time),
      speed: speed(span / 1000 / ms),
      note: note === '' ? '' : `  ${note}`,
    }));
  }

  /** The same state with a word beside it. */
  note(note: string): void {
    if (this.#isQuiet) return;
    if (!this.#isBesideEvents && this.#last !== undefined) this.update(this.#last, note);
    if (this.#isBesideEvents && process.stderr.isTTY === true && note !== '') process.stderr.write(`${note}\n`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

/** How many times as fast as it happened. */
function speed(factor: number): string {
  return `${factor >= 100 ? count(Math.round(factor)) : factor.toPrecision(3)}x`;
}
