/** Shows a progress line on standard error: on terminals only, and only for longer work. */

import type { SingleBar } from 'cli-progress';

/** Shorter work shows no line and does not load the library. */
const SHOW_AFTER_MS = 400;

export interface ProgressBarOptions {
  /** As cli-progress takes it: `{bar} {percentage}%  {events} events`. */
  readonly format: string;
  /** Final value of {@link ProgressBar.update}; null if unknown. */
  readonly total: number | null;
  readonly barColumns?: number;
  readonly isQuiet: boolean;
}

export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #started = performance.now();
  #bar: SingleBar | undefined;
  #isLoading = false;
  #isDone = false;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
  }

  /** `tokens` returns the values of the format; called only when the line is shown. */
  update(value: number, tokens: (ms: number) => Record<string, string>): void {
    const ms = performance.now() - this.#started;
    if (this.#options.isQuiet || process.stderr.isTTY !== true || ms < SHOW_AFTER_MS) return;
    if (this.#bar !== undefined) this.#bar.update(value, tokens(ms));
    else if (!this.#isLoading) void this.#load(value, tokens(ms));
  }

  stop(): void {
    this.#isDone = true;
    this.#bar?.stop();
  }

  async #load(value: number, tokens: Record<string, string>): Promise<void> {
    this.#isLoading = true;
    const { default: cliProgress } = await import('cli-progress');
    if (this.#isDone) return;
    const { format, total, barColumns = 40 } = this.#options;
    const settings = {
      format,
      barsize: barColumns,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 50,
    };
    this.#bar = new cliProgress.SingleBar(settings, cliProgress.Presets.shades_classic);
    this.#bar.start(total ?? 0, value, tokens);
  }
}
