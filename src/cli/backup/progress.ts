/** Shows how far a backup is: a line on standard error, on terminals and for longer runs only. */

import type { BackupProgress } from '../../index.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

/** Parts of a phase in the bar: one bar shows both phases, half each. */
const PARTS = 1000;

export class BackupBar {
  readonly #bar: ProgressBar;

  constructor(isQuiet: boolean) {
    this.#bar = new ProgressBar({ format: '{bar} {percentage}%  {activity}', total: 2 * PARTS, isQuiet });
  }

  update({ phase, done, total }: BackupProgress): void {
    const share = total === 0 ? 1 : done / total;
    this.#bar.update(Math.floor(PARTS * (phase === 'copy' ? share : 1 + share)), () => ({
      activity: phase === 'copy' ? `${bytes(done)} copied` : `${plural(done, 'event')} verified`,
    }));
  }

  stop(): void {
    this.#bar.stop();
  }
}
