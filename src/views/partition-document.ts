/** Documents of partitions: their events, what is stored, and how keys reach them. */

import type { PartitionDescription, PartitionSummary, RoutingInForce } from '../index.ts';
import { type EpochDocument, epochDocument, type PlacementDocument, placementDocuments } from './routing-document.ts';
import { timeOrNull } from './times.ts';

export interface PartitionDocument {
  readonly id: number;
  readonly name: string;
  readonly events: number;
  /** Share of all events, 0 to 1; null in an empty ledger. */
  readonly share: number | null;
  /** Ledger time of the last event; null in an empty partition. */
  readonly lastTime: string | null;
}

export interface StoredPartitionDocument extends PartitionDocument {
  /** Of the stored frames: payloads and their separators. */
  readonly bytes: number;
  /** Of the same frames as they are on the disk, compressed or not. */
  readonly storedBytes: number;
  /** Whether both are estimated from a sample. */
  readonly isEstimate: boolean;
  /** The offset the next event gets. */
  readonly nextOffset: number;
  /** Null in an empty partition. */
  readonly firstTime: string | null;
}

export interface ReachedPartitionDocument extends StoredPartitionDocument {
  /** How keys reach it, such as `hash 3 of 8`. */
  readonly rule: string;
  /** Whether the routing in force sends keys there by its rule. */
  readonly isKeyed: boolean;
  /** Null in an empty partition. */
  readonly firstOffset: number | null;
  readonly lastOffset: number | null;
  /** Ratio to an even share of the partitions that keys can reach; null if no key leads there. */
  readonly skew: number | null;
}

/** All partitions, and the routing in force. */
export interface PartitionListDocument {
  /** The epoch in force. */
  readonly routing: EpochDocument;
  readonly placements: readonly PlacementDocument[];
  readonly partitions: readonly ReachedPartitionDocument[];
}

type Counted = Pick<PartitionSummary, 'id' | 'name' | 'events' | 'lastTime'>;

/** `total`: events in all partitions. */
export function partitionDocument({ id, name, events, lastTime }: Counted, total: number): PartitionDocument {
  return { id, name, events, share: total === 0 ? null : events / total, lastTime: timeOrNull(lastTime) };
}

export function storedPartitionDocument(partition: PartitionSummary, total: number): StoredPartitionDocument {
  const { bytes, storedBytes, isEstimate, nextOffset, firstTime } = partition;
  return {
    ...partitionDocument(partition, total),
    bytes,
    storedBytes,
    isEstimate,
    nextOffset,
    firstTime: timeOrNull(firstTime),
  };
}

export function partitionListDocument(
  routing: RoutingInForce,
  partitions: readonly PartitionDescription[],
): PartitionListDocument {
  const total = eventsIn(partitions);
  const evenEvents = evenShare(partitions);
  return {
    routing: epochDocument(routing.epoch, routing.partitionNames),
    placements: placementDocuments(routing),
    partitions: partitions.map((partition) => ({
      ...storedPartitionDocument(partition, total),
      rule: partition.rule,
      isKeyed: partition.isKeyed,
      firstOffset: partition.events === 0 ? null : 0,
      lastOffset: partition.events === 0 ? null : partition.nextOffset - 1,
      skew: partition.isKeyed && evenEvents > 0 ? partition.events / evenEvents : null,
    })),
  };
}

export function eventsIn(partitions: readonly { readonly events: number }[]): number {
  return partitions.reduce((sum, { events }) => sum + events, 0);
}

/** Events per partition if all partitions with keys had the same number. */
function evenShare(partitions: readonly PartitionDescription[]): number {
  const keyed = partitions.filter(({ isKeyed }) => isKeyed);
  return eventsIn(keyed) / keyed.length;
}
