/** Checks the requested start of a tail against the head. */

import type { StartPoint } from '../../index.ts';

/** Whether `from` is a sequence past head + 1. A poller asks for head + 1, so that is valid. */
export function beyondHead(from: StartPoint | undefined, head: number): boolean {
  return from !== undefined && /^\d+$/.test(String(from)) && Number(from) > head + 1;
}
