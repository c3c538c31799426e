/** Sums the bytes of a partition, plain and as they are stored, without reading bodies: exact up to a number of frames, beyond that estimated from a sample. */

import type { Database } from 'better-sqlite3';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { integer, positive, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { PLAIN_BYTES } from './read.ts';

const SAMPLES = 1024;
const SIZES = `${PLAIN_BYTES} AS bytes, coalesce(length(body), 0) AS stored`;

export interface FrameBytes {
  /** Of the plain bodies. */
  readonly bytes: number;
  readonly storedBytes: number;
  readonly isEstimate: boolean;
}

/**
 * SQLite takes a body's length from the header of its row, as long as the length is asked for where the row is read: with the body handed out of a
 * subquery, all of it is read (5 million events in large commits: 187 ms, and 26 ms so). Small commits fill the pages that are read, all of them: a million
 * frames are several hundred megabytes. Hence the limit.
 */
export function frameBytes(db: Database, id: PartitionId, events: number, framesMax: number): FrameBytes {
  const table = partitionTable(id);
  const first = db
    .prepare<[number], RawRow>(
      `SELECT count(*) AS frames, ifnull(sum(bytes), 0) AS bytes, ifnull(sum(stored), 0) AS stored FROM (SELECT ${SIZES} FROM ${table} ORDER BY sequence LIMIT ?)`,
    )
    .get(framesMax + 1) as RawRow;
  if (integer(first, 'frames') > framesMax) return { ...estimate(db, table, events), isEstimate: true };
  return { bytes: integer(first, 'bytes'), storedBytes: integer(first, 'stored'), isEstimate: false };
}

/** Average bytes per event in frames at even distances, times the events. */
function estimate(db: Database, table: string, events: number): Omit<FrameBytes, 'isEstimate'> {
  const ends = db
    .prepare<[], RawRow>(`SELECT min(sequence) AS first, max(sequence) AS last FROM ${table}`)
    .get() as RawRow;
  const [first, last] = [integer(ends, 'first'), integer(ends, 'last')];
  const at = db.prepare<[number], RawRow>(
    `SELECT count, ${SIZES} FROM ${table} WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
  );
  let [sampled, bytes, stored] = [0, 0, 0];
  for (let nth = 0; nth < SAMPLES; nth++) {
    const row = at.get(first + Math.floor(((last - first) * nth) / (SAMPLES - 1))) as RawRow;
    sampled += positive(row, 'count');
    bytes += integer(row, 'bytes');
    stored += integer(row, 'stored');
  }
  const ofAll = (sum: number): number => Math.round((sum / sampled) * events);
  return { bytes: ofAll(bytes), storedBytes: ofAll(stored) };
}
