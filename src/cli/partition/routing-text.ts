/** Formats routing rules and their changes as text. */

import type { EpochDocument, RoutingChangeDocument } from '../../views/routing-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { percent, plural } from '../terminal/format-numbers.ts';

/** The rule and its number of partitions. A partition only for events without a key is named separately. */
export function routingText({ rule, partitions, missing }: EpochDocument): string {
  const isApart = missing !== null && !partitions.includes(missing);
  return escapeForTerminal(`${rule} over ${plural(partitions.length, 'partition')}${isApart ? ` and ${missing}` : ''}`);
}

export function epochText(epoch: EpochDocument): string {
  return `${routingText(epoch)}, epoch ${epoch.epoch} from sequence ${epoch.fromSequence}`;
}

/** What changed, and from which sequence on. */
export function changeText(change: RoutingChangeDocument): string {
  if (!change.isChanged) return `no change: ${epochText(change)}`;
  const { newPartitions, newPlacements, endedPlacements, movedShare } = change;
  const lines = [`epoch ${change.epoch} from sequence ${change.fromSequence}: ${routingText(change)}`];
  if (newPartitions.length > 0) lines.push(`new partitions: ${newPartitions.join(', ')}`);
  for (const { key, partition } of newPlacements) lines.push(`${key} goes to ${partition}`);
  if (endedPlacements > 0) lines.push(`${plural(endedPlacements, 'placement')} removed: the key field changed`);
  if (movedShare > 0)
    lines.push(
      `about ${percent(movedShare)} of ${change.routedBy}s move to another partition from there on, as on a Kafka topic that grows`,
    );
  return lines.map(escapeForTerminal).join('\n');
}
