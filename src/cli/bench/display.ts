/** Shows on a terminal what is being measured now. In a pipe it shows nothing. */

import { seconds } from '../terminal/format-numbers.ts';

export interface Display {
  /** The next step begins. */
  step(title: string): void;
  /** How far the step is, from 0 to 1. */
  at(fraction: number): void;
  stop(): void;
}

const REDRAW_MS = 200;
const TITLE_WIDTH = 44;

/** `steps`: how many there will be. */
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
  // a step of one long process has nothing to tell, but it lasts
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
