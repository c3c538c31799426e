/** Verifies a whole ledger: the chain, the frames to the event, the tables beside them, the file's structure, every bit of its segments, and an anchor if there is one. */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { EventBatch } from '../../../model/events/event.ts';
import { pageBytes } from '../../../model/events/history.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import { blake3 } from '../../../native/blake3.ts';
import type { Verification, VerifyReport } from '../../ledger.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import type { CommitRow } from '../../protocol/link-check.ts';
import { VerifyRun } from '../../protocol/verify-run.ts';
import { checkStructure } from '../connection/check-structure.ts';
import { blob, integer, type RawRow } from '../connection/rows.ts';
import { hasTable, partitionTable } from '../connection/schema.ts';
import { readHead } from '../write/write-state.ts';
import { ChainJoints } from './chain-joints.ts';
import type { VerifiedPage } from './chain-walk.ts';
import { type LedgerHistory, wholeCommits } from './ledger-history.ts';
import type { FrameReader } from './read.ts';
import { PinProof } from './verify-pins.ts';
import { checkPositions } from './verify-positions.ts';
import { type FrameCounts, type StartThread, verifyOnTwo } from './verify-stretches.ts';

/** From this size of the first page on, in bytes, and with this many times its events behind it, a second thread pays off. */
const THREAD_FROM_BYTES = 1024 * 1024;
const THREAD_FROM_PAGES = 4;

/** Verifies all history that is at hand: from sequence 1, or from the end of the last archived run whose segment is not there. */
export async function verifyLedger(
  db: Database,
  reader: FrameReader,
  history: LedgerHistory,
  options: Verification,
  startThread: StartThread,
): Promise<VerifyReport> {
  const { idOf, keyOf, anchor, checkpoints } = options;
  // Commits made after this point are not verified.
  const head = readHead(db);
  const { start, floor } = db
    .transaction(() => ({ start: history.firstAtHand(), floor: history.floor().sequence }))
    .deferred();
  const joints = new ChainJoints(db, reader.statements);
  const { sequence: liveStart } = joints.start;
  const frames: FrameCounts = new Map();
  const expected = { anchor, checkpoints, floor };
  const run = start.sequence === 1 ? new VerifyRun(expected) : new VerifyRun(expected, start);
  const pins = keyOf === undefined ? null : new PinProof(db, keyOf, start.sequence);
  joints.checkAll();
  for (const joint of joints.all) run.takeJoint(joint);

  // ids and pins are compared event by event, in order
  let isOneThread = idOf !== undefined || pins?.isNeeded === true || options.isGentle === true;
  let isSound = false;
  let next: number | null = head.sequence === 0 ? null : start.sequence;
  while (next !== null) {
    const begun = performance.now();
    const page: VerifiedPage = history.verifiedPage({
      range: { from: next, through: head.sequence },
      partitions: null,
      verify: true,
      continues: true,
    });
    for (const { row, frames: own } of wholeCommits(page)) {
      const batch = run.take(row, own);
      if (row.firstSequence >= liveStart)
        for (const { partition } of own) frames.set(partition, (frames.get(partition) ?? 0) + 1);
      if (idOf !== undefined) checkIds(db, row, batch, idOf);
      pins?.take(row, batch);
    }
    next = page.next;
    options.onProgress?.({ commits: run.commits, events: run.events });
    options.signal?.throwIfAborted();
    // A long walk must let Ctrl-C and the progress display run.
    if (options.isGentle) await sleep(performance.now() - begun);
    else await nextTurn();
    if (next === null || isOneThread || !isWorthThread(page, head.sequence - next)) continue;
    // what it leaves is broken, or another thread did not help: this one goes on alone
    isOneThread = true;
    const range = { from: next, through: head.sequence };
    const parts = { run, frames, countedFrom: liveStart, options, startThread };
    ({ next, isSound } = await verifyOnTwo(history, range, parts));
  }
  run.checkEnd(head);

  const range = { from: start.sequence, through: head.sequence };
  checkFrameCounts(db, reader, { from: liveStart, through: head.sequence }, frames);
  checkPositions(db, reader, history, range, run.producers);
  checkIdCount(db, range, run.events, idOf !== undefined);
  if (pins !== null) checkPins(db, pins, head.sequence);
  if (!isSound) checkStructure(db);
  await checkSegments(history, options);
  return run.report(head);
}

function isWorthThread(page: VerifiedPage, eventsLeft: number): boolean {
  const events = page.rows.reduce((sum, { count }) => sum + count, 0);
  return pageBytes(page) >= THREAD_FROM_BYTES && eventsLeft >= THREAD_FROM_PAGES * events;
}

/** After the walk, which names the block that has changed. */
async function checkSegments(history: LedgerHistory, options: Verification): Promise<void> {
  const segments = history.segmentsAtHand();
  if (segments.length === 0) return;
  const { checkSegment } = await import('../archive/measure-segment.ts');
  for (const { path, row } of segments) await checkSegment(path, row, options);
}

function checkIds(db: Database, row: CommitRow, batch: EventBatch, idOf: (payload: Buffer) => string | null): void {
  if (!hasTable(db, 'ids')) throw brokenCommit(row.firstSequence, 'the table of unique ids is missing');
  const find = db.prepare<[string], RawRow>('SELECT sequence, hash FROM ids WHERE id = ?');
  for (let at = 0; at < batch.count; at++) {
    const payload = batch.payload(at);
    const id = idOf(payload);
    const known = id === null ? undefined : find.get(id);
    const isKept =
      known !== undefined &&
      integer(known, 'sequence') === batch.sequences[at] &&
      blob(known, 'hash').equals(blake3(payload));
    if (!isKept)
      throw brokenCommit(row.firstSequence, `the unique id of sequence ${row.firstSequence + at} has changed`);
  }
}

/** In one transaction. If an archive began meanwhile, the frames are not those that were counted; it has verified them itself. */
function checkFrameCounts(
  db: Database,
  reader: FrameReader,
  { from, through }: SequenceRange,
  frames: FrameCounts,
): void {
  db.transaction(() => {
    if (reader.start().sequence !== from) return;
    for (const id of reader.partitionIds()) {
      const count = db
        .prepare(`SELECT count(*) FROM ${partitionTable(id)} WHERE sequence BETWEEN ? AND ?`)
        .pluck()
        .get(from, through);
      if (count !== (frames.get(id) ?? 0)) throw brokenCommit(1, `partition ${id} has frames without a commit`);
    }
  }).deferred();
}

/** Checks that each event has one id and each id an event. In one transaction: commits since the walk added both. */
function checkIdCount(db: Database, { from, through: head }: SequenceRange, events: number, hasIds: boolean): void {
  if (!hasIds && !hasTable(db, 'ids')) return;
  const { ids, beyond } = db
    .transaction(() => {
      if (!hasTable(db, 'ids')) return { ids: 0, beyond: 0 };
      const count = db
        .prepare<[number, number], number>('SELECT count(*) FROM ids WHERE sequence BETWEEN ? AND ?')
        .pluck();
      const end = readHead(db).sequence;
      const all = db.prepare('SELECT count(*) FROM ids').pluck().get() as number;
      return { ids: count.get(from, head) as number, beyond: all - (count.get(1, end) as number) };
    })
    .deferred();
  if (beyond > 0)
    throw brokenCommit(
      head + 1,
      `there are ${beyond} unique ids of events that are not in the ledger: an end was cut off, or rows have changed`,
    );
  if (ids !== (hasIds ? events : 0)) throw brokenCommit(1, `there are ${ids} unique ids for ${events} events`);
}

/** In one snapshot, or a commit could come between the head and the table. */
function checkPins(db: Database, pins: PinProof, head: number): void {
  db.transaction(() => pins.compare(db, readHead(db).sequence === head)).deferred();
}
