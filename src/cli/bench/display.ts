/** Shows the current step of a measurement on a terminal; shows nothing in a pipe. */

import { seconds } from '../terminal/format-numbers.ts';

export interface Display {
  /** Starts the next step. */
  step(title: string): void;
  /** Sets the progress of the step, from 0 to 1. */
  at(fraction: number): void;
  stop(): void;
}

const REDRAW_MS = 200;
const TITLE_WIDTH = 44;

/** `steps`: total number of steps. */
export async function openDisplay(steps: number): Promise<Display> {
  if (process.stderr.isTTY !== true) return { step: () => {}, at: () => {}, stop: () => {} };
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {step}/{steps}  {title}  {elapsed}',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
      barsize: 24,
    },
    cliProgress.Presets.shades_classic,
  );
  const started = performance.now();
  let step = 0;
  let fraction = 0;
  let title = '';
  const state = () => ({
    step,
    steps,
    title: title.padEnd(TITLE_WIDTH),
    elapsed: seconds(performance.now() - started),
  });
  bar.start(steps, 0, state());
  const draw = () => bar.update(Math.max(0, step - 1 + fraction), state());
  // redraw also during a step that reports no progress: the elapsed time changes
  const timer = setInterval(draw, REDRAW_MS);
  return {
    step: (next) => {
      step++;
      fraction = 0;
      title = next;
      draw();
    },
    at: (value) => {
      fraction = value;
    },
    stop: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}
