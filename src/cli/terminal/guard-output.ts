/** Handles errors of the standard streams: a closed pipe is no error, any other is reported. */

import { printOutputFailure } from '../app/failure.ts';
import { escapeForTerminal } from './escape.ts';

/** Replaces oclif's listener, which throws any error but EPIPE into the event loop. oclif adds it when its command module is loaded; our bundle of verbs does without it. */
export function guardOutput(): void {
  guardAtFirstUse('stdout', (error) => {
    if (error.code !== 'EPIPE') printOutputFailure(error);
  });
  // an error of standard error cannot be reported anywhere
  guardAtFirstUse('stderr', () => {});
}

/** Whether all that was written to the standard streams has left the process. Asks no stream that was not used. */
export function isOutputWritten(): boolean {
  return [...used].every(({ writableLength }) => writableLength === 0);
}

/** The standard streams that have been made. */
const used = new Set<NodeJS.WriteStream>();

/** Node makes a standard stream at its first use, and for that loads all of its streams: 4 ms, which a command that prints nothing does not need. */
function guardAtFirstUse(name: 'stdout' | 'stderr', onError: (error: NodeJS.ErrnoException) => void): void {
  const made = Object.getOwnPropertyDescriptor(process, name);
  const guard = (stream: NodeJS.WriteStream) => {
    used.add(stream);
    return stream.removeAllListeners('error').on('error', onError);
  };
  // a value, as a stand-in for a stream may be, exists already
  if (made?.get === undefined || made.configurable !== true) return void guard(process[name]);
  const get = (): NodeJS.WriteStream => {
    Object.defineProperty(process, name, made);
    return guard(process[name]);
  };
  Object.defineProperty(process, name, { ...made, get });
}

/** If standard output fails, prints on standard error what was done. Otherwise the user would take the work as failed, and do it again. */
export function printOnOutputFailure(done: string): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`${escapeForTerminal(done)}\n`);
  });
}
