/** Waits for a condition; the time limit of the test ends a wait that never succeeds. */

import { setTimeout as sleep } from 'node:timers/promises';

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
