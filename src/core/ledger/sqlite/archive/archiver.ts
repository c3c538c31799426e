/**
 * The order of work of an archive: write the segment, sync it, verify it from the disk, record it, delete the rows, give the pages back. Before the record
 * nothing has changed; after it, rows of the run are not read any more, and whichever run comes next finishes what is left.
 */

import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { SequenceRange } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Micros } from '../../../model/time/time.ts';
import type {
  ArchivedRun,
  ArchiveHooks,
  ArchivePhase,
  ArchivePlan,
  ArchiveReport,
  ArchiveRequest,
  Archives,
} from '../../archives.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import { fileBytes } from '../connection/file-guard.ts';
import type { GuardedDatabase } from '../connection/guarded-database.ts';
import { readLedgerRow } from '../connection/identity.ts';
import { freeBodies } from '../free-memory.ts';
import { ChainJoints } from '../read/chain-joints.ts';
import type { VerifiedPage } from '../read/chain-walk.ts';
import { LedgerHistory, wholeCommits } from '../read/ledger-history.ts';
import { FrameReader } from '../read/read.ts';
import { SegmentFile } from '../segment/segment-file.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';
import { verifySegment } from '../segment/verify-segment.ts';
import { giveBackPages } from '../space/give-back.ts';
import { SmallSteps } from '../space/small-steps.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { lastArchiveRow, readArchiveRows } from './archive-rows.ts';
import { deleteStep } from './delete-rows.ts';
import { measureSegment } from './measure-segment.ts';
import { endsBefore, leftoverCommits, type PlannedRun, planRun } from './plan.ts';
import { archivedMeanwhile, groupsAreBehind, recordRun, type StoredSegment } from './record.ts';
import {
  adopt,
  PartialSegment,
  partialOf,
  prepareDirectory,
  removeIfPossible,
  removeLeft,
  segmentName,
  writeFailure,
} from './segment-store.ts';

export interface ArchiverDeps {
  readonly db: Database;
  readonly guarded: GuardedDatabase;
  readonly files: ArchiveFiles;
  readonly path: string;
  /** State at the ledger's end, as of the transaction. */
  readonly state: () => LedgerState;
  /** The chain has a new link that was not made by a commit. */
  readonly forgetState: () => void;
}

type Run = PlannedRun & { readonly range: NonNullable<PlannedRun['range']> };

export class Archiver implements Archives {
  readonly #deps: ArchiverDeps;
  readonly #reader: FrameReader;
  readonly #history: LedgerHistory;

  constructor(deps: ArchiverDeps) {
    this.#deps = deps;
    this.#reader = new FrameReader(deps.db);
    this.#history = new LedgerHistory(deps.db, this.#reader, deps.files);
  }

  async plan(request: ArchiveRequest): Promise<ArchivePlan> {
    return this.#deps.guarded.readSnapshot(() => this.#plan(request));
  }

  async run(request: ArchiveRequest, hooks: ArchiveHooks): Promise<ArchiveReport> {
    const { db, guarded, path } = this.#deps;
    guarded.checkWritable();
    const steps = new SmallSteps(db, guarded, path, { signal: hooks.signal });
    const before = fileBytes(path);
    if ((await this.plan(request)).leftover > 0) await this.#delete(steps, hooks);
    const plan = await this.plan(request);
    let segment: StoredSegment | null = null;
    const { range } = plan;
    if (range !== null) {
      const run = { ...plan, range };
      if (plan.groupsBehind.length > 0 && !request.force) throw groupsAreBehind(plan.groupsBehind);
      segment = plan.segment === null ? null : await this.#store(run, plan.segment, request, hooks);
      await this.#record(run, segment, request, hooks);
    }
    if (segment === null) await this.#removeLeft(request);
    await this.#delete(steps, hooks);
    await this.#shrink(steps, hooks);
    return {
      ...plan,
      moved: plan.groupsBehind.map(({ group }) => group),
      segmentBytes: segment?.bytes ?? 0,
      freedBytes: Math.max(0, before - fileBytes(path)),
    };
  }

  async runs(): Promise<ArchivedRun[]> {
    const { guarded, db, files } = this.#deps;
    const rows = await guarded.read(() => readArchiveRows(db));
    return rows.map((row) => {
      const foundBytes = files.bytesOf(row);
      return {
        range: { from: row.firstSequence, through: row.through },
        archivedAt: row.archivedAt,
        file: row.file,
        bytes: row.bytes ?? 0,
        isAtHand: foundBytes !== null && foundBytes === row.bytes,
        foundBytes,
      };
    });
  }

  #plan({ end, limit, drop, directory }: ArchiveRequest): ArchivePlan {
    const { db, files } = this.#deps;
    const cut = Math.min(
      this.#cutAt(end.time),
      (end.sequence ?? Number.POSITIVE_INFINITY) + 1,
      this.#reader.start().sequence + (limit ?? Number.POSITIVE_INFINITY),
    );
    const plan = planRun(db, this.#reader, cut, drop);
    const { range } = plan;
    if (range === null || drop) return { ...plan, segment: null };
    const { uuid } = new ChainJoints(db, this.#reader.statements).ledger;
    return { ...plan, segment: join(directory ?? files.directory, segmentName(uuid, range.from, range.through)) };
  }

  /** The first sequence after a time that is not archived. */
  #cutAt(time: Micros | null): number {
    if (time === null) return Number.POSITIVE_INFINITY;
    const last = lastArchiveRow(this.#deps.db);
    if (last !== null && last.lastTime > time) return 1;
    return this.#history.sequenceAtTime(time + 1) ?? Number.POSITIVE_INFINITY;
  }

  /** Writes and verifies the segment, or takes the one that an interrupted run has left. */
  async #store(run: Run, path: string, { directory }: ArchiveRequest, hooks: ArchiveHooks): Promise<StoredSegment> {
    await prepareDirectory(dirname(path), directory !== null);
    const isNew = fileBytes(path) === 0;
    if (isNew) await this.#write(run, path, hooks);
    else await adopt(path);
    try {
      return await this.#verify(run, path, hooks);
    } catch (error) {
      // what was just written is of no use; a segment that was there is left as it is
      if (isNew) removeIfPossible(path);
      throw error;
    }
  }

  async #write(run: Run, path: string, hooks: ArchiveHooks): Promise<void> {
    const { db, guarded } = this.#deps;
    const { from, through } = run.range;
    const joints = await guarded.read(() => new ChainJoints(db, this.#reader.statements));
    const within = joints.all.filter(({ beforeSequence }) => beforeSequence > from && beforeSequence <= through);
    const { hash } = joints.placeBefore(from);
    const partial = PartialSegment.open(path, (file) => new SegmentWriter(file, hash, within, freeBodies));
    const { writer } = partial;
    try {
      for (let next: number | null = from; next !== null; ) {
        const range: SequenceRange = { from: next, through };
        const page: VerifiedPage = await guarded.read(() =>
          this.#history.verifiedPage({ range, partitions: null, verify: true, continues: true }),
        );
        for (const commit of wholeCommits(page)) writer.add(commit);
        next = page.next;
        await this.#progress('writing', (next ?? through + 1) - from, through + 1 - from, hooks);
      }
      writer.finish(await guarded.readSnapshot(() => this.#frameOf(joints, run)));
    } catch (error) {
      partial.discard();
      throw writeFailure(error, partialOf(path));
    }
    await partial.publish();
  }

  #frameOf(joints: ChainJoints, { range: { from, through } }: Run): Parameters<SegmentWriter['finish']>[0] {
    const { db } = this.#deps;
    const epochs = joints.epochs.filter(({ fromSequence }) => fromSequence <= through);
    const ends = endsBefore(db, this.#reader, joints.start, through + 1);
    const known = joints.partitions.filter(({ epoch }) => epoch <= epochs.length);
    return {
      ledger: joints.ledger,
      epochs: epochs.map((row) => ({
        ...row,
        previous: joints.previousOf(
          joints.all.findIndex(({ archive, epoch }) => archive === null && epoch === row.epoch),
        ),
      })),
      partitions: known.map((row) => ({
        ...row,
        firstOffset: joints.start.endOf(row.id).nextOffset,
        nextOffset: ends[row.id]?.nextOffset ?? 0,
      })),
      placements: joints.placements.filter(({ epoch }) => epoch <= epochs.length),
      archives: joints.archives.filter(({ beforeSequence }) => beforeSequence > from && beforeSequence <= through),
    };
  }

  async #verify({ range }: Run, path: string, hooks: ArchiveHooks): Promise<StoredSegment> {
    const segment = SegmentFile.open(path);
    try {
      const { db, guarded } = this.#deps;
      const joints = await guarded.read(() => new ChainJoints(db, this.#reader.statements));
      const isThis =
        segment.range.uuid === joints.ledger.uuid &&
        segment.range.fromSequence === range.from &&
        segment.range.through === range.through &&
        segment.range.hashBefore.equals(joints.placeBefore(range.from).hash);
      if (!isThis)
        throw new LedgerError('VERIFICATION_FAILED', {
          message: `${path} is there already, and is not the segment of sequences ${range.from} to ${range.through}`,
          hint: 'move it away, or name another directory with `to`',
          details: { segment: path },
        });
      for await (const { rows, commits } of verifySegment(segment)) {
        freeBodies(commits);
        const last = rows.at(-1);
        const done = last === undefined ? 0 : last.firstSequence + last.count - range.from;
        await this.#progress('verifying', done, range.through + 1 - range.from, hooks);
      }
    } finally {
      segment.close();
    }
    return measureSegment(path, { signal: hooks.signal });
  }

  async #record(plan: Run, segment: StoredSegment | null, request: ArchiveRequest, hooks: ArchiveHooks): Promise<void> {
    const { db, guarded, state, forgetState } = this.#deps;
    hooks.signal?.throwIfAborted();
    await guarded.write(() => {
      const joints = new ChainJoints(db, this.#reader.statements);
      if (joints.start.sequence !== plan.range.from) throw archivedMeanwhile();
      const end = joints.lastCommitBefore(plan.range.through + 1);
      const present = planRun(db, this.#reader, plan.range.through + 1, request.drop);
      const { force } = request;
      recordRun(
        db,
        this.#reader,
        joints,
        state(),
        { plan, segment, hashBehind: end.hash, force, now: hooks.now },
        present,
      );
      forgetState();
    });
  }

  async #removeLeft({ directory }: ArchiveRequest): Promise<void> {
    const { db, guarded, files } = this.#deps;
    const { uuid } = await guarded.read(() => readLedgerRow(db));
    removeLeft(directory ?? files.directory, uuid);
  }

  async #delete(steps: SmallSteps, hooks: ArchiveHooks): Promise<void> {
    const { db, forgetState } = this.#deps;
    const total = await steps.read(() => leftoverCommits(db, this.#reader.start()));
    // counted once: in each step it would hold the lock for longer than the step itself
    for (let done = 0; done < total; ) {
      const deleted = await steps.write(() => deleteStep(db, this.#reader));
      // another archive may have deleted the rest
      if (deleted === 0) break;
      forgetState();
      done += deleted;
      await this.#progress('deleting', Math.min(done, total), total, hooks);
    }
  }

  async #shrink(steps: SmallSteps, hooks: ArchiveHooks): Promise<void> {
    const { db, guarded } = this.#deps;
    let total = 0;
    await giveBackPages(db, steps, (left) => {
      total = Math.max(total, left);
      hooks.onProgress?.({ phase: 'shrinking', done: total - left, total });
    });
    hooks.signal?.throwIfAborted();
    // the file ends earlier once its WAL is written back
    await guarded.read(() => db.pragma('wal_checkpoint(PASSIVE)'));
  }

  async #progress(phase: ArchivePhase, done: number, total: number, hooks: ArchiveHooks): Promise<void> {
    hooks.onProgress?.({ phase, done, total });
    hooks.signal?.throwIfAborted();
    await nextTurn();
  }
}
