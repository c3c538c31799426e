/** What happens when standard output takes no more: a reader that has gone is no error, anything else is told. */

import { printOutputFailure } from '../app/failure.ts';
import { escapeForTerminal } from './escape.ts';

/** Takes the place of oclif's listener, which throws what is no EPIPE into the event loop; oclif sets it when its command module is loaded. */
export function guardOutput(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') printOutputFailure(error);
  });
  // nobody is left who could be told
  process.stderr.removeAllListeners('error');
  process.stderr.on('error', () => {});
}

/** Says what was done where standard output cannot take the result of it: without that one would take the failure for that of the work, and do it again. */
export function sayOnOutputFailure(done: string): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`${escapeForTerminal(done)}\n`);
  });
}
