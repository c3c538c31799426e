/** Appends one commit inside a transaction that is open already: compares what the draft was built on, checks the invariants, writes. */

import type { Database, Statement } from 'better-sqlite3';
import type { CommitDraft, CommitOutcome, Conflict, KnownId } from '../../model/commit.ts';
import { checkCommitTime } from '../../model/commit-time.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/partition.ts';
import type { Micros } from '../../model/time.ts';
import { type FrameLink, hashBody, hashCommit } from '../chain.ts';
import type { LedgerIdentity } from '../ledger.ts';
import type { PinStore } from './pins.ts';
import { keepProducer, readProducer } from './producers.ts';
import { blob, integer, type RawRow } from './rows.ts';
import { createOnDemand, hasTable, partitionTable } from './schema.ts';
import { toHead, type WriteState, type WriteStates } from './write-state.ts';

export class Appender {
  readonly #db: Database;
  readonly #identity: Pick<LedgerIdentity, 'uuid' | 'createdAt'>;
  readonly #states: WriteStates;
  readonly #insertCommit: Statement;
  readonly #pins: PinStore;
  readonly #insertFrame = new Map<PartitionId, Statement>();

  constructor(db: Database, identity: Pick<LedgerIdentity, 'uuid' | 'createdAt'>, states: WriteStates, pins: PinStore) {
    this.#db = db;
    this.#identity = identity;
    this.#states = states;
    this.#pins = pins;
    this.#insertCommit = db.prepare(
      'INSERT INTO commits (first_sequence, count, first_time, last_time, committed_at, producer, producer_position, producer_digest, sent_to, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Must run inside an IMMEDIATE transaction. Writes nothing where it answers with a conflict. */
  append(draft: CommitDraft): CommitOutcome {
    const state = this.#states.current();
    checkCommitTime(draft.committedAt, Math.max(this.#identity.createdAt, state.time, state.committedAt), draft.isClockTrusted);
    const conflict = this.#compare(draft, state);
    if (conflict !== null) return conflict;
    checkDraft(draft, state);

    // lifting keeps an arrival time on the floor: all of the draft has one time, so its frames stay as they are
    const lift = liftOf(draft, state);
    const firstTime = draft.firstTime + lift;
    const lastTime = Math.max(draft.lastTime, firstTime);
    const firstSequence = state.sequence + 1;
    const offsets = draft.frames.map((frame) => this.#states.nextOffset(state, frame.partition));
    const frames: FrameLink[] = draft.frames.map((frame, at) => ({
      partition: frame.partition,
      sequence: firstSequence,
      offset: offsets[at] as number,
      count: frame.count,
      firstTime: frame.firstTime + lift,
      lastTime: frame.lastTime + lift,
      key: frame.key,
      hash: hashBody(frame.body),
    }));
    const producer = draft.producer;
    const hash = hashCommit(state.hash, this.#identity.uuid, {
      firstSequence,
      count: draft.count,
      firstTime,
      lastTime,
      committedAt: draft.committedAt,
      producer: producer?.name ?? null,
      producerPosition: producer?.position ?? null,
      producerDigest: producer?.digest ?? null,
      sentTo: draft.sentTo,
      frames,
    });

    for (const [at, frame] of frames.entries()) this.#insertFrameRow(frame, draft.frames[at]?.body as Buffer);
    this.#insertCommit.run(
      firstSequence,
      draft.count,
      firstTime,
      lastTime,
      draft.committedAt,
      producer?.name ?? null,
      producer?.position ?? null,
      producer?.digest ?? null,
      draft.sentTo,
      hash,
    );
    if (producer !== null) keepProducer(this.#db, producer, firstSequence);
    this.#keepIds(draft, firstSequence);
    this.#pins.keep(draft.pins, state, lift);

    state.sequence += draft.count;
    state.time = lastTime;
    state.committedAt = draft.committedAt;
    state.hash = hash;
    for (const frame of frames) state.offsets.set(frame.partition, frame.offset + frame.count);
    return { kind: 'committed', firstSequence, count: draft.count, firstTime, lastTime, offsets, head: toHead(state), loads: this.#states.loads(state) };
  }

  #compare(draft: CommitDraft, state: WriteState): Conflict | null {
    const isBehind = draft.firstTime < state.time && (!draft.isLiftable || liftOf(draft, state) > draft.pins.liftMax);
    const producer = draft.producer === null ? null : readProducer(this.#db, draft.producer.name);
    const hasMoved = producer !== null && producer.position !== draft.producer?.from;
    const known = this.#knownIds(draft);
    const isSameEpoch = draft.epoch === state.epoch.epoch;
    const pins = isSameEpoch ? this.#pins.differences(draft.pins, state) : [];
    if (isSameEpoch && !isBehind && !hasMoved && known.length === 0 && pins.length === 0) return null;
    return { kind: 'conflict', basis: this.#states.basis(state), known, pins, producer };
  }

  #knownIds(draft: CommitDraft): KnownId[] {
    if (draft.ids.length === 0 || !hasTable(this.#db, 'ids')) return [];
    const find = this.#db.prepare<[string], RawRow>('SELECT sequence, hash FROM ids WHERE id = ?');
    const known: KnownId[] = [];
    for (const { id, hash, index } of draft.ids) {
      const row = find.get(id);
      if (row !== undefined) known.push({ index, id, sequence: integer(row, 'sequence'), isRepeat: blob(row, 'hash').equals(hash) });
    }
    return known;
  }

  #insertFrameRow(frame: FrameLink, body: Buffer): void {
    let insert = this.#insertFrame.get(frame.partition);
    if (insert === undefined) {
      const table = partitionTable(frame.partition);
      insert = this.#db.prepare(`INSERT INTO ${table} (sequence, offset, count, first_time, last_time, key, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
      this.#insertFrame.set(frame.partition, insert);
    }
    insert.run(frame.sequence, frame.offset, frame.count, frame.firstTime, frame.lastTime, frame.key, frame.hash, body);
  }

  #keepIds(draft: CommitDraft, firstSequence: number): void {
    if (draft.ids.length === 0) return;
    createOnDemand(this.#db, 'ids');
    const insert = this.#db.prepare('INSERT INTO ids (id, sequence, hash) VALUES (?, ?, ?)');
    for (const { id, hash, index } of draft.ids) insert.run(id, firstSequence + index, hash);
  }
}

/** What brings an arrival time up to the floor. */
function liftOf(draft: CommitDraft, state: WriteState): Micros {
  return draft.isLiftable ? Math.max(0, state.time - draft.firstTime) : 0;
}

/** The invariants of the format, before anything is written. */
function checkDraft(draft: CommitDraft, state: WriteState): void {
  invariant(draft.count > 0, 'a commit is empty');
  invariant(draft.lastTime >= draft.firstTime, 'time steps back within a commit');
  let events = 0;
  let before = -1;
  for (const frame of draft.frames) {
    invariant(frame.partition > before && frame.partition < state.partitionNames.length, 'the frames of a commit are not in the order of their partitions');
    invariant(frame.count > 0 && frame.body.length > frame.count, 'a frame is empty');
    invariant(
      frame.firstTime >= draft.firstTime && frame.lastTime <= draft.lastTime && frame.firstTime <= frame.lastTime,
      "a frame's times lie outside of its commit",
    );
    before = frame.partition;
    events += frame.count;
  }
  invariant(events === draft.count, 'the frames of a commit do not cover it');
}
