/**
 * A segment by itself as a ledger that cannot be written: the history of its range, with the settings, epochs and partitions as of its end. What the port
 * asks besides history is answered by an empty ledger in memory with the same settings.
 */

import { resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredCommit } from '../../../model/events/commit.ts';
import type { Head } from '../../../model/events/head.ts';
import type { LaneRequest, Page, ReadRequest } from '../../../model/events/history.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { Archives } from '../../archives.ts';
import type {
  ChainLink,
  CommitColumns,
  Ledger,
  LedgerDescription,
  LedgerGauges,
  LedgerIdentity,
  PartitionSummary,
  Verification,
  VerifyReport,
} from '../../ledger.ts';
import { boundedLane } from '../../protocol/lane-bounds.ts';
import { VerifyRun } from '../../protocol/verify-run.ts';
import { ArchiveFiles } from '../archive/archive-files.ts';
import { betterSqlite3 } from '../connection/better-sqlite3.ts';
import { fileBytes } from '../connection/file-guard.ts';
import { readIdentity } from '../connection/identity.ts';
import { createOnDemand, creationSql } from '../connection/schema.ts';
import { translateError } from '../connection/translate-error.ts';
import { SqliteGroupStore } from '../groups/sqlite-group-store.ts';
import { describeLedger } from '../read/describe.ts';
import { sequenceOfLast } from '../read/locate.ts';
import { FILE_SAMPLING } from '../read/sampling.ts';
import { WriteStates } from '../write/write-state.ts';
import { SegmentFile } from './segment-file.ts';
import { verifySegment } from './verify-segment.ts';

export class SegmentLedger implements Ledger {
  readonly identity: LedgerIdentity;
  readonly groupStore: SqliteGroupStore;
  readonly compaction = null;
  readonly commitBytesMax = Number.POSITIVE_INFINITY;
  readonly sampling = FILE_SAMPLING;
  readonly #segment: SegmentFile;
  /** Without commits. */
  readonly #empty: Database;

  private constructor(segment: SegmentFile, empty: Database) {
    this.#segment = segment;
    this.#empty = empty;
    this.identity = { ...readIdentity(empty, segment.path), isSegment: true };
    const transactions = { write: () => this.#refuse(), readSnapshot: async <Result>(work: () => Result) => work() };
    this.groupStore = new SqliteGroupStore(empty, transactions, new ArchiveFiles(''));
  }

  /** @throws LedgerError PERMISSION_DENIED for writing, and as {@link SegmentFile.open} does */
  static open(path: string, access: 'read' | 'write'): SegmentLedger {
    const absolute = resolve(path);
    if (access === 'write') throw cannotWrite(absolute);
    const segment = SegmentFile.open(absolute);
    try {
      return new SegmentLedger(segment, emptyLedger(segment));
    } catch (error) {
      segment.close();
      throw translateError(error, absolute, 'open');
    }
  }

  async head(): Promise<Head> {
    const { through, lastTime, hashBehind } = this.#segment.range;
    return { sequence: through, time: lastTime, hash: hashBehind.toString('hex') };
  }

  async chainEnd(): Promise<never> {
    throw this.#isPart();
  }

  async pathFrom(): Promise<never> {
    throw this.#isPart();
  }

  #isPart(): LedgerError {
    return new LedgerError('UNSUPPORTED', {
      message: `${this.#segment.path} is a segment of an archive, and neither checkpoints nor proofs are made of a part of a ledger`,
      hint: 'name the ledger that it belongs to',
    });
  }

  async firstSequence(): Promise<number> {
    return this.#segment.range.fromSequence;
  }

  async read(request: ReadRequest): Promise<Page> {
    const { from, through } = request.range;
    const { range } = this.#segment;
    const last = Math.min(through, range.through);
    if (from > last) return { commits: [], next: null };
    if (from < range.fromSequence)
      throw new LedgerError('ARCHIVE_MISSING', {
        message: `${this.#segment.path} begins at sequence ${range.fromSequence}`,
        hint: 'begin there, or name the ledger that it belongs to',
        details: { segment: this.#segment.path, sequence: from, next: range.fromSequence },
      });
    return this.#segment.page({ ...request, range: { from, through: last } });
  }

  async *pages(request: ReadRequest): AsyncGenerator<Page, void, undefined> {
    for (let from: number | null = request.range.from; from !== null; ) {
      const page: Page = await this.read({ ...request, range: { from, through: request.range.through } });
      from = page.next;
      yield page;
    }
  }

  async sequenceAtTime(time: Micros): Promise<number> {
    return this.#segment.sequenceAtTime(time) ?? this.#segment.range.through + 1;
  }

  async sequenceOfLast(
    count: number,
    partitions: readonly PartitionId[] | null,
    through = Number.MAX_SAFE_INTEGER,
  ): Promise<number> {
    const { fromSequence, through: end } = this.#segment.range;
    const last = Math.min(through, end);
    // sequences have no gaps, so nothing has to be read to count them
    if (partitions === null) return Math.max(fromSequence, last - count + 1);
    const before = (partition: PartitionId, sequence: number) => this.#segment.frameBefore(partition, sequence);
    return sequenceOfLast(before, count, partitions, last) ?? fromSequence;
  }

  async partitionsSentTo(range: SequenceRange): Promise<readonly PartitionId[]> {
    return this.#segment.partitionsSentTo(range);
  }

  /** Blocks of a segment hold many commits, so only the last one is at hand. */
  async linkAt(sequence: number): Promise<ChainLink | null> {
    const { through, hashBehind } = this.#segment.range;
    if (sequence !== through) return null;
    const { first, next } = this.#segment.commitHolding(through);
    return { firstSequence: first, count: next - first, hash: hashBehind.toString('hex') };
  }

  basis: Ledger['basis'] = async () => {
    const states = new WriteStates(this.#empty);
    return states.basis(states.current());
  };

  pinsOf: Ledger['pinsOf'] = async () => [];
  positionOfProducer: Ledger['positionOfProducer'] = async () => ({ position: 0, digest: Buffer.alloc(0) });
  warnings: Ledger['warnings'] = async () => [];

  async describe(): Promise<Omit<LedgerDescription, 'warnings'>> {
    const { commits, firstTime } = this.#segment.range;
    const description = describeLedger(this.#empty, this.identity);
    return {
      ...{ ...description, head: await this.head(), commits, firstTime, partitions: await this.summarize() },
      storage: { ...description.storage, settings: this.#segment.settings() },
    };
  }

  async summarize(): Promise<PartitionSummary[]> {
    return this.#segment.summarize().map((summary, id) => ({
      ...(this.identity.partitions[id] as LedgerIdentity['partitions'][number]),
      ...summary,
      isEstimate: false,
    }));
  }

  async gauges(): Promise<LedgerGauges> {
    return {
      head: await this.head(),
      firstTime: this.#segment.range.firstTime,
      committedAt: null,
      partitions: await this.summarize(),
      growth: { commits: 0, bytes: 0 },
      producers: [],
      storage: { bytes: fileBytes(this.#segment.path), log: { bytes: 0, waitingBytes: 0 } },
    };
  }

  /** The chain and the events of the range. Unique ids and pins are kept in the ledger alone. */
  async verify({ anchor, checkpoints, onProgress, signal }: Verification): Promise<VerifyReport> {
    const { frame, joints, range } = this.#segment;
    const expected = { anchor, checkpoints };
    const run = new VerifyRun(expected, {
      sequence: range.fromSequence,
      hash: range.hashBefore,
      endOf: (partition) => ({ nextOffset: frame.partitions[partition]?.firstOffset ?? 0 }),
    });
    for (const joint of joints) run.takeJoint(joint);
    for await (const { commits, rows } of verifySegment(this.#segment)) {
      for (const [at, row] of rows.entries()) run.take(row, commits[at]?.frames ?? []);
      onProgress?.({ commits: run.commits, events: run.events });
      signal?.throwIfAborted();
    }
    this.#segment.checkStructure();
    const head = await this.head();
    run.checkEnd(head);
    return run.report(head);
  }

  /** Nothing would ever come. */
  watch(): never {
    const { path } = this.#segment;
    throw new LedgerError('PERMISSION_DENIED', {
      message: `${path} cannot be followed: it is a segment of an archive, which never changes`,
      hint: 'leave out `follow`, or name the ledger that it belongs to',
      details: { path },
    });
  }

  async readLane(request: LaneRequest): Promise<StoredCommit[]> {
    const { first } = this.#segment.commitHolding(Math.max(request.fromSequence, this.#segment.range.fromSequence));
    return boundedLane(this.#segment.framesFrom(request.partition, first), request);
  }

  async ends(partitions: readonly PartitionId[]): Promise<number[]> {
    return partitions.map((partition) => this.#segment.frame.partitions[partition]?.nextOffset ?? 0);
  }

  readonly archives: Archives = {
    plan: () => this.#refuse(),
    run: () => this.#refuse(),
    runs: async () => [],
  };

  positionsAt: Ledger['positionsAt'] = async (sequence) =>
    this.identity.partitions.map(({ id }) => ({
      nextOffset: this.#offsetAt(id, sequence),
      nextSequence: Math.max(sequence, this.#segment.range.fromSequence),
    }));

  /** A segment has no groups that begin anywhere. */
  checkKept: Ledger['checkKept'] = async () => {};

  #offsetAt(partition: PartitionId, sequence: number): number {
    const frame = this.#segment.frameBefore(partition, sequence);
    if (frame === undefined) return this.#segment.frame.partitions[partition]?.firstOffset ?? 0;
    let before = 0;
    walkFrameBody(frame.body, (delta) => {
      if (frame.sequence + delta < sequence) before++;
    });
    return frame.offset + before;
  }

  /** It never changes. */
  snapshot<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    return work(this);
  }

  lastCommits: Ledger['lastCommits'] = async () => NO_COMMITS;
  backup: Ledger['backup'] = async () => {
    const { path } = this.#segment;
    throw new LedgerError('NOT_A_LEDGER', {
      message: `${path} is a segment of an archive, and no ledger that can be backed up`,
      hint: 'copy the file once, with any tool: it never changes; or name the ledger that it belongs to',
      details: { path },
    });
  };
  commit: Ledger['commit'] = () => this.#refuse();
  begin: Ledger['begin'] = () => this.#refuse();
  beginEpoch: Ledger['beginEpoch'] = () => this.#refuse();
  openPipeline: Ledger['openPipeline'] = () => this.#refuse();

  async close(): Promise<void> {
    this.#segment.close();
    this.#empty.close();
  }

  async #refuse(): Promise<never> {
    throw cannotWrite(this.#segment.path);
  }
}

/** Its commits are in blocks with their events: none can be read without them. */
const NO_COMMITS: CommitColumns = {
  firstSequences: new Float64Array(),
  counts: new Float64Array(),
  committedAt: new Float64Array(),
  producerOf: new Int32Array(),
  producers: [],
};

function emptyLedger({ frame: { ledger, epochs, partitions, placements } }: SegmentFile): Database {
  const db = new (betterSqlite3())(':memory:');
  for (const sql of creationSql(partitions.length, 'plain')) db.exec(sql);
  db.prepare('INSERT INTO ledger (id, uuid, created_at, config) VALUES (1, ?, ?, ?)').run(
    ledger.uuid,
    ledger.createdAt,
    ledger.config,
  );
  const epoch = db.prepare('INSERT INTO epoch (epoch, from_sequence, routing, hash) VALUES (?, ?, ?, ?)');
  for (const row of epochs) epoch.run(row.epoch, row.fromSequence, row.routing, row.hash);
  const partition = db.prepare('INSERT INTO partition (id, name, table_name, epoch) VALUES (?, ?, ?, ?)');
  for (const row of partitions) partition.run(row.id, row.name, row.tableName, row.epoch);
  if (placements.length > 0) createOnDemand(db, 'placements');
  for (const row of placements)
    db.prepare('INSERT INTO placements (epoch, key, partition) VALUES (?, ?, ?)').run(
      row.epoch,
      row.key,
      row.partition,
    );
  return db;
}

function cannotWrite(path: string): LedgerError {
  return new LedgerError('PERMISSION_DENIED', {
    message: `${path} is a segment of an archive, which is only read`,
    hint: 'name the ledger that it belongs to',
    details: { path },
  });
}
