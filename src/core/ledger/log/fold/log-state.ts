/**
 * What the messages up to one position of a log have made of a ledger. It is a function of these messages alone, so it can be written down as a seal and
 * read again, byte for byte. Pure.
 */

import type { LogLayout } from '../../../model/config.ts';
import type { ProducerPosition } from '../../../model/events/commit.ts';
import type { Partition, PartitionId } from '../../../model/routing/partition.ts';
import type { Epoch } from '../../../model/routing/routing.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { EpochLink } from '../../protocol/chain.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import type { Proposal } from '../format/messages.ts';

/** Why a message is none of the chain's links. */
export type VoidReason =
  /** It cannot be read, or breaks an invariant. */
  | 'malformed'
  /** It was made for another ledger. */
  | 'foreign'
  /** Too many messages have come since its writer last looked. */
  | 'old'
  /** It was sent before, or follows one of its session that is void or has not come. */
  | 'stale'
  /** It was built for another epoch. */
  | 'epoch'
  /** Another message came between it and the one that it must follow. */
  | 'overtaken'
  /** Its writer's clock is ahead of the log's. */
  | 'clock'
  /** An event is earlier than the head, and must not be raised. */
  | 'late'
  /** The ledger holds another position of its producer. */
  | 'producer'
  /** A frame that no accepted link behind it names. */
  | 'unlinked';

/** A writer, as far as its messages have come. */
export interface LogSession {
  readonly generation: number;
  /** The number of its next message; null: the generation has ended with a void one. */
  readonly next: number | null;
  /** Position of its last message that counted. */
  readonly position: number;
}

/** A frame in a message of its own, as far as its link has not come. */
export interface WaitingFrame {
  readonly partition: number;
  /** Of its body. */
  readonly bytes: number;
}

interface PartitionState {
  readonly name: string;
  /** The epoch that added it. */
  readonly epoch: number;
  /** The offset that the next event gets: the number of its events. */
  nextOffset: number;
  /** Of its frames, when they are plain. */
  bytes: number;
  /** Of its frames as they are stored. */
  storedBytes: number;
  firstTime: Micros | null;
  lastTime: Micros | null;
}

/** Everything but what never changes: see {@link Genesis}. Changed in place by the fold alone. */
export interface LogState {
  /** Of the last message. */
  position: number;
  /** Id of the last message that is no frame, if it is a proposal. */
  lastId: string | null;
  /** Frames behind that message, in order, at most as many as a link names. */
  readonly frames: WaitingFrame[];
  /** Replaced, never changed. */
  ledger: LedgerState;
  commits: number;
  /** Of the first event. */
  firstTime: Micros | null;
  readonly epochs: Epoch[];
  readonly partitions: PartitionState[];
  readonly producers: Map<string, ProducerPosition>;
  readonly sessions: Map<string, LogSession>;
  readonly voids: Map<VoidReason, number>;
  voidBytes: number;
  /** The last message after which a seal was due, and the bytes since. */
  sealPoint: number;
  bytesSince: number;
}

/** What the first message of a log fixes. */
export interface Genesis {
  readonly ledger: EpochLink['ledger'];
  readonly hasUniqueIds: boolean;
  readonly layout: LogLayout;
}

export const NO_PRODUCER: ProducerPosition = { position: 0, digest: Buffer.alloc(0) };

export function copyState(state: LogState): LogState {
  return {
    ...state,
    frames: [...state.frames],
    epochs: [...state.epochs],
    partitions: state.partitions.map((partition) => ({ ...partition })),
    producers: new Map(state.producers),
    sessions: new Map(state.sessions),
    voids: new Map(state.voids),
  };
}

export function partitionsOf({ partitions }: LogState): Partition[] {
  return partitions.map(({ name }, id) => ({ id, name }));
}

/** As the links of epochs name them. A log has no tables: the id stands for one. */
export function partitionLinks({ partitions }: LogState): EpochLink['partitions'] {
  return partitions.map(({ name, epoch }, id) => ({ id, name, tableName: tableOf(id), epoch }));
}

export const tableOf = (id: PartitionId): string => `p${id}`;

export function emptyPartition(name: string, epoch: number): PartitionState {
  return { name, epoch, nextOffset: 0, bytes: 0, storedBytes: 0, firstTime: null, lastTime: null };
}

/** A state of no messages. */
export function emptyState(ledger: LedgerState): LogState {
  return {
    position: 0,
    lastId: null,
    frames: [],
    ledger,
    commits: 0,
    firstTime: null,
    epochs: [],
    partitions: [],
    producers: new Map(),
    sessions: new Map(),
    voids: new Map(),
    voidBytes: 0,
    sealPoint: 0,
    bytesSince: 0,
  };
}

/** The message that one which is appended now would follow. */
export function baseOf({ position, lastId, frames }: LogState): NonNullable<Proposal['base']> {
  return { position, id: frames.length > 0 ? null : lastId };
}

/** What is looked for in history, as of one place in it. */
export interface Summary {
  readonly sequence: number;
  readonly time: Micros;
  /** By partition; those that were added later are not in it. */
  readonly offsets: readonly number[];
}

export function summaryOf({ ledger, partitions }: LogState): Summary {
  return { sequence: ledger.sequence, time: ledger.time, offsets: partitions.map(({ nextOffset }) => nextOffset) };
}
