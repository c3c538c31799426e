/** Notices that the reader of a pipe has gone while there is nothing to write: `tail -f | head -1` must not wait for an event that may never come. */

import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const STDOUT = 1;

/**
 * Calls `onGone` once. Node cannot ask a pipe for its reader, and writing nothing tells nothing; GNU tail watches the pipe it writes to while it
 * follows a file, and dies of SIGPIPE when the reader goes. It ends with us, too. Where there is no such tail the next write tells.
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
  // it must not keep us alive
  watcher.unref();
  return {
    close: () => {
      watcher.removeAllListeners('exit');
      watcher.kill('SIGKILL');
    },
  };
}
