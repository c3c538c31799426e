/** Formats routing rules and their changes, as text and as documents. */

import {
  type Epoch,
  formatRoutingSpec,
  type LedgerIdentity,
  movedByHash,
  type RoutingChange,
  type RoutingInForce,
  routingFields,
} from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { percent, plural } from '../terminal/format-numbers.ts';

export function namesOf({ partitions }: LedgerIdentity): readonly string[] {
  return partitions.map(({ name }) => name);
}

/** The rule and its number of partitions. A partition only for events without a key is named separately. */
export function routingText({ spec, partitionIds }: Epoch, names: readonly string[]): string {
  const isApart = spec.missing !== null && !partitionIds.includes(names.indexOf(spec.missing));
  return escapeForTerminal(
    `${formatRoutingSpec(spec)} over ${plural(partitionIds.length, 'partition')}${isApart ? ` and ${spec.missing}` : ''}`,
  );
}

export function epochText(epoch: Epoch, names: readonly string[]): string {
  return `${routingText(epoch, names)}, epoch ${epoch.epoch} from sequence ${epoch.fromSequence}`;
}

/** `partitions`: names of the partitions that keys go to, in the order of the rule. */
export function epochDocument(
  { epoch, fromSequence, spec, partitionIds, placedFrom }: Epoch,
  names: readonly string[],
): object {
  return {
    epoch,
    fromSequence,
    routing: formatRoutingSpec(spec),
    partitions: partitionIds.map((id) => names[id]),
    placedFrom,
  };
}

export function placementDocuments({ placements, partitionNames }: RoutingInForce): object[] {
  return [...placements].map(([key, partition]) => ({ key, partition: partitionNames[partition] }));
}

/** What changed, and from which sequence on. */
export function changeText({ before, after }: RoutingChange): string {
  if (before.epoch.epoch === after.epoch.epoch) return `no change: ${epochText(after.epoch, after.partitionNames)}`;
  const lines = [
    `epoch ${after.epoch.epoch} from sequence ${after.epoch.fromSequence}: ${routingText(after.epoch, after.partitionNames)}`,
  ];
  const added = after.partitionNames.slice(before.partitionNames.length);
  if (added.length > 0) lines.push(`new partitions: ${added.join(', ')}`);
  for (const [key, partition] of after.placements) {
    if (before.placements.get(key) !== partition) lines.push(`${key} goes to ${after.partitionNames[partition]}`);
  }
  const ended = [...before.placements.keys()].filter((key) => !after.placements.has(key)).length;
  if (ended > 0) lines.push(`${plural(ended, 'placement')} removed: the key field changed`);
  const moved = movedShare(before.epoch, after.epoch);
  const what = routingFields(after.epoch.spec).length === 0 ? 'payloads' : 'keys';
  if (moved > 0)
    lines.push(
      `about ${percent(moved)} of ${what} move to another partition from there on, as on a Kafka topic that grows`,
    );
  return lines.map(escapeForTerminal).join('\n');
}

/** The share of keys that move when only the number of partitions of a hash rule grows; 0 if unknown. */
function movedShare(before: Epoch, after: Epoch): number {
  const isHash = after.spec.rule === 'hash' || after.spec.rule === 'composite';
  const isGrown = after.partitionIds.slice(0, before.partitionIds.length).join() === before.partitionIds.join();
  if (!isHash || !isGrown || formatRoutingSpec(before.spec) !== formatRoutingSpec(after.spec)) return 0;
  return movedByHash(before.partitionIds.length, after.partitionIds.length);
}

export function changeDocument({ before, after }: RoutingChange): object {
  return {
    isChanged: before.epoch.epoch !== after.epoch.epoch,
    ...epochDocument(after.epoch, after.partitionNames),
    newPartitions: after.partitionNames.slice(before.partitionNames.length),
    placements: placementDocuments(after),
    before: epochDocument(before.epoch, before.partitionNames),
  };
}
