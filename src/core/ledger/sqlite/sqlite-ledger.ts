/** Implements the port over one SQLite file, out of the parts of this folder. One connection, used from one thread. */

import type { Database } from 'better-sqlite3';
import { closeAfter, closeAll } from '../../model/closing.ts';
import type {
  Basis,
  CommitDraft,
  CommitOutcome,
  CommitPipeline,
  ProducerPosition,
  Stale,
  StoredCommit,
} from '../../model/events/commit.ts';
import type { Head } from '../../model/events/head.ts';
import { type LaneRequest, type Page, pageBytes, type ReadRequest, restOf } from '../../model/events/history.ts';
import type { SequenceRange } from '../../model/events/range.ts';
import type { LanePosition } from '../../model/group.ts';
import type { Plan } from '../../model/routing/epoch-plan.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { Micros } from '../../model/time/time.ts';
import type { LedgerWarning } from '../../model/warning.ts';
import type { Archives } from '../archives.ts';
import type { BusyLimit } from '../driver.ts';
import type {
  BackupOptions,
  BackupReport,
  ChainEnd,
  ChainLink,
  ChainLinkPlace,
  CommitColumns,
  Ledger,
  LedgerDescription,
  LedgerGauges,
  LedgerIdentity,
  LedgerTransaction,
  PartitionSummary,
  RoutingChange,
  StorageSize,
  Verification,
  VerifyReport,
} from '../ledger.ts';
import type { ChainPath } from '../protocol/chain-step.ts';
import { decideEpoch } from '../protocol/epoch-link.ts';
import { headOf } from '../protocol/ledger-state.ts';
import { ArchiveFiles } from './archive/archive-files.ts';
import type { Archiver } from './archive/archiver.ts';
import type { Backups } from './backup/backups.ts';
import { beginSnapshot, type CopyHooks, copySnapshot, endSnapshot } from './backup/copy-snapshot.ts';
import { checkStructure } from './connection/check-structure.ts';
import { type FileIdentity, guardIdentity } from './connection/file-guard.ts';
import { GuardedDatabase } from './connection/guarded-database.ts';
import { readIdentity } from './connection/identity.ts';
import { cannotFollow, type UnchangedFile } from './connection/immutable-file.ts';
import { leftoverFiles } from './connection/leftover-files.ts';
import { makeLogRoom } from './connection/log-room.ts';
import { readStorageSize } from './connection/storage-size.ts';
import { walGrowth } from './connection/wal-growth.ts';
import { SqliteGroupStore } from './groups/sqlite-group-store.ts';
import type { BodyTarget } from './read/body-target.ts';
import { readChainEnd } from './read/chain-end.ts';
import { describeLedger, summarizePartitions } from './read/describe.ts';
import { readGauges } from './read/gauges.ts';
import { laneEnds, positionAt, readLane } from './read/lanes.ts';
import { readLastCommits } from './read/last-commits.ts';
import { LedgerHistory } from './read/ledger-history.ts';
import { FrameReader } from './read/read.ts';
import { FILE_SAMPLING } from './read/sampling.ts';
import { verifyLedger } from './read/verify.ts';
import { type Stretch, type VerifiedStretch, verifyStretch } from './read/verify-stretches.ts';
import { CommitWatch, type WatchListener } from './read/watch.ts';
import { SqliteCompaction } from './space/sqlite-compaction.ts';
import type { ReaderThread } from './threads/reader-thread.ts';
import type { ThreadStart } from './threads/thread-protocol.ts';
import type { WriterThread } from './threads/writer-thread.ts';
import { Appender, type EncodedDraft, encodeDraft } from './write/append.ts';
import { beginEpoch } from './write/begin-epoch.ts';
import { PinStore } from './write/pins.ts';
import { provenProducer } from './write/producers.ts';
import { type WriteState, WriteStates } from './write/write-state.ts';

/** From this size of a page on, unless it is the last one, a thread that reads ahead pays off. */
const READ_AHEAD_FROM_BYTES = 1024 * 1024;

export interface SqliteLedgerParts {
  readonly busyLimit: BusyLimit;
  /** Whether it was opened for writing. */
  readonly isWriter: boolean;
  /** The file, if it is read without locks. */
  readonly unchanged: UnchangedFile | null;
  /** Opens the same file again, on a connection of its own. */
  readonly reopen: () => Promise<SqliteLedger>;
  /** Directory of the archive. */
  readonly archive: string;
  /** Opens another ledger for reading. */
  readonly openCopy: (path: string) => Promise<Ledger>;
}

export class SqliteLedger implements Ledger {
  readonly commitBytesMax = Number.POSITIVE_INFINITY;
  readonly sampling = FILE_SAMPLING;
  readonly #db: Database;
  readonly #guarded: GuardedDatabase;
  readonly #file: FileIdentity;
  readonly #parts: SqliteLedgerParts;
  readonly #states: WriteStates;
  readonly #reader: FrameReader;
  readonly #files: ArchiveFiles;
  readonly #history: LedgerHistory;
  readonly groupStore: SqliteGroupStore;
  readonly archives: Archives;
  readonly compaction: SqliteCompaction;
  readonly #pins: PinStore;
  #identity: LedgerIdentity;
  #appender: Appender | undefined;
  /** The highest sequence that this object has named as stored. */
  #reportedHead = 0;
  readonly #watches = new Set<CommitWatch>();
  readonly #threads = new Set<WriterThread | ReaderThread>();
  #backups: Backups | undefined;
  /** Measured before a snapshot began: within it that cannot be done. */
  #sizeBefore: StorageSize | undefined;

  constructor(db: Database, file: FileIdentity, identity: LedgerIdentity, parts: SqliteLedgerParts) {
    this.#db = db;
    this.#file = file;
    this.#identity = identity;
    this.#parts = parts;
    this.#states = new WriteStates(db);
    this.#reader = new FrameReader(db);
    this.#files = new ArchiveFiles(parts.archive);
    this.#history = new LedgerHistory(db, this.#reader, this.#files);
    this.#pins = new PinStore(db);
    const onRollBack = (): void => {
      this.#states.forget();
      this.#pins.forget();
    };
    const { busyLimit, unchanged } = parts;
    this.#guarded = new GuardedDatabase(db, { path: identity.path, busyLimit, onRollBack, unchanged });
    this.groupStore = new SqliteGroupStore(db, this.#guarded, this.#files);
    this.archives = {
      plan: async (request) => (await this.#archiver()).plan(request),
      run: async (request, hooks) => (await this.#archiver()).run(request, hooks),
      runs: async () => (await this.#archiver()).runs(),
    };
    this.compaction = new SqliteCompaction(db, this.#guarded, file, identity);
  }

  get identity(): LedgerIdentity {
    return this.#identity;
  }

  head(): Promise<Head> {
    return this.#guarded.read(() => headOf(this.#current()));
  }

  chainEnd(): Promise<ChainEnd> {
    return this.#guarded.readSnapshot(() => readChainEnd(this.#db));
  }

  async pathFrom(sequence: number, end: ChainLinkPlace): Promise<ChainPath> {
    const { chainPath } = await import('./read/chain-path.ts');
    const reader = new FrameReader(this.#db);
    return this.#guarded.read(() =>
      chainPath(this.#db, reader, new LedgerHistory(this.#db, reader, this.#files), sequence, end),
    );
  }

  async firstSequence(): Promise<number> {
    return 1;
  }

  basis(): Promise<Basis> {
    return this.#guarded.read(() => this.#states.basis(this.#current()));
  }

  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]> {
    return this.#guarded.read(() => this.#pins.find(sessions, this.#current()));
  }

  positionOfProducer(name: string): Promise<ProducerPosition> {
    return this.#guarded.read(() => provenProducer(this.#db, name));
  }

  describe(): Promise<Omit<LedgerDescription, 'warnings'>> {
    return this.#guarded.read(() => {
      this.#identity = readIdentity(this.#db, this.#identity.path);
      return describeLedger(this.#db, this.#identity, this.#sizeBefore);
    });
  }

  warnings(about: 'commits' | 'all'): Promise<readonly LedgerWarning[]> {
    const { path } = this.#identity;
    return this.#guarded.read(() =>
      [walGrowth(this.#db, path, this.#parts.isWriter), about === 'all' ? leftoverFiles(path) : null].filter(
        (warning) => warning !== null,
      ),
    );
  }

  async gauges(behind: number | null): Promise<LedgerGauges> {
    guardIdentity(this.#identity.path, this.#file);
    const gauges = await this.#guarded.readSnapshot(() => {
      const state = this.#current();
      return readGauges(this.#db, this.#reader.statements, this.#identity, state, behind);
    });
    return { ...gauges, storage: await this.#guarded.read(() => readStorageSize(this.#db, this.#identity.path)) };
  }

  summarize(): Promise<PartitionSummary[]> {
    return this.#guarded.read(() => {
      this.#current();
      return this.#db.transaction(() => summarizePartitions(this.#db, this.#identity.partitions)).deferred();
    });
  }

  async beginEpoch(plan: Plan): Promise<RoutingChange> {
    const { change } = await this.#guarded.write(
      () => {
        const state = this.#states.current();
        const decided = decideEpoch(state, plan);
        if (decided.planned === null) return decided;
        beginEpoch(this.#db, state, decided.planned);
        // A connection's own changes do not show in its data_version.
        this.#states.forget();
        return decided;
      },
      ({ planned }) => planned !== null,
    );
    guardIdentity(this.#identity.path, this.#file);
    this.#identity = readIdentity(this.#db, this.#identity.path);
    return change;
  }

  async commit(draft: CommitDraft): Promise<CommitOutcome> {
    const encoded = this.#encode(draft);
    const outcome = await this.#guarded.write(
      () => this.#append(encoded),
      ({ kind }) => kind === 'committed',
    );
    // Events in a file that was deleted or replaced must not be acknowledged.
    if (outcome.kind === 'committed') guardIdentity(this.#identity.path, this.#file);
    return this.#reported(outcome);
  }

  /** Uses a connection of its own: uncommitted events must not be visible through this one. */
  async begin(): Promise<LedgerTransaction> {
    this.#guarded.checkWritable();
    const writer = await this.#parts.reopen();
    try {
      await writer.#guarded.begin();
    } catch (error) {
      await writer.close();
      throw error;
    }
    return {
      pinsOf: (sessions) => writer.pinsOf(sessions),
      commit: (draft) => writer.#guarded.within(() => writer.#append(writer.#encode(draft))),
      end: async () => {
        try {
          writer.#guarded.end();
          guardIdentity(this.#identity.path, this.#file);
        } finally {
          await writer.close();
        }
      },
      abandon: async () => {
        try {
          writer.#guarded.abandon();
        } finally {
          await writer.close();
        }
      },
    };
  }

  async openPipeline(): Promise<CommitPipeline> {
    this.#guarded.checkWritable();
    makeLogRoom(this.#db, this.#identity.path);
    const { WriterThread } = await import('./threads/writer-thread.ts');
    const thread = await this.#kept(await WriterThread.start(this.#threadStart(), this.#parts.busyLimit.signal));
    return {
      offer: async (draft, generation) => {
        this.#guarded.checkWritable();
        try {
          return this.#reported(await thread.offer(draft, generation));
        } catch (error) {
          this.#guarded.noteFailure(error);
          throw error;
        }
      },
      close: () => this.#release(thread),
    };
  }

  read(request: ReadRequest): Promise<Page> {
    return this.#guarded.read(() => this.#history.page({ ...request, range: this.#stored(request.range) }));
  }

  /** As {@link read}, for a range that is known to be stored: all of it must be there. */
  readStored(request: ReadRequest): Promise<Page> {
    return this.#guarded.read(() => this.#history.page(request));
  }

  /** As {@link readStored}, with the bodies of compressed frames in the target's memory and, if it says so, unverified. */
  readInto(request: ReadRequest, target: BodyTarget): Promise<Page> {
    return this.#guarded.read(() => this.#reader.into(target, () => this.#history.page(request)));
  }

  /**
   * The part of the range that is stored. Everything up to a head that this object has reported counts as stored: if rows up to there are missing, reading
   * must fail instead of ending.
   */
  #stored({ from, through }: SequenceRange): SequenceRange {
    if (through > this.#reportedHead) this.#current();
    return { from, through: Math.min(through, this.#reportedHead) };
  }

  async *pages(request: ReadRequest): AsyncGenerator<Page, void, undefined> {
    let thread: Promise<ReaderThread | null> | undefined;
    const range = await this.#guarded.read(() => this.#stored(request.range));
    try {
      for (let rest: ReadRequest | null = { ...request, range }; rest !== null; ) {
        const page: Page = await this.readStored(rest);
        rest = restOf(rest, page);
        // The thread starts while this page is delivered.
        if (rest !== null && pageBytes(page) >= READ_AHEAD_FROM_BYTES) thread ??= this.#startReader();
        yield page;
        const reader: ReaderThread | null = (await thread) ?? null;
        if (rest === null || reader === null) continue;
        for await (const ahead of reader.pages(rest)) {
          this.#guarded.checkOpen();
          rest = restOf(rest as ReadRequest, ahead);
          yield ahead;
        }
        // Pages end early before one whose hashes do not fit. Reading it here delivers what is before the fault, and names it.
        thread = Promise.resolve(null);
        await this.#release(reader);
      }
    } finally {
      const reader = (await thread) ?? null;
      if (reader !== null) await this.#release(reader);
    }
  }

  linkAt(sequence: number): Promise<ChainLink | null> {
    return this.#guarded.read(() => this.#reader.linkAt(sequence));
  }

  checkKept(sequence: number): Promise<void> {
    return this.#guarded.read(() => this.#history.checkKept(sequence));
  }

  sequenceAtTime(time: Micros): Promise<number> {
    return this.#guarded.read(() => this.#history.sequenceAtTime(time) ?? this.#states.current().sequence + 1);
  }

  sequenceOfLast(
    count: number,
    partitions: readonly PartitionId[] | null,
    through = Number.MAX_SAFE_INTEGER,
  ): Promise<number> {
    return this.#guarded.read(() => this.#history.sequenceOfLast(count, partitions, through));
  }

  partitionsSentTo(range: SequenceRange): Promise<readonly PartitionId[]> {
    return this.#guarded.read(() => this.#history.partitionsSentTo(this.#stored(range)));
  }

  readLane(request: LaneRequest): Promise<StoredCommit[]> {
    return this.#guarded.readSnapshot(() => readLane(this.#history, request));
  }

  ends(partitions: readonly PartitionId[]): Promise<number[]> {
    return this.#guarded.readSnapshot(() => partitions.map(laneEnds(this.#reader)));
  }

  positionsAt(sequence: number): Promise<LanePosition[]> {
    return this.#guarded.readSnapshot(() =>
      this.#reader.partitionIds().map((partition) => positionAt(this.#history, partition, sequence)),
    );
  }

  async verify(options: Verification): Promise<VerifyReport> {
    this.#guarded.checkOpen();
    try {
      const reader = new FrameReader(this.#db);
      const history = new LedgerHistory(this.#db, reader, this.#files);
      return await verifyLedger(this.#db, reader, history, options, async () => {
        const thread = await this.#startReader();
        return (
          thread && {
            checkStructure: () => thread.checkStructure(),
            verify: (stretch) => thread.verify(stretch),
            end: () => this.#release(thread),
          }
        );
      });
    } catch (error) {
      throw this.#guarded.translated(error, 'read');
    } finally {
      this.#guarded.checkUnchanged();
    }
  }

  /** For a reading thread. @throws LedgerError VERIFICATION_FAILED */
  verifyStretch(stretch: Stretch): Promise<VerifiedStretch> {
    const reader = new FrameReader(this.#db);
    return verifyStretch(new LedgerHistory(this.#db, reader, this.#files), stretch, async () => {});
  }

  /** For a reading thread. @throws LedgerError VERIFICATION_FAILED */
  checkStructure(): Promise<void> {
    return this.#guarded.read(() => checkStructure(this.#db));
  }

  async backup(target: string, options: BackupOptions): Promise<BackupReport> {
    this.#guarded.checkOpen();
    const { Backups } = await import('./backup/backups.ts');
    this.#guarded.checkOpen();
    this.#backups ??= new Backups(this.#threadStart(), this.#parts.openCopy);
    return this.#backups.run(target, options);
  }

  /** Uses a connection of its own: this one goes on seeing new commits. */
  async snapshot<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    this.#guarded.checkOpen();
    const reader = await this.#parts.reopen();
    return closeAfter(
      async () => {
        await reader.#guarded.read(() => {
          reader.#sizeBefore = readStorageSize(reader.#db, reader.#identity.path);
          beginSnapshot(reader.#db);
        });
        try {
          return await work(reader);
        } finally {
          endSnapshot(reader.#db);
        }
      },
      () => reader.close(),
    );
  }

  lastCommits(limit: number): Promise<CommitColumns> {
    return this.#guarded.read(() => readLastCommits(this.#reader.statements, limit));
  }

  /**
   * Copies the ledger, as of one moment, into an empty file. For a thread of its own: it waits after each step, and this connection can do nothing else
   * meanwhile. Returns the head of the copy. @throws LedgerError DISK_FULL, IO_FAILED, DAMAGED_LEDGER; the signal's reason
   */
  async copyInto(target: string, hooks: CopyHooks): Promise<Head> {
    const head = await this.#guarded.read(() => beginSnapshot(this.#db));
    try {
      await copySnapshot(this.#db, target, hooks);
      return head;
    } finally {
      endSnapshot(this.#db);
      this.#guarded.checkUnchanged();
    }
  }

  watch(listener: WatchListener): { close(): void } {
    this.#guarded.checkOpen();
    if (this.#parts.unchanged !== null) throw cannotFollow(this.#identity.path);
    const watch = new CommitWatch(this.#db, this.#identity.path, this.#file, listener);
    this.#watches.add(watch);
    return {
      close: () => {
        watch.close();
        this.#watches.delete(watch);
      },
    };
  }

  async close(): Promise<void> {
    const backups = this.#backups === undefined ? [] : [this.#backups];
    const parts = [...this.#watches, ...backups, this.#files, this.#guarded, ...this.#threads];
    await closeAll(parts.map((each) => () => each.close()));
  }

  /** Registers a thread to be closed with the ledger: its owner may leave an iteration without ending it. @throws LedgerError CLOSED if the ledger was closed first */
  async #kept<Thread extends WriterThread | ReaderThread>(thread: Thread): Promise<Thread> {
    try {
      this.#guarded.checkOpen();
      this.#threads.add(thread);
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  async #release(thread: WriterThread | ReaderThread): Promise<void> {
    await thread.close();
    this.#threads.delete(thread);
  }

  /** Null if the thread cannot be started: then every page is read here. */
  async #startReader(): Promise<ReaderThread | null> {
    try {
      const { ReaderThread } = await import('./threads/reader-thread.ts');
      return await this.#kept(await ReaderThread.start(this.#threadStart(), this.#parts.busyLimit.signal));
    } catch {
      return null;
    }
  }

  /** Loaded when it is first needed: few processes archive. */
  async #archiver(): Promise<Archiver> {
    this.#guarded.checkOpen();
    const { Archiver } = await import('./archive/archiver.ts');
    return new Archiver({
      db: this.#db,
      guarded: this.#guarded,
      files: this.#files,
      path: this.#identity.path,
      state: () => this.#states.current(),
      forgetState: () => this.#states.forget(),
    });
  }

  #threadStart(): ThreadStart {
    const { busyLimit, archive } = this.#parts;
    return { path: this.#identity.path, file: this.#file, archive, busyTimeoutMs: busyLimit.limitMs };
  }

  #reported<Outcome extends CommitOutcome | Stale>(outcome: Outcome): Outcome {
    if (outcome.kind === 'committed') this.#reportedHead = Math.max(this.#reportedHead, outcome.head.sequence);
    return outcome;
  }

  #encode(draft: CommitDraft): EncodedDraft {
    return encodeDraft(draft, this.#identity.config.compression);
  }

  #append(draft: EncodedDraft): CommitOutcome {
    this.#appender ??= new Appender(this.#db, this.#identity, this.#states, this.#pins);
    return this.#appender.append(draft);
  }

  /** State at the ledger's end. If an epoch has begun, the identity is read again. */
  #current(): WriteState {
    const state = this.#states.current();
    this.#reportedHead = Math.max(this.#reportedHead, state.sequence);
    const known = this.#identity.epochs.at(-1);
    if (known?.epoch !== state.epoch.epoch) this.#identity = readIdentity(this.#db, this.#identity.path);
    return state;
  }
}
