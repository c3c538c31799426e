/** Detects that the output pipe was closed while there is nothing to write: `tail -f | head -1` must not wait for an event that may never come. */

import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const STDOUT = 1;

/**
 * Calls `onGone` once. Node cannot poll a pipe for its reader, and an empty write reports nothing. GNU tail watches the pipe it writes to while it
 * follows a file, and is killed by SIGPIPE when the reader closes it. It also ends with this process. Without GNU tail the next write fails instead.
 */
export function watchReader(onGone: () => void): { close(): void } {
  if (process.platform !== 'linux' || !fstatSync(STDOUT).isFIFO()) return { close: () => {} };
  const watcher = spawn('tail', ['-s', '0.2', '-f', `--pid=${process.pid}`, '/dev/null'], {
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.on('exit', (_, signal) => {
    if (signal === 'SIGPIPE') onGone();
  });
  // must not keep this process alive
  watcher.unref();
  return {
    close: () => {
      watcher.removeAllListeners('exit');
      watcher.kill('SIGKILL');
    },
  };
}
