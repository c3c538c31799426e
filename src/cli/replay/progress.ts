/** Shows the progress of a replay on standard error: events done and left, ledger time and pace. Only if standard output is not the terminal. */

import { formatTime, type ReplayProgress } from '../../index.ts';
import { count } from '../terminal/format-numbers.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

/** The whole line fits into 80 columns. */
const BAR_COLUMNS = 10;

export class ReplayProgressLine {
  readonly #isQuiet: boolean;
  /** A progress line would mix with events on one terminal, so only whole lines are written then. */
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

  /** Shows the last state again, with a note. */
  note(note: string): void {
    if (this.#isQuiet) return;
    if (!this.#isBesideEvents && this.#last !== undefined) this.update(this.#last, note);
    if (this.#isBesideEvents && process.stderr.isTTY === true && note !== '') process.stderr.write(`${note}\n`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

/** The factor of the original pace. */
function speed(factor: number): string {
  return `${factor >= 100 ? count(Math.round(factor)) : factor.toPrecision(3)}x`;
}
