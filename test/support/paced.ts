/** Paces load that runs beside a command: without a pause it takes the processor that the command needs, and the test waits for both. */

import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 5;

/** To be awaited after each event of an emitter. Nothing depends on its length. */
export function paced(): Promise<void> {
  return sleep(PAUSE_MS);
}
