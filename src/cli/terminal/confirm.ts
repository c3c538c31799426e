/** A question that a person answers with yes or no. Whoever is not at a terminal is never asked. */

import { createInterface } from 'node:readline';

/** Whether there is someone who sees what is asked about, and can answer. */
export function canAsk(): boolean {
  return [process.stdin, process.stdout, process.stderr].every(({ isTTY }) => isTTY === true);
}

/** Anything but yes is no: an empty line, the end of the input, an interruption. */
export function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  // lines are edited by the terminal itself, which keeps Ctrl-C and Ctrl-Z what they are everywhere
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
