/** Appends the messages of a proposal, however many its layout makes of it. */

import type { PackedDrafts } from '../format/proposal.ts';
import type { AppendOptions, LogEntry, OrderedLog } from '../ordered-log.ts';

/** Resolves with the position of the proposal's own message. @throws as {@link OrderedLog.append} */
export function appendProposal(
  log: OrderedLog,
  { before }: Pick<PackedDrafts, 'before'>,
  own: LogEntry,
  options?: AppendOptions,
): Promise<number | null> {
  return before.length === 0 ? log.append(own, options) : log.appendBatch([...before, own], options);
}
