/** Asks a yes-or-no question on a terminal, and only there. */

import { createInterface } from 'node:readline';

/** Whether all three standard streams are a terminal. */
export function canAsk(): boolean {
  return [process.stdin, process.stdout, process.stderr].every(({ isTTY }) => isTTY === true);
}

/** Everything except yes is no: an empty line, the end of input, a signal. */
export function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  // the terminal edits the line itself, so Ctrl-C and Ctrl-Z keep their usual effect
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  return new Promise<boolean>((resolve) => {
    lines.on('close', () => resolve(false));
    signal.addEventListener('abort', () => lines.close(), { once: true });
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^\s*y(es)?\s*$/i.test(answer));
      lines.close();
    });
    if (signal.aborted) lines.close();
  });
}
