/** One file of the modelled disk: what is on the disk, and what was written since and may be there. */

/** A range of bytes, the end not included. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** What is left of one write. */
export interface WrittenParts {
  readonly kept: readonly Part[];
  /** Parts with other bytes: blocks that the file got, and that were never written. */
  readonly garbage: readonly Part[];
  /** Whether the file is as long as after the write, whatever is in it. */
  readonly isGrown: boolean;
}

/** Chooses what a power cut leaves of the changes that were not synced. Asked in the order of the recording, so that a seed repeats its answers. */
export interface Survivors {
  keepsName(call: number): boolean;
  keepsSize(call: number): boolean;
  /** `durableBytes`: length of the file on the disk. Blocks before it have old bytes or new ones. */
  writtenParts(call: number, range: Part, durableBytes: number): WrittenParts;
  garbage(bytes: number): Buffer;
}

/** Unit in which the page cache is written. */
const PAGE_BYTES = 4096;

interface PendingWrite {
  readonly call: number;
  readonly offset: number;
  readonly data: Buffer;
  /** A sync of it has failed: no later one writes it, because its pages count as clean. */
  isClean: boolean;
}

type Pending = PendingWrite | { readonly call: number; readonly bytes: number };

const isWrite = (change: Pending): change is PendingWrite => 'data' in change;

export class FileModel {
  #durable = new Content();
  #pending: Pending[] = [];

  get pending(): number {
    return this.#pending.length;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  write(call: number, offset: number, data: Buffer): void {
    this.#pending.push({ call, offset, data, isClean: false });
  }

  resize(call: number, bytes: number): void {
    this.#pending.push({ call, bytes });
  }

  sync(): void {
    if (this.#pending.some((change) => isWrite(change) && change.isClean)) return this.#syncDirtyPages();
    for (const change of this.#pending) applyWhole(this.#durable, change);
    this.#pending = [];
  }

  /** As on Linux: an error is reported once, and the pages count as clean although they may not be on the disk. */
  failSync(): void {
    for (const change of this.#pending) if (isWrite(change)) change.isClean = true;
  }

  survived(survivors: Survivors): { readonly content: Buffer; readonly isReduced: boolean } {
    const content = this.#durable.copy();
    let isReduced = false;
    for (const change of this.#pending) {
      if (!isWrite(change)) {
        if (survivors.keepsSize(change.call)) content.resize(change.bytes);
        else isReduced = true;
        continue;
      }
      const { call, offset, data } = change;
      const range = { from: offset, to: offset + data.length };
      const { kept, garbage, isGrown } = survivors.writtenParts(call, range, this.#durable.bytes);
      for (const { from, to } of kept) content.write(from, data.subarray(from - offset, to - offset));
      for (const { from, to } of garbage) content.write(from, survivors.garbage(to - from));
      if (isGrown) content.resize(Math.max(content.bytes, offset + data.length));
      isReduced ||= kept.reduce((sum, { from, to }) => sum + to - from, 0) < data.length;
    }
    return { content: content.take(), isReduced };
  }

  /** Writes the pages that count as dirty, each as a whole. What is in clean pages alone stays uncertain. */
  #syncDirtyPages(): void {
    const present = this.#durable.copy();
    const dirty = new Set<number>();
    for (const change of this.#pending) {
      applyWhole(present, change);
      if (isWrite(change) && !change.isClean) for (const page of pagesOf(change)) dirty.add(page);
    }
    this.#durable.resize(present.bytes);
    for (const page of dirty)
      this.#durable.write(page * PAGE_BYTES, present.part(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
    this.#pending = this.#pending.flatMap((change) =>
      isWrite(change) && change.isClean ? cleanRest(change, dirty, present.bytes) : [],
    );
  }
}

function applyWhole(content: Content, change: Pending): void {
  if (isWrite(change)) content.write(change.offset, change.data);
  else content.resize(change.bytes);
}

function pagesOf({ offset, data }: PendingWrite): number[] {
  const first = Math.floor(offset / PAGE_BYTES);
  const last = Math.floor((offset + data.length - 1) / PAGE_BYTES);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** The parts of a write that are in none of these pages. */
function cleanRest(write: PendingWrite, written: ReadonlySet<number>, bytes: number): PendingWrite[] {
  const end = Math.min(write.offset + write.data.length, bytes);
  return pagesOf(write)
    .filter((page) => !written.has(page))
    .flatMap((page) => {
      const from = Math.max(write.offset, page * PAGE_BYTES);
      const to = Math.min(end, (page + 1) * PAGE_BYTES);
      if (from >= to) return [];
      return [{ ...write, offset: from, data: write.data.subarray(from - write.offset, to - write.offset) }];
    });
}

/** Bytes of a file, which grow. */
class Content {
  #memory: Buffer;
  #bytes: number;

  constructor(memory = Buffer.alloc(0), bytes = 0) {
    this.#memory = memory;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  copy(): Content {
    return new Content(Buffer.from(this.#memory.subarray(0, this.#bytes)), this.#bytes);
  }

  part(from: number, to: number): Buffer {
    return this.#memory.subarray(from, Math.min(to, this.#bytes));
  }

  take(): Buffer {
    return this.#memory.subarray(0, this.#bytes);
  }

  write(offset: number, data: Buffer): void {
    if (data.length === 0) return;
    if (offset + data.length > this.#bytes) this.resize(offset + data.length);
    data.copy(this.#memory, offset);
  }

  /** Bytes that are added are zero. */
  resize(bytes: number): void {
    if (bytes > this.#memory.length) {
      const memory = Buffer.alloc(Math.max(bytes, 2 * this.#memory.length));
      this.#memory.copy(memory, 0, 0, this.#bytes);
      this.#memory = memory;
    } else if (bytes > this.#bytes) this.#memory.fill(0, this.#bytes, bytes);
    this.#bytes = bytes;
  }
}
