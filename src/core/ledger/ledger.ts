/**
 * The port of a ledger: what the engine asks of any storage. It does not know commands, sinks or sources.
 * Every method may reject with IO_FAILED, BUSY, LEDGER_REPLACED or CLOSED besides the codes it names.
 */

import type { Durability, LedgerConfig } from '../model/config.ts';
import type {
  Basis,
  CommitDraft,
  CommitOutcome,
  CommitPipeline,
  ProducerPosition,
  StoredCommit,
} from '../model/events/commit.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { Anchor, Head } from '../model/events/head.ts';
import type { History, LaneRequest } from '../model/events/history.ts';
import type { LanePosition } from '../model/group.ts';
import type { Plan } from '../model/routing/epoch-plan.ts';
import type { Partition, PartitionId } from '../model/routing/partition.ts';
import type { Epochs, RoutingInForce } from '../model/routing/routing.ts';
import type { Pin } from '../model/routing/session-pins.ts';
import type { Micros } from '../model/time/time.ts';
import type { LedgerWarning } from '../model/warning.ts';
import type { ArchivedRun, Archives } from './archives.ts';
import type { Compaction } from './compaction.ts';
import type { GroupStore } from './group-store.ts';
import type { ChainPath } from './protocol/chain-step.ts';

/** Properties of a ledger that never change, and those that change only with an epoch, as of the last call. */
export interface LedgerIdentity {
  readonly path: string;
  readonly uuid: string;
  readonly createdAt: Micros;
  readonly config: LedgerConfig;
  readonly epochs: Epochs;
  readonly partitions: readonly Partition[];
  /** Whether it is a segment of an archive by itself, which is only read and has no groups. */
  readonly isSegment: boolean;
}

export interface PartitionSummary extends Partition {
  readonly events: number;
  /** Bytes of the frames: payloads and their separators. Archived ones are not counted. */
  readonly bytes: number;
  /** Bytes of the frames as they are stored; less than `bytes` if frames are compressed. */
  readonly storedBytes: number;
  /** Whether both are estimated from a sample, because there are too many frames to read each. */
  readonly isEstimate: boolean;
  /** The offset the next event gets. */
  readonly nextOffset: number;
  /** Null in an empty partition. */
  readonly firstTime: Micros | null;
  readonly lastTime: Micros | null;
}

/** Size of a storage. */
export interface StorageSize {
  /** Bytes of the storage, without the log. */
  readonly bytes: number;
  /**
   * Log of commits beside the storage: its size, and the part that is not merged into the storage yet, which is null where
   * this process may only read the log. Null in a storage that never has one.
   */
  readonly log: { readonly bytes: number; readonly waitingBytes: number | null } | null;
}

export interface LedgerDescription {
  readonly identity: LedgerIdentity;
  readonly format: number;
  readonly head: Head;
  readonly commits: number;
  /** Ledger time of the first event that was not dropped; null in an empty ledger. */
  readonly firstTime: Micros | null;
  readonly partitions: readonly PartitionSummary[];
  readonly producers: readonly { readonly name: string; readonly position: number }[];
  /** Number of sessions with a pin; 0 if the routing was never sticky. */
  readonly sessions: number;
  /** Conditions that need attention although every call succeeds. */
  readonly warnings: readonly LedgerWarning[];
  readonly storage: StorageSize & {
    readonly engine: string;
    readonly durability: Durability;
    /** Settings as the storage reports them, by its own names. */
    readonly settings: Readonly<Record<string, string | number>>;
    /** Whether users other than the owner may read or write the storage. */
    readonly worldReadable: boolean;
    /** Objects of other tools that the engine ignores, by name; the names are unescaped. */
    readonly foreignObjects: readonly { readonly type: string; readonly name: string }[];
  };
}

/** A ledger with its archive. */
export interface InspectedLedger extends LedgerDescription {
  /** Archived and dropped runs, the oldest first. */
  readonly archived: readonly ArchivedRun[];
}

export interface PartitionGauge extends Partition {
  readonly events: number;
  /** Ledger time of the last event; null in an empty partition. */
  readonly lastTime: Micros | null;
}

/** Commits after a sequence. */
export interface LedgerGrowth {
  readonly commits: number;
  /** Of the frames, as `bytes` in {@link PartitionSummary}. */
  readonly bytes: number;
}

/** Figures that change while a ledger is used. Their cost does not grow with the ledger, so they can be read every second. */
export interface LedgerGauges {
  readonly head: Head;
  /** Ledger time of the first event; null in an empty ledger. */
  readonly firstTime: Micros | null;
  /** When the last commit was made, by its emitter's clock; null in an empty ledger. */
  readonly committedAt: Micros | null;
  readonly partitions: readonly PartitionGauge[];
  /** Growth since the sequence that was named; null if none was, or if there is too much of it to count cheaply. */
  readonly growth: LedgerGrowth | null;
  readonly producers: readonly { readonly name: string; readonly position: number }[];
  readonly storage: StorageSize;
}

/** Routing before and after a change; the same twice if the plan changes nothing. */
export interface RoutingChange {
  readonly before: RoutingInForce;
  readonly after: RoutingInForce;
}

/** Options of a verification of the whole ledger. */
export interface Verification {
  /** Head that was kept elsewhere: the ledger must extend it. */
  readonly anchor?: Anchor | undefined;
  /** Heads that were signed, in the order of the chain: the ledger must extend each. Those in dropped history are passed over, but for the last. */
  readonly checkpoints?: readonly Anchor[] | undefined;
  /** Reads the unique id of a payload, if the ledger keeps such ids. */
  readonly idOf?: ((payload: Buffer) => string | null) | undefined;
  /** Reads the key of an event by the routing that was in force; verifies the pins of sticky sessions. */
  readonly keyOf?: ((batch: EventBatch, at: number) => string | null) | undefined;
  /** Pause after each part for as long as it took: emitters need the processor, too. */
  readonly isGentle?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { commits: number; events: number }) => void) | undefined;
}

export interface VerifyReport {
  /** The first sequence that was verified: 1 unless archived history is not at hand. */
  readonly from: number;
  readonly events: number;
  readonly commits: number;
  readonly head: Head;
  /** Whether an anchor or a checkpoint was given and the ledger extends it. */
  readonly isAnchored: boolean;
  /** How many checkpoints lie in dropped history, so that nothing compares them. */
  readonly droppedCheckpoints: number;
}

/** How far a backup is: bytes of the storage while it copies, events while it verifies the copy. */
export interface BackupProgress {
  readonly phase: 'copy' | 'verify';
  readonly done: number;
  readonly total: number;
}

export interface BackupOptions {
  /**
   * Verifies the copy, which is open for reading and must end at the head, before it gets its name: if it rejects there is no backup. `signal` also
   * aborts when the ledger is closed.
   */
  readonly check: (copy: Ledger, head: Head, signal: AbortSignal) => Promise<VerifyReport>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

export interface BackupReport {
  /** Where the copy is. */
  readonly path: string;
  /** The head of the copy: the ledger extends it. */
  readonly head: Head;
  readonly events: number;
  readonly commits: number;
  /** Of the storage of the copy. */
  readonly bytes: number;
  /** Runs of the copy's history that are in segments, which the copy does not contain, in order. */
  readonly segments: readonly { readonly file: string; readonly bytes: number }[];
  /** Paths of copies that were begun under the same name and are not complete: of backups that were killed, or still run. */
  readonly incomplete: readonly string[];
}

/** Facts of consecutive commits as columns, in order. */
export interface CommitColumns {
  readonly firstSequences: Float64Array;
  /** Events by commit. */
  readonly counts: Float64Array;
  /** By the emitters' clocks, in microseconds since the epoch. */
  readonly committedAt: Float64Array;
  /** Index in `producers` by commit; -1 for a commit without a producer. */
  readonly producerOf: Int32Array;
  readonly producers: readonly string[];
}

/** One transaction of several commits. */
export interface LedgerTransaction {
  /** As {@link Ledger.pinsOf}, including the pins made in the transaction. */
  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  /** Makes all commits durable and visible at once. @throws LedgerError BUSY where another commit came first: nothing of it is stored, nor will be */
  end(): Promise<void>;
  /** Discards all commits. */
  abandon(): Promise<void>;
}

/** A head with its place among those of one sequence, as a checkpoint has it. */
export interface ChainEnd {
  readonly head: Head;
  /** How many links up to there are no commits. */
  readonly joints: number;
  /** What the links begin with. */
  readonly format: string;
}

/** A place in a chain: after its first `joints` links that are no commits, and the commits up to `sequence`. */
export type ChainLinkPlace = Pick<ChainEnd, 'joints'> & Pick<Head, 'sequence'>;

/** A commit and the chain hash after it. Two ledgers of one uuid that have the same are the same up to its end. */
export interface ChainLink {
  readonly firstSequence: number;
  readonly count: number;
  /** 64 lower-case hex digits. */
  readonly hash: string;
}

/** How many events figures about all of them may read: in a file they are at hand, and servers send them. */
export interface Sampling {
  /** Places in history. */
  readonly runs: number;
  /** Bytes of payloads in all. At each place one page is read, however long it is. */
  readonly bytes: number;
}

export interface Ledger extends History {
  readonly identity: LedgerIdentity;
  readonly groupStore: GroupStore;
  /** Most bytes that the frames of one commit may have; Infinity: any number. */
  readonly commitBytesMax: number;
  readonly sampling: Sampling;
  /** Null in a storage without archives. */
  readonly archives: Archives | null;
  /** Null: a storage that has nothing to compact. */
  readonly compaction: Compaction | null;
  /** What the next draft is built on, and the routing in force. */
  basis(): Promise<Basis>;
  /** Pins of these sessions; sessions without one are left out. */
  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  positionOfProducer(name: string): Promise<ProducerPosition>;
  describe(): Promise<Omit<LedgerDescription, 'warnings'>>;
  /** Conditions of the storage that need attention although commits succeed. Those about `commits` are cheap if there are none: a long emission asks for them. */
  warnings(about: 'commits' | 'all'): Promise<readonly LedgerWarning[]>;
  /** `behind`: the head's sequence at an earlier call, from which growth is counted. @throws LEDGER_REPLACED */
  gauges(behind: number | null): Promise<LedgerGauges>;
  /**
   * Runs `work` over the ledger as of one moment, while others commit; `work` only reads, and keeps nothing of what it is passed. A storage whose
   * history cannot change passes itself: history through a head that `work` has read is then as of that head, and what groups do meanwhile may show.
   */
  snapshot<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result>;
  /** The last commits whose facts can be read without their events, at most `limit`; none of an archived one. */
  lastCommits(limit: number): Promise<CommitColumns>;
  /** Commits all of the draft or nothing; durable when it resolves. @throws DISK_FULL (nothing stored), OUTCOME_UNKNOWN (possibly stored) */
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  begin(): Promise<LedgerTransaction>;
  /** Begins the planned epoch, all of it or nothing; no commit comes between the plan and its epoch. @throws whatever the plan throws */
  beginEpoch(plan: Plan): Promise<RoutingChange>;
  /** Summary of each partition, without the rest of {@link describe}, whose cost grows with the commits. */
  summarize(): Promise<PartitionSummary[]>;
  /** The next events of one partition. @throws VERIFICATION_FAILED */
  readLane(request: LaneRequest): Promise<StoredCommit[]>;
  /** The offset that the next event of each of these partitions gets. */
  ends(partitions: readonly PartitionId[]): Promise<number[]>;
  /** Where the events with this sequence or a later one begin in each partition, by partition id. */
  positionsAt(sequence: number): Promise<LanePosition[]>;
  /** Whether all events from this sequence on are kept. @throws HISTORY_DROPPED naming the first sequence that is left */
  checkKept(sequence: number): Promise<void>;
  /** The commit that holds this sequence; null if there is none, or where finding it means reading the events. */
  linkAt(sequence: number): Promise<ChainLink | null>;
  /** The head as a checkpoint has it. @throws UNSUPPORTED by a part of a ledger */
  chainEnd(): Promise<ChainEnd>;
  /** The links from the commit that holds a sequence to an end of the chain that lies at it or behind. @throws VERIFICATION_FAILED, ARCHIVE_MISSING, UNSUPPORTED */
  pathFrom(sequence: number, end: ChainLinkPlace): Promise<ChainPath>;
  /** Opens a pipeline for volume: it commits in the background. */
  openPipeline(): Promise<CommitPipeline>;
  /** Verifies every commit. @throws VERIFICATION_FAILED naming the first bad commit, HEAD_MISMATCH */
  verify(options: Verification): Promise<VerifyReport>;
  /**
   * Copies the ledger as of one moment to a new location, while others commit. The copy is durable when it resolves; until then there is nothing at the
   * location. An abort rejects with the signal's reason.
   * @throws LEDGER_EXISTS, CANNOT_CREATE, DISK_FULL; UNSUPPORTED by a storage that cannot; what `check` throws
   */
  backup(target: string, options: BackupOptions): Promise<BackupReport>;
  /** Reports commits that were not made through this object, until closed. `sequence`: of the head, where it is known without asking for it. */
  watch(listener: { onCommit(sequence?: number): void; onError(error: unknown): void }): { close(): void };
  close(): Promise<void>;
}
