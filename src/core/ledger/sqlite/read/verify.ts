/** Verifies a whole ledger: the chain, the frames to the event, the tables beside them, the file's structure, and an anchor if there is one. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { EventBatch } from '../../../model/events/event.ts';
import { type Anchor, formatHead } from '../../../model/events/head.ts';
import { EVERYTHING } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { TIME_MIN } from '../../../model/time/time.ts';
import { blake3 } from '../../../native/blake3.ts';
import type { Verification, VerifyReport } from '../../ledger.ts';
import { readEpochRows } from '../connection/identity.ts';
import { blob, integer, type RawRow } from '../connection/rows.ts';
import { hasTable, partitionTable } from '../connection/schema.ts';
import { readHead } from '../write/write-state.ts';
import { brokenCommit } from './broken-commit.ts';
import { ChainWalk, type CommitRow, type VerifiedPage } from './chain-walk.ts';
import type { FrameReader, HashedFrame } from './read.ts';
import { PinProof } from './verify-pins.ts';
import { checkPositions } from './verify-positions.ts';

/** What the walk has counted so far. */
interface Tally {
  commits: number;
  events: number;
  time: number;
  readonly offsets: Map<number, number>;
  readonly frames: Map<number, number>;
  readonly producers: Map<string, { position: number; digest: Buffer; sequence: number }>;
  /** Hashes met at the anchor's sequence. */
  readonly atAnchor: string[];
}

export async function verifyLedger(db: Database, reader: FrameReader, options: Verification): Promise<VerifyReport> {
  const { anchor, idOf, keyOf } = options;
  // commits that come while it walks are for the next time
  const head = readHead(db);
  const walk = new ChainWalk(db, reader);
  const tally: Tally = {
    commits: 0,
    events: 0,
    time: TIME_MIN,
    offsets: new Map(),
    frames: new Map(),
    producers: new Map(),
    atAnchor: [],
  };
  const pins = keyOf === undefined ? null : new PinProof(db, keyOf);
  walk.checkEpochs();
  for (const epoch of readEpochRows(db)) {
    if (anchor !== undefined && epoch.fromSequence === anchor.sequence + 1)
      tally.atAnchor.push(epoch.hash.toString('hex'));
  }

  let next: number | null = head.sequence === 0 ? null : 1;
  while (next !== null) {
    const page: VerifiedPage = walk.page({
      range: { from: next, through: head.sequence },
      partitions: null,
      verify: true,
    });
    for (const [at, commit] of page.commits.entries()) {
      const row = page.rows[at] as CommitRow;
      const batch = EventBatch.of(commit, EVERYTHING);
      checkCommit(row, commit.frames as readonly HashedFrame[], batch, tally);
      if (idOf !== undefined) checkIds(db, row, batch, idOf);
      pins?.take(row, batch);
      if (anchor !== undefined && row.firstSequence + row.count - 1 === anchor.sequence)
        tally.atAnchor.push(row.hash.toString('hex'));
    }
    next = page.next;
    options.onProgress?.({ commits: tally.commits, events: tally.events });
    options.signal?.throwIfAborted();
    // a long walk must leave Ctrl-C and the progress display their turn
    await nextTurn();
  }
  if (tally.events !== head.sequence)
    throw brokenCommit(tally.events + 1, `the head is at ${head.sequence}, and the chain ends at ${tally.events}`);

  checkNothingElse(db, reader, head.sequence, tally, idOf !== undefined);
  if (pins !== null) checkPins(db, pins, head.sequence);
  checkStructure(db);
  if (anchor !== undefined) checkAnchor(anchor, head.sequence, tally);
  return { events: tally.events, commits: tally.commits, head, isAnchored: anchor !== undefined };
}

function checkCommit(row: CommitRow, frames: readonly HashedFrame[], batch: EventBatch, tally: Tally): void {
  const fail = (fact: string) => brokenCommit(row.firstSequence, fact);
  if (batch.count !== row.count) throw fail(`its frames hold ${batch.count} events, not ${row.count}`);
  if (row.firstTime < tally.time) throw fail('its time lies before the commit before it');
  let time = row.firstTime;
  for (let at = 0; at < batch.count; at++) {
    if (batch.sequences[at] !== row.firstSequence + at) throw fail(`sequence ${row.firstSequence + at} is missing`);
    const own = batch.times[at] as number;
    if (own < time) throw fail(`time steps back at sequence ${row.firstSequence + at}`);
    time = own;
  }
  if (batch.times[0] !== row.firstTime || time !== row.lastTime) throw fail('its times are not those of its events');
  for (const frame of frames) {
    if (frame.offset !== (tally.offsets.get(frame.partition) ?? 0))
      throw fail(`offsets of partition ${frame.partition} have a gap`);
    tally.offsets.set(frame.partition, frame.offset + frame.count);
    tally.frames.set(frame.partition, (tally.frames.get(frame.partition) ?? 0) + 1);
  }
  if (row.producer !== null) {
    const { firstSequence: sequence, producerPosition: position, producerDigest: digest } = row;
    if (position === null || digest === null) throw fail('it names a producer without its position');
    tally.producers.set(row.producer, { position, digest, sequence });
  }
  tally.time = time;
  tally.commits++;
  tally.events += batch.count;
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

/** Rows that no commit accounts for. */
function checkNothingElse(db: Database, reader: FrameReader, head: number, tally: Tally, hasIds: boolean): void {
  for (const id of db.prepare<[], number>('SELECT id FROM partition').pluck().all()) {
    const frames = db
      .prepare(`SELECT count(*) FROM ${partitionTable(id)} WHERE sequence <= ?`)
      .pluck()
      .get(head);
    if (frames !== (tally.frames.get(id) ?? 0)) throw brokenCommit(1, `partition ${id} has frames without a commit`);
  }
  checkPositions(db, reader, head, tally.producers);
  checkIdCount(db, head, tally.events, hasIds);
}

/** Each event has one id, and there is none of an event that does not exist. In one transaction: commits since the walk have brought more of both. */
function checkIdCount(db: Database, head: number, events: number, hasIds: boolean): void {
  if (!hasIds && !hasTable(db, 'ids')) return;
  const { ids, beyond } = db
    .transaction(() => {
      if (!hasTable(db, 'ids')) return { ids: 0, beyond: 0 };
      const count = db
        .prepare<[number, number], number>('SELECT count(*) FROM ids WHERE sequence BETWEEN ? AND ?')
        .pluck();
      const end = readHead(db).sequence;
      const all = db.prepare('SELECT count(*) FROM ids').pluck().get() as number;
      return { ids: count.get(1, head) as number, beyond: all - (count.get(1, end) as number) };
    })
    .deferred();
  if (beyond > 0)
    throw brokenCommit(
      head + 1,
      `there are ${beyond} unique ids of events that are not in the ledger: an end was cut off, or rows have changed`,
    );
  if (ids !== (hasIds ? events : 0)) throw brokenCommit(1, `there are ${ids} unique ids for ${events} events`);
}

/** In one look, or a commit could come between the head and the table. */
function checkPins(db: Database, pins: PinProof, head: number): void {
  db.transaction(() => pins.compare(db, readHead(db).sequence === head)).deferred();
}

/** What the chain cannot see: trees and indexes that lead a later look-up astray. */
function checkStructure(db: Database): void {
  const [first] = db.prepare<[], string>('PRAGMA integrity_check(1)').pluck().all();
  if (first === 'ok') return;
  throw new LedgerError('VERIFICATION_FAILED', {
    message: `the chain is sound, and the file's structure is damaged: ${String(first)}`,
    hint: 'bring the events into a new ledger: completengine replay -o envelope | completengine emit --envelope -l NEW',
  });
}

function checkAnchor(anchor: Anchor, head: number, tally: Tally): void {
  const isGiven = anchor.sequence <= head;
  if (isGiven && tally.atAnchor.includes(anchor.hash)) return;
  throw new LedgerError('HEAD_MISMATCH', {
    message: isGiven
      ? `the ledger has another history than ${formatHead(anchor)}: its commits do not meet that head`
      : `the ledger ends at sequence ${head}, before ${formatHead(anchor)}: it was cut off or is an older copy`,
    hint: 'compare the path, and look for a newer copy with its -wal',
    details: { anchor, head },
  });
}
