/** Checks the requested start of a tail against the head. */

/** Whether a tail begins past head + 1. A poller asks for head + 1, so that is valid. */
export function beyondHead(fromSequence: number | undefined, head: number): boolean {
  return fromSequence !== undefined && fromSequence > head + 1;
}
