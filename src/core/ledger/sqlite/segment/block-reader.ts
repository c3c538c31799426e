/** Reads the blocks of a segment: finds them, decodes them, and recomputes the chain through them. */

import type { StoredFrame } from '../../../model/events/commit.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { hashBody, hashCommit } from '../../protocol/chain.ts';
import type { Joint } from '../../protocol/joints.ts';
import type { LinkedRow } from '../../protocol/link-check.ts';
import { blob, natural, positive, type RawRow, time } from '../connection/rows.ts';
import type { Statements } from '../connection/statements.ts';
import { isDamage } from '../connection/translate-error.ts';
import { type BlockPart, decodeCommits, decodePart } from './block-codec.ts';
import { BlockFault, type CommitColumns } from './block-columns.ts';

/** The row of a block, without what is compressed. */
export interface BlockRow {
  readonly firstSequence: number;
  readonly through: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  readonly hashBefore: Buffer;
  readonly hashBehind: Buffer;
}

/** A block that was decoded, as far as it was asked for. */
export interface DecodedBlock {
  readonly row: BlockRow;
  readonly commits: readonly CommitColumns[];
  readonly parts: readonly Omit<BlockPart, 'bodies'>[];
  /** Frames with their bodies, by partition. */
  readonly frames: Map<PartitionId, readonly StoredFrame[]>;
}

const COLUMNS = 'first_sequence, through, first_time, last_time, hash_before, hash_behind';
/** Blocks that stay decoded: a consumer of several partitions is now in one, now in the next. */
const DECODED_MAX = 2;

export class BlockReader {
  readonly #path: string;
  readonly #uuid: string;
  readonly #statements: Statements;
  readonly #joints: readonly Joint[];
  #decoded: DecodedBlock[] = [];

  /** `joints`: those within the segment, in the order of the chain. */
  constructor(path: string, uuid: string, statements: Statements, joints: readonly Joint[]) {
    this.#path = path;
    this.#uuid = uuid;
    this.#statements = statements;
    this.#joints = joints;
  }

  /** The first block of the file and the last one; undefined without any. */
  ends(): { first: BlockRow | undefined; last: BlockRow | undefined } {
    return {
      first: this.#find('first_sequence >= ? ORDER BY first_sequence', 0),
      last: this.#find('first_sequence >= ? ORDER BY first_sequence DESC', 0),
    };
  }

  /** The block that holds a sequence of the segment. @throws LedgerError VERIFICATION_FAILED */
  holding(sequence: number): BlockRow {
    const row = this.#find('first_sequence <= ? ORDER BY first_sequence DESC', sequence);
    if (row === undefined || row.through < sequence)
      throw this.broken({ firstSequence: (row?.through ?? sequence - 1) + 1, through: sequence }, 'it is missing');
    return row;
  }

  /** The first block that ends at a time or later. */
  reaching(at: Micros): BlockRow | undefined {
    return this.#find('last_time >= ? ORDER BY first_sequence', at);
  }

  /** The last block with events of the partition that begins at `sequence` or before, or the first one from there on. */
  withPartition(partition: PartitionId, sequence: number, direction: 'back' | 'on'): BlockRow | undefined {
    const where = direction === 'back' ? 'block <= ? ORDER BY block DESC' : 'block >= ? ORDER BY block';
    const first = this.#guarded({ firstSequence: sequence, through: sequence }, () =>
      this.#statements
        .get<[number, number], number>(`SELECT block FROM part WHERE partition = ? AND ${where} LIMIT 1`)
        .pluck()
        .get(partition, sequence),
    );
    return first === undefined ? undefined : this.holding(first as number);
  }

  /** Decodes a block with the bodies of these partitions. @throws LedgerError VERIFICATION_FAILED */
  decode(row: BlockRow, partitions: readonly PartitionId[]): DecodedBlock {
    return this.#guarded(row, () => {
      const block = this.#columnsOf(row);
      for (const { partition } of block.parts) {
        if (!partitions.includes(partition)) continue;
        const kept = block.frames.get(partition);
        // A page that was handed to another thread has taken the memory of its bodies along.
        if (kept?.[0] !== undefined && kept[0].body.length > 0) continue;
        block.frames.set(partition, this.#framesOf(block, partition));
      }
      return block;
    });
  }

  /** Recomputes the chain through a block; all of its bodies must be decoded. Returns its commits. @throws LedgerError VERIFICATION_FAILED */
  verify({ row, commits, frames }: DecodedBlock): LinkedRow[] {
    return this.#guarded(row, () => {
      const next = new Map<PartitionId, number>();
      let hash = row.hashBefore;
      const rows = commits.map((commit) => {
        if (commit.firstSequence !== row.firstSequence) hash = this.#throughJoints(commit.firstSequence, hash);
        const links = commit.frames.map(({ bytes: _, ...frame }) => {
          const at = next.get(frame.partition) ?? 0;
          next.set(frame.partition, at + 1);
          return { ...frame, hash: hashBody(frameAt(frames, frame.partition, at).body) };
        });
        hash = hashCommit(hash, this.#uuid, { ...commit, frames: links });
        return { ...commit, frames: links, hash };
      });
      if (!hash.equals(row.hashBehind)) throw new BlockFault('its chain hash does not fit what is stored');
      return rows;
    });
  }

  broken(
    { firstSequence, through }: Pick<BlockRow, 'firstSequence' | 'through'>,
    fact: string,
    cause?: unknown,
  ): LedgerError {
    return new LedgerError('VERIFICATION_FAILED', {
      message: `${this.#path}: the block of sequences ${firstSequence} to ${through} is corrupt: ${fact}`,
      hint: 'restore an intact copy of this segment',
      details: { sequence: firstSequence, through, segment: this.#path },
      cause,
    });
  }

  #find(where: string, value: number): BlockRow | undefined {
    return this.#guarded({ firstSequence: value, through: value }, () => {
      const row = this.#statements
        .get<[number], RawRow>(`SELECT ${COLUMNS} FROM block WHERE ${where} LIMIT 1`)
        .get(value);
      return row === undefined ? undefined : toBlockRow(row);
    });
  }

  #columnsOf(row: BlockRow): DecodedBlock {
    const kept = this.#decoded.find((block) => block.row.firstSequence === row.firstSequence);
    if (kept !== undefined) return kept;
    const parts = this.#statements
      .get<[number], RawRow>('SELECT partition, first_offset, count FROM part WHERE block = ? ORDER BY partition')
      .all(row.firstSequence)
      .map((part) => ({
        partition: natural(part, 'partition'),
        firstOffset: natural(part, 'first_offset'),
        count: positive(part, 'count'),
      }));
    const stored = this.#statements
      .get<[number], RawRow>('SELECT commits FROM block WHERE first_sequence = ?')
      .get(row.firstSequence) as RawRow;
    const offsets = new Map(parts.map(({ partition, firstOffset }) => [partition, firstOffset]));
    const commits = decodeCommits(blob(stored, 'commits'), {
      sequence: row.firstSequence,
      time: row.firstTime,
      offsets,
    });
    const last = commits.at(-1) as CommitColumns;
    if (last.firstSequence + last.count - 1 !== row.through || last.lastTime !== row.lastTime)
      throw new BlockFault('its commits do not end where it ends');
    const block: DecodedBlock = { row, commits, parts, frames: new Map() };
    this.#decoded = [block, ...this.#decoded].slice(0, DECODED_MAX);
    return block;
  }

  #framesOf({ row, commits, parts }: DecodedBlock, partition: PartitionId): StoredFrame[] {
    const part = parts.find((each) => each.partition === partition) as Omit<BlockPart, 'bodies'>;
    const stored = this.#statements
      .get<[number, number], RawRow>('SELECT bodies FROM part WHERE partition = ? AND block = ?')
      .get(partition, row.firstSequence) as RawRow;
    return decodePart({ ...part, bodies: blob(stored, 'bodies') }, commits);
  }

  #throughJoints(sequence: number, hash: Buffer): Buffer {
    let previous = hash;
    for (const joint of this.#joints) {
      if (joint.beforeSequence !== sequence) continue;
      if (!joint.hashAfter(previous).equals(joint.hash))
        throw new BlockFault(`a record of the chain before sequence ${sequence} has changed`);
      previous = joint.hash;
    }
    return previous;
  }

  #guarded<Result>(row: Pick<BlockRow, 'firstSequence' | 'through'>, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof BlockFault) throw this.broken(row, error.message, error);
      if (isDamage(error)) throw this.broken(row, 'the file is damaged there', error);
      if (error instanceof LedgerError && error.code === 'VERIFICATION_FAILED' && error.details['column'] !== undefined)
        throw this.broken(row, error.message, error);
      throw error;
    }
  }
}

function frameAt(frames: DecodedBlock['frames'], partition: PartitionId, at: number): StoredFrame {
  const frame = frames.get(partition)?.[at];
  if (frame === undefined) throw new BlockFault(`a frame of partition ${partition} is missing`);
  return frame;
}

function toBlockRow(row: RawRow): BlockRow {
  return {
    firstSequence: positive(row, 'first_sequence'),
    through: positive(row, 'through'),
    firstTime: time(row, 'first_time'),
    lastTime: time(row, 'last_time'),
    hashBefore: blob(row, 'hash_before'),
    hashBehind: blob(row, 'hash_behind'),
  };
}
