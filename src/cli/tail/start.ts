/** Where a tail is asked to begin, against where the ledger ends. */

import type { StartPoint } from '../../index.ts';

/** Whether a sequence is asked for that comes after the next one: one who polls asks for the next, and is at no fault. */
export function beyondHead(from: StartPoint | undefined, head: number): boolean {
  return from !== undefined && /^\d+$/.test(String(from)) && Number(from) > head + 1;
}
