/** A ledger in one SQLite file: joins the pieces of this folder behind the port. One connection, used from one thread. */

import type { Database } from 'better-sqlite3';
import type { Clock } from '../../model/clock.ts';
import type { Basis, CommitDraft, CommitOutcome, CommitPipeline, ProducerMark } from '../../model/commit.ts';
import type { LedgerBlueprint } from '../../model/config.ts';
import type { Plan } from '../../model/epoch-plan.ts';
import type { Head } from '../../model/head.ts';
import { type Page, pageBytes, type ReadRequest } from '../../model/history.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/partition.ts';
import type { RoutingInForce } from '../../model/routing.ts';
import type { Pin } from '../../model/session-pins.ts';
import type { Micros } from '../../model/time.ts';
import type {
  Ledger,
  LedgerDescription,
  LedgerGauges,
  LedgerIdentity,
  LedgerTransaction,
  PartitionSummary,
  RoutingChange,
  VerifyOptions,
  VerifyReport,
} from '../ledger.ts';
import { Appender, readProducer } from './append.ts';
import { beginEpoch } from './begin-epoch.ts';
import { type Patience, retryWhileBusy } from './busy.ts';
import { ChainWalk } from './chain-walk.ts';
import { applyDurability, connect, prepareForWriting } from './connection.ts';
import { createLedger } from './create.ts';
import { describeLedger, summarizePartitions } from './describe.ts';
import { createFile, type FileIdentity, fileBytes, fileExists, guardFile, guardIdentity, ledgerPath } from './file-guard.ts';
import { readGauges, readWal } from './gauges.ts';
import { SqliteGroups } from './groups/sqlite-groups.ts';
import { parseConfig, readEpochs, readLedgerRow, readPartitionRows, toPartitions } from './identity.ts';
import type { ThreadStart } from './ledger-thread.ts';
import { sequenceAtTime, sequenceOfLast } from './locate.ts';
import { PinStore } from './pins.ts';
import { FrameReader } from './read.ts';
import type { ReaderThread } from './reader-thread.ts';
import { APPLICATION_ID, FORMAT, isEmptyDatabase, schemaDifference } from './schema.ts';
import { type Activity, translateError } from './translate-error.ts';
import { verifyLedger } from './verify.ts';
import { CommitWatch, type WatchListener } from './watch.ts';
import { routingInForce, toHead, type WriteState, WriteStates } from './write-state.ts';

/** What every SQLite database begins with. */
const HEADER_BYTES = 100;

export interface SqliteLedgerOptions {
  readonly access: 'read' | 'write';
  readonly patience: Patience;
  /** The file that must be there; default: whichever is. */
  readonly file?: FileIdentity | undefined;
}

/** Makes a ledger. @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE */
export async function createSqliteLedger(path: string, blueprint: LedgerBlueprint, clock: Clock, patience: Patience): Promise<void> {
  const file = ledgerPath(path);
  // a file that is there already may be one whose making was interrupted
  const isNew = createFile(file);
  if (!isNew) {
    guardFile(file, { write: true });
    // SQLite takes a file of a few bytes for an empty one, and they would be lost
    const bytes = fileBytes(file);
    if (bytes > 0 && bytes < HEADER_BYTES) {
      throw new LedgerError('NOT_A_LEDGER', { message: `${file} is not a ledger, and not empty`, hint: 'name another file', details: { path: file } });
    }
  }
  const wasMade = await inDatabase(file, patience, (db) => isEmptyDatabase(db) && createLedger(db, blueprint, clock.nowMicros()));
  if (wasMade) return;
  throw ledgerExists(file);
}

function ledgerExists(path: string): LedgerError {
  return new LedgerError('LEDGER_EXISTS', { message: `${path} exists already`, hint: 'use it, or name another file with --ledger', details: { path } });
}

async function inDatabase<Result>(path: string, patience: Patience, work: (db: Database) => Result): Promise<Result> {
  try {
    return await retryWhileBusy(
      () => {
        const db = connect(path, { isReadOnly: false });
        try {
          return work(db);
        } finally {
          db.close();
        }
      },
      patience,
      path,
    );
  } catch (error) {
    throw translateError(error, path, 'open');
  }
}

export function sqliteLedgerExists(path: string): boolean {
  return fileExists(ledgerPath(path));
}

/** Opens a ledger that is there. @throws LedgerError NO_LEDGER, NOT_A_LEDGER, NEWER_FORMAT, HARD_LINKED, PERMISSION_DENIED, DAMAGED_LEDGER */
export async function openSqliteLedger(path: string, options: SqliteLedgerOptions): Promise<Ledger> {
  const resolved = ledgerPath(path);
  const file = guardFile(resolved, { write: options.access === 'write' });
  if (options.file !== undefined) guardIdentity(resolved, options.file);
  try {
    return await retryWhileBusy(() => open(resolved, file, options), options.patience, resolved);
  } catch (error) {
    throw translateError(error, resolved, 'open');
  }
}

function open(path: string, file: FileIdentity, options: SqliteLedgerOptions): SqliteLedger {
  const isWritable = options.access === 'write' || canWrite(path);
  const db = connect(path, { isReadOnly: !isWritable });
  try {
    // it may have been replaced between the look at it and the opening
    guardIdentity(path, file);
    checkFormat(db, path);
    const identity = readIdentity(db, path);
    const { durability } = identity.config;
    if (options.access === 'write') {
      prepareForWriting(db, durability);
    } else {
      applyDurability(db, durability);
      db.pragma('query_only = ON');
    }
    return new SqliteLedger(db, file, identity, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A reader of a file it may write takes part in WAL recovery; of one it may not, it only looks. */
function canWrite(path: string): boolean {
  try {
    guardFile(path, { write: true });
    return true;
  } catch {
    return false;
  }
}

function checkFormat(db: Database, path: string): void {
  const refuse = (fact: string, hint: string) => new LedgerError('NOT_A_LEDGER', { message: `${path} is not a ledger: ${fact}`, hint, details: { path } });
  const another = 'name another file, or make a ledger: completengine init';
  if (isEmptyDatabase(db)) throw refuse('it is empty', `make it one: completengine init --ledger ${path}`);
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) throw refuse('it is a database of something else', another);
  const format = db.pragma('user_version', { simple: true }) as number;
  if (format > FORMAT) {
    throw new LedgerError('NEWER_FORMAT', {
      message: `${path} has format ${format}, and this completengine reads up to ${FORMAT}`,
      hint: 'use a newer completengine; the file was not touched',
      details: { path, format, known: FORMAT },
    });
  }
  const difference = format < FORMAT ? `it has format ${format}` : schemaDifference(db);
  if (difference !== null) throw refuse(difference, another);
}

function readIdentity(db: Database, path: string): LedgerIdentity {
  return db
    .transaction(() => {
      const row = readLedgerRow(db);
      return {
        path,
        uuid: row.uuid,
        createdAt: row.createdAt,
        config: parseConfig(db, row.config),
        epochs: readEpochs(db),
        partitions: toPartitions(readPartitionRows(db)),
      };
    })
    .deferred();
}

/** A page of this size that is not the last one is worth a thread that reads ahead. */
const READ_AHEAD_FROM_BYTES = 1024 * 1024;

class SqliteLedger implements Ledger {
  readonly #db: Database;
  readonly #file: FileIdentity;
  readonly #options: SqliteLedgerOptions;
  readonly #states: WriteStates;
  readonly #reader: FrameReader;
  readonly groups: SqliteGroups;
  readonly #pins: PinStore;
  #identity: LedgerIdentity;
  #appender: Appender | undefined;
  /** `failed`: a commit ended in an I/O error, so nothing more may be written over what it left. */
  #mode: 'open' | 'failed' | 'closed' = 'open';
  readonly #watches = new Set<CommitWatch>();

  constructor(db: Database, file: FileIdentity, identity: LedgerIdentity, options: SqliteLedgerOptions) {
    this.#db = db;
    this.#file = file;
    this.#identity = identity;
    this.#options = options;
    this.#states = new WriteStates(db);
    this.#reader = new FrameReader(db);
    this.groups = new SqliteGroups(db, {
      write: (work) => this.#writing(work),
      read: (work) => this.#reading(() => db.transaction(work).deferred()),
    });
    this.#pins = new PinStore(db);
  }

  get identity(): LedgerIdentity {
    return this.#identity;
  }

  head(): Promise<Head> {
    return this.#reading(() => toHead(this.#current()));
  }

  basis(): Promise<Basis> {
    return this.#reading(() => this.#states.basis(this.#current()));
  }

  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]> {
    return this.#reading(() => this.#pins.find(sessions, this.#current()));
  }

  producerMark(name: string): Promise<ProducerMark> {
    return this.#reading(() => readProducer(this.#db, name));
  }

  describe(): Promise<LedgerDescription> {
    return this.#reading(() => {
      this.#identity = readIdentity(this.#db, this.#identity.path);
      return describeLedger(this.#db, this.#identity);
    });
  }

  gauges(behind: number | null): Promise<LedgerGauges> {
    return this.#reading(() => {
      guardIdentity(this.#identity.path, this.#file);
      const look = () => {
        const state = this.#current();
        return readGauges(this.#db, this.#reader.statements, this.#identity, state, behind);
      };
      return { ...this.#db.transaction(look).deferred(), wal: readWal(this.#db, this.#identity.path) };
    });
  }

  routing(): Promise<RoutingInForce> {
    return this.#reading(() => routingInForce(this.#current()));
  }

  summarize(): Promise<PartitionSummary[]> {
    return this.#reading(() => {
      this.#current();
      return this.#db.transaction(() => summarizePartitions(this.#db, this.#identity.partitions)).deferred();
    });
  }

  async beginEpoch(plan: Plan): Promise<RoutingChange> {
    this.#checkWritable();
    const change = await this.#guarded('write', () =>
      this.#inTransaction(() => {
        const state = this.#states.current();
        const before = routingInForce(state);
        const planned = plan(before);
        if (planned === null) return { answer: { before, after: before }, ending: 'ROLLBACK' };
        beginEpoch(this.#db, state, planned);
        // this connection's own changes do not show in its data_version
        this.#states.forget();
        return { answer: { before, after: routingInForce(this.#states.current()) }, ending: 'COMMIT' };
      }),
    );
    guardIdentity(this.#identity.path, this.#file);
    this.#identity = readIdentity(this.#db, this.#identity.path);
    return change;
  }

  async commit(draft: CommitDraft): Promise<CommitOutcome> {
    const outcome = await this.#writing(
      () => this.#append(draft),
      (answer) => answer.kind === 'committed',
    );
    // an acknowledged event in a file that is gone would be a lie
    if (outcome.kind === 'committed') guardIdentity(this.#identity.path, this.#file);
    return outcome;
  }

  /** On a connection of its own: what is not committed yet must not be read through this one. */
  async begin(): Promise<LedgerTransaction> {
    this.#checkWritable();
    const writer = (await openSqliteLedger(this.#identity.path, this.#options)) as SqliteLedger;
    await writer.#guarded('write', () => writer.#db.exec('BEGIN IMMEDIATE'));
    return {
      pinsOf: (sessions) => writer.pinsOf(sessions),
      commit: (draft) => writer.#guarded('write', () => writer.#append(draft)),
      end: async () => {
        try {
          writer.#finish('COMMIT');
          guardIdentity(this.#identity.path, this.#file);
        } catch (error) {
          throw writer.#translated(error, 'write');
        } finally {
          await writer.close();
        }
      },
      abandon: async () => {
        writer.#rollBack();
        await writer.close();
      },
    };
  }

  async openPipeline(): Promise<CommitPipeline> {
    this.#checkWritable();
    const { WriterThread } = await import('./writer-thread.ts');
    const thread = await WriterThread.start(this.#threadStart(), this.#options.patience.signal);
    return {
      offer: async (draft, generation) => {
        this.#checkWritable();
        try {
          return await thread.offer(draft, generation);
        } catch (error) {
          this.#noteFailure(error);
          throw error;
        }
      },
      close: () => thread.close(),
    };
  }

  read(request: ReadRequest): Promise<Page> {
    return this.#reading(() => {
      if (!request.verify) return this.#reader.page(request);
      return new ChainWalk(this.#db, this.#reader).page(request);
    });
  }

  async *pages(request: ReadRequest): AsyncGenerator<Page, void, undefined> {
    let thread: Promise<ReaderThread | null> | undefined;
    try {
      for (let rest: ReadRequest | null = request; rest !== null; ) {
        const page: Page = await this.read(rest);
        rest = page.next === null ? null : { ...request, range: { ...request.range, from: page.next } };
        // it starts while this page is told
        if (rest !== null && pageBytes(page) >= READ_AHEAD_FROM_BYTES) thread ??= this.#startReader();
        yield page;
        const reader: ReaderThread | null = (await thread) ?? null;
        if (rest === null || reader === null) continue;
        for await (const ahead of reader.pages(rest)) {
          this.#checkOpen();
          yield ahead;
        }
        return;
      }
    } finally {
      await (await thread)?.close();
    }
  }

  sequenceAtTime(time: Micros): Promise<number> {
    return this.#reading(() => sequenceAtTime(this.#db, this.#reader, time) ?? this.#states.current().sequence + 1);
  }

  sequenceOfLast(count: number, partitions: readonly PartitionId[] | null, through = Number.MAX_SAFE_INTEGER): Promise<number> {
    return this.#reading(() => {
      const chosen = partitions ?? this.#reader.partitionIds();
      return sequenceOfLast(this.#reader, count, chosen, through) ?? 1;
    });
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    this.#checkOpen();
    try {
      return await verifyLedger(this.#db, new FrameReader(this.#db), options);
    } catch (error) {
      throw this.#translated(error, 'read');
    }
  }

  watch(listener: WatchListener): { close(): void } {
    this.#checkOpen();
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
    if (this.#mode === 'closed') return;
    this.#mode = 'closed';
    for (const watch of this.#watches) watch.close();
    this.#db.close();
  }

  /** Null where no thread can be had: then every page is read here. */
  async #startReader(): Promise<ReaderThread | null> {
    try {
      const { ReaderThread } = await import('./reader-thread.ts');
      return await ReaderThread.start(this.#threadStart(), this.#options.patience.signal);
    } catch {
      return null;
    }
  }

  #threadStart(): ThreadStart {
    return { path: this.#identity.path, file: this.#file, busyTimeoutMs: this.#options.patience.limitMs };
  }

  #append(draft: CommitDraft): CommitOutcome {
    this.#appender ??= new Appender(this.#db, this.#identity.uuid, this.#states, this.#pins);
    return this.#appender.append(draft);
  }

  /** The state of the ledger's end; when an epoch has begun, the identity is read again. */
  #current(): WriteState {
    const state = this.#states.current();
    const known = this.#identity.epochs.at(-1);
    if (known?.epoch !== state.epoch.epoch) this.#identity = readIdentity(this.#db, this.#identity.path);
    return state;
  }

  #inTransaction<Answer>(work: () => { answer: Answer; ending: 'COMMIT' | 'ROLLBACK' }): Answer {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const { answer, ending } = work();
      this.#finish(ending);
      return answer;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Ends a transaction; an I/O error from here on leaves open what is stored. */
  #finish(statement: 'COMMIT' | 'ROLLBACK'): void {
    try {
      this.#db.exec(statement);
    } catch (error) {
      throw translateError(error, this.#identity.path, 'commit');
    }
  }

  #rollBack(): void {
    this.#states.forget();
    this.#pins.forget();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  /** One IMMEDIATE transaction; what is not kept is rolled back. */
  #writing<Result>(work: () => Result, isKept: (result: Result) => boolean = () => true): Promise<Result> {
    this.#checkWritable();
    return this.#guarded('write', () =>
      this.#inTransaction(() => {
        const answer = work();
        return { answer, ending: isKept(answer) ? 'COMMIT' : 'ROLLBACK' };
      }),
    );
  }

  #reading<Result>(work: () => Result): Promise<Result> {
    this.#checkOpen();
    return this.#guarded('read', work);
  }

  async #guarded<Result>(activity: Activity, work: () => Result): Promise<Result> {
    try {
      return await retryWhileBusy(work, this.#options.patience, this.#identity.path);
    } catch (error) {
      throw this.#translated(error, activity);
    }
  }

  #translated(error: unknown, activity: Activity): unknown {
    const translated = translateError(error, this.#identity.path, activity);
    if (activity === 'write') this.#noteFailure(translated);
    return translated;
  }

  #noteFailure(error: unknown): void {
    const isFatal = error instanceof LedgerError && ['IO_FAILED', 'OUTCOME_UNKNOWN', 'DAMAGED_LEDGER'].includes(error.code);
    if (isFatal && this.#mode === 'open') this.#mode = 'failed';
  }

  #checkOpen(): void {
    if (this.#mode !== 'closed') return;
    throw new LedgerError('CLOSED', { message: `${this.#identity.path} is closed`, hint: 'open it again' });
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.#mode !== 'failed') return;
    throw new LedgerError('CLOSED', {
      message: `${this.#identity.path} had an I/O error and takes no more commits from this process`,
      hint: 'close it, look at the disk, and open it again',
    });
  }
}
