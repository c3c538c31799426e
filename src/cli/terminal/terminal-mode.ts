/**
 * Leaves the terminal's mode to the program that set it. Node reads the modes of descriptors 0 to 2 at its start and restores them at its end. In
 * `tail | less` the mode at the start is often that of less, which has quit by then: the shell would be left without echo.
 */

import { closeSync } from 'node:fs';
import { isTerminal } from './is-terminal.ts';

const STANDARD_STREAMS = [0, 1, 2];

let isKept = false;

/** From here on Node restores nothing at the exit of this process. */
export function keepTerminalMode(): void {
  if (isKept) return;
  isKept = true;
  process.on('exit', releaseTerminals);
}

/** For an end by a signal, which runs no exit listener. Nothing can be printed afterwards. */
export function releaseTerminals(): void {
  for (const descriptor of STANDARD_STREAMS) {
    try {
      // Node skips a closed descriptor; writes to a terminal are synchronous, so none is lost
      if (isTerminal(descriptor)) closeSync(descriptor);
    } catch {
      // it was closed already
    }
  }
}
