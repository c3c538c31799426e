/** Reads what the commit protocol compares a draft with, and writes the rows of the commit that it returns. */

import type { Database, Statement } from 'better-sqlite3';
import { encodeBody, type StoredBody } from '../../../frames/frame-codec.ts';
import type { Compression } from '../../../model/compression.ts';
import type { CommitDraft, CommitOutcome, KnownId } from '../../../model/events/commit.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { LedgerIdentity } from '../../ledger.ts';
import { type AppendTarget, append, knownIds } from '../../protocol/append.ts';
import type { FrameLink } from '../../protocol/chain.ts';
import type { StoredFacts } from '../../protocol/commit-check.ts';
import type { LinkedCommit } from '../../protocol/commit-link.ts';
import { blob, integer, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable, partitionTable } from '../connection/schema.ts';
import { statementsOf } from '../connection/statements.ts';
import { OverwriteCheck } from './overwrite-check.ts';
import type { PinStore } from './pins.ts';
import { keepProducer, readProducer } from './producers.ts';
import type { WriteState, WriteStates } from './write-state.ts';

/** A draft with its bodies as they are stored. */
export interface EncodedDraft extends CommitDraft {
  readonly stored: readonly StoredBody[];
}

/** Encodes the bodies of a draft. Needs no lock, and compression takes longer than the rest of a commit. */
export function encodeDraft(draft: CommitDraft, compression: Compression | null): EncodedDraft {
  return { ...draft, stored: draft.frames.map(({ body }) => encodeBody(body, compression)) };
}

export class Appender implements AppendTarget<WriteState, EncodedDraft> {
  readonly identity: Pick<LedgerIdentity, 'uuid' | 'createdAt'>;
  readonly #db: Database;
  readonly #states: WriteStates;
  readonly #insertCommit: Statement;
  readonly #pins: PinStore;
  readonly #overwrites: OverwriteCheck;
  readonly #insertFrame = new Map<PartitionId, Statement>();

  constructor(db: Database, identity: Pick<LedgerIdentity, 'uuid' | 'createdAt'>, states: WriteStates, pins: PinStore) {
    this.#db = db;
    this.identity = identity;
    this.#states = states;
    this.#pins = pins;
    this.#overwrites = new OverwriteCheck(statementsOf(db));
    this.#insertCommit = db.prepare(
      'INSERT INTO commits (first_sequence, count, first_time, last_time, committed_at, producer, producer_position, producer_digest, sent_to, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Must run inside an IMMEDIATE transaction. Writes nothing if it answers with a conflict. */
  append(draft: EncodedDraft): CommitOutcome {
    return append(draft, this);
  }

  get state(): WriteState {
    return this.#states.current();
  }

  facts(draft: CommitDraft, state: WriteState): StoredFacts {
    return {
      producer: draft.producer === null ? null : readProducer(this.#db, draft.producer.name),
      known: this.#knownIds(draft),
      pins: this.#mustCompare(draft, state) ? this.#pins.differences(draft.pins, state) : [],
    };
  }

  nextOffset(state: WriteState, partition: PartitionId): number {
    return this.#states.nextOffset(state, partition);
  }

  write(commit: LinkedCommit, draft: EncodedDraft, state: WriteState): WriteState {
    const { link, timeShift } = commit;
    const lastRows = this.#overwrites.begin(link.frames.map(({ partition }) => partition));
    for (const [at, frame] of link.frames.entries()) this.#insertFrameRow(frame, draft.stored[at] as StoredBody);
    this.#insertCommitRow(commit);
    if (draft.producer !== null) keepProducer(this.#db, draft.producer, link.firstSequence);
    this.#keepIds(draft, link.firstSequence);
    this.#pins.keep(draft.pins, state, { firstSequence: link.firstSequence, timeShift });
    this.#overwrites.end(lastRows);
    return this.#states.advance(state, commit);
  }

  hasPins(): boolean {
    return this.#states.hasPins();
  }

  /** A draft of another epoch is a conflict anyway, and its pins cannot be compared. */
  #mustCompare({ epoch, pins }: CommitDraft, state: WriteState): boolean {
    return epoch === state.epoch.epoch && pins.agreesAt !== state.sequence;
  }

  #knownIds({ ids }: CommitDraft): KnownId[] {
    if (ids.length === 0 || !hasTable(this.#db, 'ids')) return [];
    const find = this.#db.prepare<[string], RawRow>('SELECT sequence, hash FROM ids WHERE id = ?');
    return knownIds(ids, (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : { sequence: integer(row, 'sequence'), hash: blob(row, 'hash') };
    });
  }

  #insertCommitRow({ link, hash }: LinkedCommit): void {
    const {
      firstSequence,
      count,
      firstTime,
      lastTime,
      committedAt,
      producer,
      producerPosition,
      producerDigest,
      sentTo,
    } = link;
    this.#insertCommit.run(
      firstSequence,
      count,
      firstTime,
      lastTime,
      committedAt,
      producer,
      producerPosition,
      producerDigest,
      sentTo,
      hash,
    );
  }

  #insertFrameRow(frame: FrameLink, { bytes, plainBytes }: StoredBody): void {
    let insert = this.#insertFrame.get(frame.partition);
    if (insert === undefined) {
      const table = partitionTable(frame.partition);
      insert = this.#db.prepare(
        `INSERT INTO ${table} (sequence, offset, count, first_time, last_time, key, hash, plain_bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      this.#insertFrame.set(frame.partition, insert);
    }
    const { sequence, offset, count, firstTime, lastTime, key, hash } = frame;
    insert.run(sequence, offset, count, firstTime, lastTime, key, hash, plainBytes, bytes);
  }

  #keepIds(draft: CommitDraft, firstSequence: number): void {
    if (draft.ids.length === 0) return;
    createOnDemand(this.#db, 'ids');
    const insert = this.#db.prepare('INSERT INTO ids (id, sequence, hash) VALUES (?, ?, ?)');
    for (const { id, hash, index } of draft.ids) insert.run(id, firstSequence + index, hash);
  }
}
