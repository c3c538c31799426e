/** Notices that the reader of a pipe has gone while there is nothing to write: `tail -f | head -1` must not wait for an event that may never come. */

import { closeSync, constants, fstatSync, openSync } from 'node:fs';

const LOOK_EVERY_MS = 250;
const STDOUT = 1;

/** Calls `onGone` once. Only Linux lets one ask, by opening the pipe's writing end anew; elsewhere the next write tells. */
export function watchReader(onGone: () => void): { close(): void } {
  if (process.platform !== 'linux' || !fstatSync(STDOUT).isFIFO()) return { close: () => {} };
  const timer = setInterval(() => {
    if (hasReader()) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  return { close: () => clearInterval(timer) };
}

function hasReader(): boolean {
  try {
    closeSync(openSync(`/proc/self/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENXIO';
  }
}
