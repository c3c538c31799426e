/**
 * The flesh: what the engine asks of a ledger, whichever storage lies beneath. `sqlite/` is one; it must not know commands, sinks or sources.
 * Every method may reject with IO_FAILED, BUSY, LEDGER_REPLACED or CLOSED besides what it names.
 */

import type { Durability, LedgerConfig } from '../model/config.ts';
import type { Basis, CommitDraft, CommitOutcome, CommitPipeline, ProducerPosition } from '../model/events/commit.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { Anchor, Head } from '../model/events/head.ts';
import type { History } from '../model/events/history.ts';
import type { Plan } from '../model/routing/epoch-plan.ts';
import type { Partition } from '../model/routing/partition.ts';
import type { Epochs, RoutingInForce } from '../model/routing/routing.ts';
import type { Pin } from '../model/routing/session-pins.ts';
import type { Micros } from '../model/time/time.ts';
import type { LedgerWarning } from '../model/warning.ts';
import type { Groups } from './groups.ts';

/** What is fixed for a ledger, and what changes only with an epoch: that as of the last look at the ledger. */
export interface LedgerIdentity {
  readonly path: string;
  readonly uuid: string;
  readonly createdAt: Micros;
  readonly config: LedgerConfig;
  readonly epochs: Epochs;
  readonly partitions: readonly Partition[];
}

export interface PartitionSummary extends Partition {
  readonly events: number;
  /** Bytes of the stored frames: payloads and what stands between them. */
  readonly bytes: number;
  /** Whether `bytes` is reckoned from a sample, because there are too many frames to look at each. */
  readonly isEstimate: boolean;
  /** The offset the next event gets. */
  readonly nextOffset: number;
  /** Null in an empty partition. */
  readonly firstTime: Micros | null;
  readonly lastTime: Micros | null;
}

export interface LedgerDescription {
  readonly identity: LedgerIdentity;
  readonly format: number;
  readonly head: Head;
  readonly commits: number;
  /** Ledger time of the first event; null in an empty ledger. */
  readonly firstTime: Micros | null;
  readonly partitions: readonly PartitionSummary[];
  readonly producers: readonly { readonly name: string; readonly position: number }[];
  /** How many sessions have a pin; 0 where the routing never was sticky. */
  readonly sessions: number;
  /** What is wrong although everything works. */
  readonly warnings: readonly LedgerWarning[];
  readonly storage: {
    readonly engine: string;
    readonly durability: Durability;
    readonly fileBytes: number;
    readonly walBytes: number;
    /** Settings as the storage reads them back, by their own names. */
    readonly settings: Readonly<Record<string, string | number>>;
    /** Whether others than its owner may read or write the file. */
    readonly worldReadable: boolean;
    /** What other tools have put into the file and the engine passes over, by name; names are as they stand in the file. */
    readonly foreignObjects: readonly { readonly type: string; readonly name: string }[];
  };
}

export interface PartitionGauge extends Partition {
  readonly events: number;
  /** Ledger time of the last event; null in an empty partition. */
  readonly lastTime: Micros | null;
}

/** What was committed behind a sequence. */
export interface LedgerGrowth {
  readonly commits: number;
  /** Of the stored frames, as in {@link PartitionSummary}. */
  readonly bytes: number;
}

/** What moves while a ledger is used: cheap however much it holds, so that it can be asked for every second. */
export interface LedgerGauges {
  readonly head: Head;
  /** Ledger time of the first event; null in an empty ledger. */
  readonly firstTime: Micros | null;
  /** When the last commit was made, by its emitter's clock; null in an empty ledger. */
  readonly committedAt: Micros | null;
  readonly partitions: readonly PartitionGauge[];
  /** Since the sequence that was named; null where none was, or where so much came since that counting it would not be cheap. */
  readonly growth: LedgerGrowth | null;
  readonly producers: readonly { readonly name: string; readonly position: number }[];
  readonly fileBytes: number;
  /** The log of commits beside the file: its size, and what of it is not written back into the file. */
  readonly wal: { readonly bytes: number; readonly waitingBytes: number };
}

/** The routing before and after a change; the same where nothing was to be changed. */
export interface RoutingChange {
  readonly before: RoutingInForce;
  readonly after: RoutingInForce;
}

/** What a proof of the whole ledger is made with. */
export interface Verification {
  /** A head kept elsewhere: the ledger must extend it. */
  readonly anchor?: Anchor | undefined;
  /** Reads the unique id of a payload, where the ledger keeps such ids. */
  readonly idOf?: ((payload: Buffer) => string | null) | undefined;
  /** Reads the key of an event by the routing that was in force: proves the pins of sticky sessions. */
  readonly keyOf?: ((batch: EventBatch, at: number) => string | null) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { commits: number; events: number }) => void) | undefined;
}

export interface VerifyReport {
  readonly events: number;
  readonly commits: number;
  readonly head: Head;
  /** Whether an anchor was given and the ledger extends it. */
  readonly isAnchored: boolean;
}

/** The writer's view of one transaction that holds several commits. */
export interface LedgerTransaction {
  /** As {@link Ledger.pinsOf}, with what the transaction has made so far. */
  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  /** All commits become durable and visible at once. */
  end(): Promise<void>;
  /** None of them does. */
  abandon(): Promise<void>;
}

export interface Ledger extends History {
  readonly identity: LedgerIdentity;
  readonly groups: Groups;
  basis(): Promise<Basis>;
  /** The pins of these sessions; those without one are left out. */
  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  positionOfProducer(name: string): Promise<ProducerPosition>;
  describe(): Promise<Omit<LedgerDescription, 'warnings'>>;
  /** What is wrong with the storage although commits succeed. Cheap where nothing is: it is asked for during a long emission. */
  warnings(): Promise<readonly LedgerWarning[]>;
  /** `behind`: the head of an earlier look. @throws LEDGER_REPLACED */
  gauges(behind: number | null): Promise<LedgerGauges>;
  /** All of the draft or nothing; durable when it resolves. @throws DISK_FULL (nothing stored), OUTCOME_UNKNOWN (perhaps stored). */
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  begin(): Promise<LedgerTransaction>;
  /** Begins the epoch that is planned, all of it or nothing; nothing comes between the plan and its epoch. @throws what the plan throws. */
  beginEpoch(plan: Plan): Promise<RoutingChange>;
  routing(): Promise<RoutingInForce>;
  /** How events lie in the partitions, without the rest of {@link describe}. */
  summarize(): Promise<PartitionSummary[]>;
  /** For volume: writing goes on beside the caller. */
  openPipeline(): Promise<CommitPipeline>;
  /** Walks everything. @throws VERIFICATION_FAILED naming the first bad commit, HEAD_MISMATCH */
  verify(options: Verification): Promise<VerifyReport>;
  /** Tells of commits by others than this object, until closed. */
  watch(listener: { onCommit(): void; onError(error: unknown): void }): { close(): void };
  close(): Promise<void>;
}
