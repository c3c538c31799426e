/** Shows how far an archive is: a progress line on standard error, on terminals and for longer runs only. */

import type { ArchiveProgress } from '../../index.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

export class ArchiveProgressLine {
  readonly #isQuiet: boolean;
  #phase: ArchiveProgress['phase'] | null = null;
  #bar: ProgressBar | undefined;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  update({ phase, done, total }: ArchiveProgress): void {
    if (phase !== this.#phase) {
      this.#bar?.stop();
      this.#phase = phase;
      this.#bar = new ProgressBar({ format: `${phase} {bar} {percentage}%`, total, isQuiet: this.#isQuiet });
    }
    this.#bar?.update(done, () => ({}));
  }

  stop(): void {
    this.#bar?.stop();
  }
}
