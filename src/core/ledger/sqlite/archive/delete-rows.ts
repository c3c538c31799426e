/** Deletes the rows of archived runs, in small transactions from the oldest on: after each of them what is left is whole commits up to the end of the run. */

import type { Database } from 'better-sqlite3';
import { partitionTable } from '../connection/schema.ts';
import type { FrameReader } from '../read/read.ts';

/** Most bytes of bodies, and rows of a table, that one transaction deletes: an emitter waits for it. */
const STEP_BYTES = 8 * 1024 * 1024;
const STEP_ROWS = 10_000;

/** Deletes one step of the commits before the start of the ledger's own rows. Returns their number. Must run inside an IMMEDIATE transaction. */
export function deleteStep(db: Database, reader: FrameReader): number {
  const start = reader.start().sequence;
  const partitions = reader.partitionIds();
  const end = stepEnd(db, partitions, start);
  const { changes } = db.prepare('DELETE FROM commits WHERE first_sequence < ?').run(end);
  for (const id of partitions) db.prepare(`DELETE FROM ${partitionTable(id)} WHERE sequence < ?`).run(end);
  return changes;
}

/** The first sequence that the step leaves: that of a commit, or `start`. */
function stepEnd(db: Database, partitions: readonly number[], start: number): number {
  const bytesOf = new Map<number, number>();
  let end = start;
  for (const id of partitions) {
    let [rows, bytes] = [0, 0];
    const lengths = db
      .prepare<[number, number], [number, number]>(
        `SELECT sequence, length(body) FROM ${partitionTable(id)} WHERE sequence < ? ORDER BY sequence LIMIT ?`,
      )
      .raw()
      .iterate(end, STEP_ROWS);
    for (const [sequence, length] of lengths) {
      bytesOf.set(sequence, (bytesOf.get(sequence) ?? 0) + length);
      bytes += length;
      rows++;
      if (bytes < STEP_BYTES && rows < STEP_ROWS) continue;
      end = Math.min(end, sequence + 1);
      break;
    }
  }
  let left = STEP_BYTES;
  let isFirst = true;
  for (const [sequence, bytes] of [...bytesOf].sort(([one], [other]) => one - other)) {
    if (sequence >= end) break;
    left -= bytes;
    // at least one commit, whatever it weighs
    if (left < 0 && !isFirst) return sequence;
    isFirst = false;
  }
  return end;
}
