/**
 * One block of a segment: a run of whole commits, their columns and, for each partition, their bodies one after the other, compressed. Encodes blocks and
 * decodes as much of one as is asked for. Compressed bytes are nowhere hashed: the chain covers what they decompress to. Pure.
 */

import type { StoredFrame } from '../../../model/events/commit.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { compress, decompress } from '../../../native/zstd.ts';
import type { CommitRow } from '../../protocol/link-check.ts';
import { BlockFault, type BlockStart, type CommitColumns, decodeColumns, encodeColumns } from './block-columns.ts';

/** Level 9 made segments of events 2 to 14 % smaller, at a sixth of the speed; level 3 made some larger. */
const LEVEL = 1;
/** A block is closed when it has these bytes of bodies, or this many commits. */
export const BLOCK_BYTES = 1024 * 1024;
export const BLOCK_COMMITS_MAX = 8192;
/** Most bytes of a block's columns. They are parsed as one text, which takes several times as much memory. */
const COLUMN_BYTES_MAX = 64 * 1024 * 1024;
/**
 * Most bytes of the bodies of a block, as its columns declare them: a block is {@link BLOCK_BYTES} or one commit, whose longest line has 256 MiB. A file of a few
 * kilobytes made a reader take 2 GB without it.
 */
const BODY_BYTES_MAX = 320 * 1024 * 1024;

/** A commit as it is read from a ledger. */
export interface WholeCommit {
  readonly row: CommitRow;
  /** Of all partitions, in their order, with plain bodies. */
  readonly frames: readonly StoredFrame[];
}

export interface BlockPart {
  readonly partition: PartitionId;
  /** Offset of its first event in the block. */
  readonly firstOffset: number;
  /** Its events in the block. */
  readonly count: number;
  readonly bodies: Buffer;
}

export interface Block {
  readonly firstSequence: number;
  readonly through: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly commits: Buffer;
  /** By partition. */
  readonly parts: readonly BlockPart[];
}

/** `commits`: at least one, dense, each with all of its frames. */
export function encodeBlock(commits: readonly WholeCommit[]): Block {
  const [first, last] = [commits[0] as WholeCommit, commits.at(-1) as WholeCommit];
  const columns = encodeColumns(commits.map(toColumns));
  const frames = new Map<PartitionId, StoredFrame[]>();
  for (const frame of commits.flatMap((commit) => commit.frames)) {
    const siblings = frames.get(frame.partition);
    if (siblings === undefined) frames.set(frame.partition, [frame]);
    else siblings.push(frame);
  }
  const parts = [...frames].sort(([one], [other]) => one - other);
  return {
    firstSequence: first.row.firstSequence,
    through: last.row.firstSequence + last.row.count - 1,
    firstTime: first.row.firstTime,
    lastTime: last.row.lastTime,
    commits: compress(Buffer.from(columns), LEVEL),
    parts: parts.map(([partition, own]) => ({
      partition,
      firstOffset: own[0]?.offset ?? 0,
      count: own.reduce((sum, { count }) => sum + count, 0),
      bodies: compress(Buffer.concat(own.map(({ body }) => body)), LEVEL),
    })),
  };
}

function toColumns({ row, frames }: WholeCommit): CommitColumns {
  const { hash: _, ...columns } = row;
  return {
    ...columns,
    frames: frames.map(({ partition, sequence, offset, count, firstTime, lastTime, key, body }) => ({
      ...{ partition, sequence, offset, count, firstTime, lastTime, key },
      bytes: body.length,
    })),
  };
}

/** The commits of a block. @throws BlockFault */
export function decodeCommits(compressed: Buffer, start: BlockStart): CommitColumns[] {
  const commits = decodeColumns(inflate(compressed, COLUMN_BYTES_MAX, 'its columns').toString('utf8'), start);
  let bytes = 0;
  for (const { frames } of commits) for (const frame of frames) bytes += frame.bytes;
  if (bytes > BODY_BYTES_MAX) throw new BlockFault(`it declares bodies of ${bytes} bytes, more than a block may have`);
  return commits;
}

/**
 * The frames of one partition, with their bodies, which share one memory. `commits`: all of the block. @throws BlockFault
 */
export function decodePart({ partition, bodies, count }: BlockPart, commits: readonly CommitColumns[]): StoredFrame[] {
  const columns = commits.flatMap(({ frames }) => frames.filter((frame) => frame.partition === partition));
  const bytes = columns.reduce((sum, frame) => sum + frame.bytes, 0);
  const events = columns.reduce((sum, frame) => sum + frame.count, 0);
  if (events !== count) throw new BlockFault(`partition ${partition} has ${events} events in it, not ${count}`);
  const plain = inflate(bodies, bytes, `the bodies of partition ${partition}`);
  if (plain.length !== bytes) throw new BlockFault(`the bodies of partition ${partition} are cut off`);
  let end = 0;
  return columns.map(({ bytes: length, ...frame }) => {
    end += length;
    return { ...frame, body: plain.subarray(end - length, end) };
  });
}

function inflate(compressed: Buffer, bytesMax: number, what: string): Buffer {
  try {
    return decompress(compressed, bytesMax);
  } catch (error) {
    // a missing module is no fault of the block
    if (error instanceof Error && error.name === 'LedgerError') throw error;
    throw new BlockFault(`${what} cannot be decompressed: ${(error as Error).message}`, { cause: error });
  }
}
