/**
 * Cache of the last reads of each partition, shared by the members of all groups of an engine: they read the same frames at about the same time. Without it
 * each group reads, copies and decodes every row again, which was half of the processor time of four of them.
 */

import type { StoredCommit } from '../model/events/commit.ts';
import { EventBatch } from '../model/events/event.ts';
import { bodyBytes, type LaneRequest } from '../model/events/history.ts';
import type { PartitionId } from '../model/routing/partition.ts';

/** Consecutive events of a partition, at least one if any is left. */
export interface LaneRead {
  /** In sequence order; none is empty. */
  readonly batches: readonly EventBatch[];
  /** Offset behind the last frame that was read. */
  readonly end: number;
}

/** Reads kept of each partition for members near its end. A slower member reads its own, and delays no other. */
const READS_KEPT = 2;
/** Bytes of the bodies that are kept, over all partitions: as many as a page of a live consumer has. */
const KEPT_BYTES = 4 * 1024 * 1024;

interface Kept {
  readonly fromSequence: number;
  readonly fromOffset: number | undefined;
  readonly read: Promise<LaneRead>;
  /** 0 until it has been read. */
  bytes: number;
}

export class SharedLanes {
  readonly #readFrames: (request: LaneRequest) => Promise<StoredCommit[]>;
  /** The partition that was read last comes last, and so does its last read. */
  readonly #kept = new Map<PartitionId, Kept[]>();
  #bytes = 0;
  readonly #members = new Set<symbol>();

  constructor(readFrames: (request: LaneRequest) => Promise<StoredCommit[]>) {
    this.#readFrames = readFrames;
  }

  /** Reads are kept from the second member on. Returns the function that removes this one. */
  join(): () => void {
    const member = Symbol();
    this.#members.add(member);
    return () => {
      this.#members.delete(member);
      if (this.#members.size < 2) this.#clear();
    };
  }

  /** The next events of a lane, as whole frames; the events of the first one that are before the wanted sequence are left out. */
  read(request: LaneRequest): Promise<LaneRead> {
    if (this.#members.size < 2) return this.#read(request);
    const { partition, fromSequence, fromOffset } = request;
    const known = this.#kept
      .get(partition)
      ?.find((kept) => kept.fromSequence === fromSequence && kept.fromOffset === fromOffset);
    if (known !== undefined) return known.read;
    // as many as fit in the bytes: another member may want more of them
    const read = this.#read({ ...request, events: Number.MAX_SAFE_INTEGER }, (bytes) =>
      this.#measure(partition, kept, bytes),
    );
    const kept: Kept = { fromSequence, fromOffset, read, bytes: 0 };
    this.#keep(partition, kept);
    read.catch(() => this.#drop(partition, kept));
    return read;
  }

  async #read(request: LaneRequest, onRead: (bytes: number) => void = () => {}): Promise<LaneRead> {
    const commits = await this.#readFrames(request);
    onRead(commits.reduce((sum, { frames }) => sum + bodyBytes(frames), 0));
    const last = commits.at(-1)?.frames.at(-1);
    const range = { from: request.fromSequence, through: Number.MAX_SAFE_INTEGER };
    return {
      batches: commits.map((commit) => EventBatch.of(commit, range)).filter(({ count }) => count > 0),
      end: last === undefined ? 0 : last.offset + last.count,
    };
  }

  #keep(partition: PartitionId, kept: Kept): void {
    const others = this.#kept.get(partition) ?? [];
    while (others.length >= READS_KEPT) this.#bytes -= others.shift()?.bytes ?? 0;
    others.push(kept);
    this.#kept.delete(partition);
    this.#kept.set(partition, others);
  }

  /** Counts a read that has ended. Where nothing was left there may be events a moment later. */
  #measure(partition: PartitionId, kept: Kept, bytes: number): void {
    if (bytes === 0) return this.#drop(partition, kept);
    if (this.#kept.get(partition)?.includes(kept) !== true) return;
    kept.bytes = bytes;
    this.#bytes += bytes;
    for (const [other, reads] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) return;
      for (const each of [...reads]) this.#drop(other, each);
    }
  }

  #drop(partition: PartitionId, kept: Kept): void {
    const reads = this.#kept.get(partition) ?? [];
    const at = reads.indexOf(kept);
    if (at < 0) return;
    reads.splice(at, 1);
    this.#bytes -= kept.bytes;
    if (reads.length === 0) this.#kept.delete(partition);
  }

  #clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}
