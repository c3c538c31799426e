/** Waits for what comes about elsewhere; the test's own time limit ends a wait in vain. */

import { setTimeout as sleep } from 'node:timers/promises';

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
