/** Handles errors of the standard streams: a closed pipe is no error, any other is reported. */

import { printOutputFailure } from '../app/failure.ts';
import { escapeForTerminal } from './escape.ts';

/** Replaces oclif's listener, which throws any error but EPIPE into the event loop. oclif adds it when its command module is loaded. */
export function guardOutput(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') printOutputFailure(error);
  });
  // an error of standard error cannot be reported anywhere
  process.stderr.removeAllListeners('error');
  process.stderr.on('error', () => {});
}

/** If standard output fails, prints on standard error what was done. Otherwise the user would take the work as failed, and do it again. */
export function printOnOutputFailure(done: string): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`${escapeForTerminal(done)}\n`);
  });
}
