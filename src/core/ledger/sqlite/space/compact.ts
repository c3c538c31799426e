/** Rewrites the bodies of frames, plain or compressed, in small transactions. What the chain covers is not touched. */

import type { Database } from 'better-sqlite3';
import { decodeBody, encodeBody, type StoredBody } from '../../../frames/frame-codec.ts';
import type { Compression } from '../../../model/compression.ts';
import { invariant } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { FrameRewrite } from '../../compaction.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { HashedFrame } from '../../protocol/link-check.ts';
import { blob, type RawRow } from '../connection/rows.ts';
import { partitionTable, setViewedBodies } from '../connection/schema.ts';
import { toFrame, WHOLE_FRAME_COLUMNS } from '../read/read.ts';
import type { SmallSteps } from './small-steps.ts';

/** Bounds of one transaction: it writes a few megabytes, so an emitter waits for a few hundredths of a second. */
const PLAIN_BYTES_PER_STEP = 4 * 1024 * 1024;
const FRAMES_PER_STEP = 512;

interface Rewritten {
  readonly frame: HashedFrame;
  /** The bytes themselves are freed when they are decompressed. */
  readonly before: { readonly byteCount: number; readonly plainBytes: number | null };
  readonly after: StoredBody;
}

/** Totals so far. */
export interface RewrittenTotals {
  readonly frames: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export const NOTHING_REWRITTEN: RewrittenTotals = { frames: 0, bytesBefore: 0, bytesAfter: 0 };

export class FrameRewriter {
  readonly #db: Database;
  readonly #steps: SmallSteps;
  readonly #compression: Compression | null;
  readonly #before: Micros;
  totals = NOTHING_REWRITTEN;

  constructor(db: Database, steps: SmallSteps, { compression, before }: FrameRewrite) {
    this.#db = db;
    this.#steps = steps;
    this.#compression = compression;
    this.#before = before ?? Number.MAX_SAFE_INTEGER;
  }

  /** Rewrites the frames of a partition up to the sequence `through`. @throws LedgerError VERIFICATION_FAILED before a frame that is not what was committed */
  async rewrite(partition: PartitionId, through: number, onProgress: (totals: RewrittenTotals) => void): Promise<void> {
    for (let after = 0; !this.#steps.isStopped; ) {
      const rows = await this.#steps.read(() => this.#rows(partition, after, through));
      const last = rows.at(-1);
      if (last === undefined) return;
      const changed = rows.map((row) => this.#recoded(partition, row)).filter((each) => each !== null);
      if (changed.length > 0) {
        const stored = await this.#steps.write(() => this.#store(partition, changed));
        this.#count(stored);
        onProgress(this.totals);
      }
      after = last['sequence'] as number;
    }
  }

  /** The next frames that are stored in the other way. */
  #rows(partition: PartitionId, after: number, through: number): RawRow[] {
    const other = this.#compression === null ? 'plain_bytes IS NOT NULL' : 'plain_bytes IS NULL';
    const rows = this.#db
      .prepare<[number, number, number], RawRow>(
        `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence > ? AND sequence <= ? AND last_time < ? AND ${other} ORDER BY sequence`,
      )
      .iterate(after, through, this.#before);
    const taken: RawRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      taken.push(row);
      bytes += typeof row['plain_bytes'] === 'number' ? row['plain_bytes'] : blob(row, 'body').length;
      if (bytes >= PLAIN_BYTES_PER_STEP || taken.length === FRAMES_PER_STEP) break;
    }
    return taken;
  }

  /** Null if the frame stays as it is. A frame that is damaged is refused: stored again it would look sound. */
  #recoded(partition: PartitionId, row: RawRow): Rewritten | null {
    const before = { byteCount: blob(row, 'body').length, plainBytes: row['plain_bytes'] as number | null };
    const frame = toFrame(partition, row);
    if (!hashBody(frame.body).equals(frame.hash))
      throw brokenCommit(frame.sequence, `checksum mismatch in partition ${partition}`);
    const after = encodeBody(frame.body, this.#compression);
    if ((after.plainBytes === null) === (before.plainBytes === null)) return null;
    invariant(decodeBody(after).equals(frame.body), 'a body that was compressed is another one');
    return { frame, before, after };
  }

  /** Returns those that were stored: another process may have rewritten a frame meanwhile. */
  #store(partition: PartitionId, changed: readonly Rewritten[]): Rewritten[] {
    if (this.#compression !== null) setViewedBodies(this.#db, countPartitions(this.#db), 'compressed');
    const update = this.#db.prepare(
      `UPDATE ${partitionTable(partition)} SET plain_bytes = ?, body = ? WHERE sequence = ? AND hash = ? AND plain_bytes IS ?`,
    );
    return changed.filter(
      ({ frame, before, after }) =>
        update.run(after.plainBytes, after.bytes, frame.sequence, frame.hash, before.plainBytes).changes === 1,
    );
  }

  #count(stored: readonly Rewritten[]): void {
    const { frames, bytesBefore, bytesAfter } = this.totals;
    this.totals = {
      frames: frames + stored.length,
      bytesBefore: stored.reduce((sum, { before }) => sum + before.byteCount, bytesBefore),
      bytesAfter: stored.reduce((sum, { after }) => sum + after.bytes.length, bytesAfter),
    };
  }
}

/** Lets any SQLite read the view again, if no frame is compressed any more. Must run in a transaction. */
export function viewPlainBodies(db: Database): void {
  const partitions = countPartitions(db);
  for (let id = 0; id < partitions; id++) {
    const compressed = db.prepare(`SELECT 1 FROM ${partitionTable(id)} WHERE plain_bytes IS NOT NULL LIMIT 1`).get();
    if (compressed !== undefined) return;
  }
  setViewedBodies(db, partitions, 'plain');
}

function countPartitions(db: Database): number {
  return db.prepare('SELECT count(*) FROM partition').pluck().get() as number;
}
