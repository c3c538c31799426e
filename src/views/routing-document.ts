/** Documents of routings: an epoch, a change, a preview of a change, the placements. */

import {
  type Epoch,
  formatRoutingSpec,
  type LedgerIdentity,
  movedByHash,
  type ReroutedReport,
  type ReroutePreview,
  type RoutingChange,
  type RoutingInForce,
  routingFields,
} from '../index.ts';

export interface EpochDocument {
  readonly epoch: number;
  readonly fromSequence: number;
  /** As for `--routing`. */
  readonly rule: string;
  /** Names of the partitions that keys go to, in the order of the rule. */
  readonly partitions: readonly string[];
  /** Partition of events without a key; null: such an event is a bad line. */
  readonly missing: string | null;
  /** First epoch whose placements are in force; null if there are none. */
  readonly placedFrom: number | null;
}

export interface PlacementDocument {
  readonly key: string;
  readonly partition: string;
}

export interface RoutingChangeDocument extends EpochDocument {
  /** False if the routing was the same before. */
  readonly isChanged: boolean;
  readonly newPartitions: readonly string[];
  /** All placements in force. */
  readonly placements: readonly PlacementDocument[];
  /** Those among them that this change made. */
  readonly newPlacements: readonly PlacementDocument[];
  /** Placements that ended because the key is another field now. */
  readonly endedPlacements: number;
  /** What decides the partition. */
  readonly routedBy: 'key' | 'payload';
  /** Share of keys or payloads that move, 0 to 1; 0 unless a hash has got more partitions. */
  readonly movedShare: number;
  readonly before: EpochDocument;
}

/** Counts of the events examined, with the events of each partition by both routings. */
export interface ReroutePreviewDocument extends Omit<ReroutedReport, 'before' | 'after'> {
  readonly isChanged: boolean;
  readonly before: EpochDocument;
  readonly after: EpochDocument;
  readonly partitions: readonly {
    readonly name: string;
    readonly isNew: boolean;
    /** Events. */
    readonly before: number;
    readonly after: number;
  }[];
}

export function namesOf({ partitions }: LedgerIdentity): readonly string[] {
  return partitions.map(({ name }) => name);
}

/** `names`: of all partitions, by id. */
export function epochDocument(
  { epoch, fromSequence, spec, partitionIds, placedFrom }: Epoch,
  names: readonly string[],
): EpochDocument {
  return {
    epoch,
    fromSequence,
    rule: formatRoutingSpec(spec),
    partitions: partitionIds.map((id) => nameAt(names, id)),
    missing: spec.missing,
    placedFrom,
  };
}

export function placementDocuments({ placements, partitionNames }: RoutingInForce): PlacementDocument[] {
  return [...placements].map(([key, partition]) => ({ key, partition: nameAt(partitionNames, partition) }));
}

export function routingChangeDocument({ before, after }: RoutingChange): RoutingChangeDocument {
  const placements = placementDocuments(after);
  return {
    isChanged: before.epoch.epoch !== after.epoch.epoch,
    ...epochDocument(after.epoch, after.partitionNames),
    newPartitions: after.partitionNames.slice(before.partitionNames.length),
    placements,
    newPlacements: placements.filter(({ key }) => before.placements.get(key) !== after.placements.get(key)),
    endedPlacements: [...before.placements.keys()].filter((key) => !after.placements.has(key)).length,
    routedBy: routingFields(after.epoch.spec).length === 0 ? 'payload' : 'key',
    movedShare: movedShare(before.epoch, after.epoch),
    before: epochDocument(before.epoch, before.partitionNames),
  };
}

export function reroutePreviewDocument({ routing, before, after, ...report }: ReroutePreview): ReroutePreviewDocument {
  const { partitionNames } = routing.after;
  return {
    isChanged: routing.before.epoch.epoch !== routing.after.epoch.epoch,
    before: epochDocument(routing.before.epoch, routing.before.partitionNames),
    after: epochDocument(routing.after.epoch, partitionNames),
    ...report,
    partitions: partitionNames.map((name, id) => ({
      name,
      isNew: id >= routing.before.partitionNames.length,
      before: before[id] ?? 0,
      after: after[id] ?? 0,
    })),
  };
}

/** The share of keys that move when only the number of partitions of a hash rule grows; 0 if unknown. */
function movedShare(before: Epoch, after: Epoch): number {
  const isHash = after.spec.rule === 'hash' || after.spec.rule === 'composite';
  const isGrown = after.partitionIds.slice(0, before.partitionIds.length).join() === before.partitionIds.join();
  if (!isHash || !isGrown || formatRoutingSpec(before.spec) !== formatRoutingSpec(after.spec)) return 0;
  return movedByHash(before.partitionIds.length, after.partitionIds.length);
}

/** A ledger that another process has changed meanwhile may have more partitions than names were read. */
function nameAt(names: readonly string[], id: number): string {
  return names[id] ?? `#${id}`;
}
