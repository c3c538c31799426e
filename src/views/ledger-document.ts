/**
 * The document of a ledger. Text, JSON and the live page are made from it and from nothing else. The overview and a
 * sample of a running ledger share one shape and one builder.
 */

import {
  epochInForce,
  formatCompression,
  formatFieldPath,
  formatFieldPaths,
  formatHead,
  formatTime,
  type GroupDescription,
  type Head,
  type InspectedLedger,
  type LedgerDescription,
  type LedgerGauges,
  type LedgerIdentity,
  type LedgerWarning,
  type Micros,
  type StorageSize,
} from '../index.ts';
import { type ArchivedRunDocument, archivedDocument } from './archive-document.ts';
import { type GroupDocument, groupDocument, type LaneDocument } from './group-document.ts';
import type { LateDocument } from './late-document.ts';
import {
  eventsIn,
  type PartitionDocument,
  partitionDocument,
  type StoredPartitionDocument,
  storedPartitionDocument,
} from './partition-document.ts';
import type { Flow, GroupFlow, Rates } from './rates.ts';
import { roundedFigures, toThousandths } from './round.ts';
import { type EpochDocument, epochDocument, namesOf } from './routing-document.ts';
import type { Sample } from './sample.ts';
import { ageMs, timeOrNull } from './times.ts';
import { type LedgerTransfer, transfersOf } from './transfers.ts';

/** Settings that never change. */
export interface ConfigDocument {
  /** Paths of the time and of the unique id; null without one. */
  readonly time: string | null;
  readonly unique: string | null;
  /** Zone of times without an offset, if the ledger has one. */
  readonly tz?: string | undefined;
  readonly durability: string;
  readonly determinism: string;
  readonly lineBytesMax: number;
  /** As `init --compression` takes it, such as `zstd:1`, or `none`. */
  readonly compression: string;
}

/** What every view of a ledger says. Times are RFC 3339 in UTC with microseconds. */
export interface LedgerDocument {
  readonly path: string;
  readonly uuid: string;
  readonly createdAt: string;
  /** `SEQUENCE:HASH`. */
  readonly head: string;
  readonly events: number;
  /** Ledger times of the first and the last event; null in an empty ledger. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly config: ConfigDocument;
  /** The epoch in force. */
  readonly routing: EpochDocument;
  readonly partitions: readonly PartitionDocument[];
  /** Stored positions of inputs. */
  readonly producers: LedgerDescription['producers'];
  /** Ledgers that were replayed into this one. */
  readonly transfers: readonly LedgerTransfer[];
  readonly groups: readonly GroupDocument[];
  readonly storage: StorageSize;
}

/** `inspect`. */
export interface OverviewDocument extends LedgerDocument {
  readonly format: number;
  readonly commits: number;
  /** In the order in which they began. */
  readonly epochs: readonly EpochDocument[];
  readonly partitions: readonly StoredPartitionDocument[];
  /** Number of sessions with a pin. */
  readonly sessions: number;
  readonly storage: LedgerDescription['storage'];
  readonly warnings: readonly LedgerWarning[];
  /** Null if events have the time of their arrival, cannot be read, or were not asked for. */
  readonly late: LateDocument | null;
  /** Runs of commits that left the ledger, in order. */
  readonly archived: readonly ArchivedRunDocument[];
}

export interface LivePartitionDocument extends PartitionDocument {
  /** Null at the first sample. */
  readonly eventsPerSecond: number | null;
}

export interface LiveLaneDocument extends LaneDocument {
  /** For how long this watch has seen the same event next and not acknowledged; null if none waits. */
  readonly unmovedMs: number | null;
}

export interface LiveGroupDocument extends GroupDocument {
  readonly partitions: readonly LiveLaneDocument[];
  /** Null at the first sample, and for a new group. */
  readonly flow: GroupFlow | null;
}

/** A refresh of `inspect --watch`. Rates are rounded to thousandths. */
export interface SampleDocument extends LedgerDocument {
  /** When the sample was taken. */
  readonly at: string;
  /** By the emitter's clock; null in an empty ledger. */
  readonly lastCommitAt: string | null;
  readonly lastCommitAgeMs: number | null;
  readonly emission: {
    readonly last: Flow | null;
    readonly average: Flow | null;
    /** Events in each of the last sixty seconds, the latest last; null before the first sample. */
    readonly seconds: readonly (number | null)[];
  };
  readonly partitions: readonly LivePartitionDocument[];
  readonly groups: readonly LiveGroupDocument[];
  /** The largest lag of any group within sixty seconds. */
  readonly lagMax: number;
}

/** What is read after the ledger. */
export interface OverviewFacts {
  readonly groups: readonly GroupDescription[];
  readonly late: LateDocument | null;
  /** By the wall clock. */
  readonly now: Micros;
}

export function overviewDocument(ledger: InspectedLedger, { groups, late, now }: OverviewFacts): OverviewDocument {
  const { identity } = ledger;
  const total = eventsIn(ledger.partitions);
  return {
    ...ledgerDocument({ ...ledger, groups, now }),
    format: ledger.format,
    commits: ledger.commits,
    epochs: identity.epochs.map((epoch) => epochDocument(epoch, namesOf(identity))),
    partitions: ledger.partitions.map((partition) => storedPartitionDocument(partition, total)),
    sessions: ledger.sessions,
    storage: ledger.storage,
    warnings: ledger.warnings,
    late,
    archived: ledger.archived.map(archivedDocument),
  };
}

export function sampleDocument({ identity, gauges, groups, now }: Sample, rates: Rates): SampleDocument {
  const ledger = ledgerDocument({ ...gauges, identity, groups, now });
  return {
    at: formatTime(now),
    ...ledger,
    lastCommitAt: timeOrNull(gauges.committedAt),
    lastCommitAgeMs: ageMs(gauges.committedAt, now),
    emission: {
      last: roundedFigures(rates.last),
      average: roundedFigures(rates.average),
      seconds: rates.seconds.map(toThousandths),
    },
    partitions: ledger.partitions.map((partition) => ({
      ...partition,
      eventsPerSecond: toThousandths(rates.partitions.get(partition.id) ?? null),
    })),
    groups: ledger.groups.map((group) => ({
      ...group,
      partitions: group.partitions.map((lane) => ({
        ...lane,
        unmovedMs: toThousandths(rates.unmovedMs.get(group.name)?.get(lane.partition) ?? null),
      })),
      flow: roundedFigures(rates.groups.get(group.name) ?? null),
    })),
    lagMax: rates.lagMost,
  };
}

interface LedgerFacts {
  readonly identity: LedgerIdentity;
  readonly head: Head;
  readonly firstTime: Micros | null;
  readonly partitions: LedgerGauges['partitions'];
  readonly producers: LedgerDescription['producers'];
  readonly groups: readonly GroupDescription[];
  readonly storage: StorageSize;
  readonly now: Micros;
}

function ledgerDocument(facts: LedgerFacts): LedgerDocument {
  const { identity, head, partitions, producers, storage, now } = facts;
  const { config } = identity;
  const total = eventsIn(partitions);
  return {
    path: identity.path,
    uuid: identity.uuid,
    createdAt: formatTime(identity.createdAt),
    head: formatHead(head),
    events: head.sequence,
    firstTime: timeOrNull(facts.firstTime),
    lastTime: head.sequence === 0 ? null : formatTime(head.time),
    config: {
      time: config.time === null ? null : formatFieldPath(config.time),
      ...(config.zone === null ? {} : { tz: config.zone }),
      unique: config.unique === null ? null : formatFieldPaths(config.unique),
      durability: config.durability,
      determinism: config.determinism,
      lineBytesMax: config.lineBytesMax,
      compression: formatCompression(config.compression),
    },
    routing: epochDocument(epochInForce(identity.epochs), namesOf(identity)),
    partitions: partitions.map((partition) => partitionDocument(partition, total)),
    producers,
    transfers: transfersOf(producers),
    groups: facts.groups.map((group) => groupDocument(group, now)),
    storage: { bytes: storage.bytes, log: storage.log },
  };
}
