/** Sums the bytes of a partition, plain and as they are stored, without reading bodies: exact up to a number of frames, beyond that estimated from a sample. */

import type { Database } from 'better-sqlite3';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { PAGE_BYTES } from '../connection/connection.ts';
import { integer, positive, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { PLAIN_BYTES } from './read.ts';

const SIZES = `${PLAIN_BYTES} AS bytes, coalesce(length(body), 0) AS stored`;

export interface FrameBytes {
  /** Of the plain bodies. */
  readonly bytes: number;
  readonly storedBytes: number;
  readonly isEstimate: boolean;
}

/** What may be read of all partitions together. */
export interface FrameLimits {
  /** Frames that are read one by one: a million small ones take 0.2 s. */
  readonly frames: number;
  /** Pages that hold their rows: a large body leaves a page to each frame, and a million of them would take a second. */
  readonly pages: number;
  /** Frames at even distances, if there are more. Each is looked for by itself, which takes as long as five that are read in a row. */
  readonly samples: number;
}

export const FRAME_LIMITS: FrameLimits = { frames: 1_000_000, pages: 65_536, samples: 4096 };

/** From these it is known how many frames share a page. */
const FIRST_FRAMES = 64;
/** Of one partition. */
const SAMPLES_MIN = 32;
const SAMPLES_MAX = 1024;
/** With this many times the limit expected, it is not tried whether there are fewer: that would read up to the limit in vain. */
const HOPELESS = 2;

/**
 * SQLite takes a body's length from the header of its row, as long as the length is asked for where the row is read: with the body handed out of a
 * subquery, all of it is read (5 million events in large commits: 187 ms, and 26 ms so). The pages with the headers are read, all of them. Hence the limits.
 * `partitions`: that share the limits.
 */
export function frameBytes(
  db: Database,
  id: PartitionId,
  events: number,
  { frames, pages, samples }: FrameLimits,
  partitions: number,
): FrameBytes {
  const table = partitionTable(id);
  const framesMax = Math.floor(frames / partitions);
  const first = sumOf(db, table, Math.min(FIRST_FRAMES, framesMax) + 1);
  if (first.frames <= Math.min(FIRST_FRAMES, framesMax)) return { ...first.sum, isEstimate: false };
  const perPage = Math.max(1, Math.floor((PAGE_BYTES * first.frames) / Math.max(1, first.sum.storedBytes)));
  const most = Math.min(framesMax, Math.floor(pages / partitions) * perPage);
  const expected = (events / Math.max(1, first.events)) * first.frames;
  if (most > FIRST_FRAMES && expected <= HOPELESS * most) {
    const all = sumOf(db, table, most + 1);
    if (all.frames <= most) return { ...all.sum, isEstimate: false };
  }
  const wanted = Math.min(SAMPLES_MAX, Math.max(SAMPLES_MIN, Math.floor(samples / partitions)));
  return { ...estimate(db, table, events, wanted), isEstimate: true };
}

interface FrameSum {
  readonly frames: number;
  readonly events: number;
  readonly sum: Omit<FrameBytes, 'isEstimate'>;
}

/** Of the first frames. */
function sumOf(db: Database, table: string, limit: number): FrameSum {
  const row = db
    .prepare<[number], RawRow>(
      `SELECT count(*) AS frames, ifnull(sum(min(max(count, 0), 4294967296)), 0) AS events, ifnull(sum(bytes), 0) AS bytes, ifnull(sum(stored), 0) AS stored FROM (SELECT count, ${SIZES} FROM ${table} ORDER BY sequence LIMIT ?)`,
    )
    .get(limit) as RawRow;
  return {
    frames: integer(row, 'frames'),
    events: integer(row, 'events'),
    sum: { bytes: integer(row, 'bytes'), storedBytes: integer(row, 'stored') },
  };
}

/** Average bytes per event in frames at even distances, times the events. */
function estimate(db: Database, table: string, events: number, samples: number): Omit<FrameBytes, 'isEstimate'> {
  const ends = db
    .prepare<[], RawRow>(`SELECT min(sequence) AS first, max(sequence) AS last FROM ${table}`)
    .get() as RawRow;
  const [first, last] = [integer(ends, 'first'), integer(ends, 'last')];
  const at = db.prepare<[number], RawRow>(
    `SELECT count, ${SIZES} FROM ${table} WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
  );
  let [sampled, bytes, stored] = [0, 0, 0];
  for (let nth = 0; nth < samples; nth++) {
    const row = at.get(first + Math.floor(((last - first) * nth) / (samples - 1))) as RawRow;
    sampled += positive(row, 'count');
    bytes += integer(row, 'bytes');
    stored += integer(row, 'stored');
  }
  const ofAll = (sum: number): number => Math.round((sum / sampled) * events);
  return { bytes: ofAll(bytes), storedBytes: ofAll(stored) };
}
