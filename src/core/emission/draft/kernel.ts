/** The host's side of the kernel in emission: scans, checks and frames chunks in its memory with the reference's results. */

import { frameBound, REGION_BYTES } from '../../frames/frame-bound.ts';
import { align, KernelMemory } from '../../kernel/load.ts';
import type { FrameDraft } from '../../model/events/commit.ts';
import type { LineKeys } from '../../model/routing/session-store.ts';
import type { Micros } from '../../model/time/time.ts';
import { KernelScanner, type ScanExports } from '../../scan/kernel-scanner.ts';
import type { ScanPlan } from '../../scan/scan-plan.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import { type BufferPool, SHARED_LINES_MAX, type SharedBuffer } from '../input/buffer-pool.ts';
import type { Chunk } from '../input/chunk.ts';

interface KernelExports extends ScanExports {
  check(count: number, base: number, keySlot: number, partitionCount: number, timeSlot: number, latest: number): number;
  firstFault(count: number): number;
  gatherKeys(count: number, base: number, keySlot: number, ends: number, keys: number): number;
  gatheredKeys(): number;
  layRegions(regions: number, partitionCount: number, limit: number, at: number): number;
  frame(regions: number, partitionCount: number, limit: number, base: number, floor: number, now: number): number;
  framedLate(): number;
  framedFirstTime(): number;
  framedLastTime(): number;
  framedPayloadBytes(): number;
}

/** The part of a line to hash: the field in a slot of the plan, or the whole payload. `nothing`: the host fills in the partitions. */
export type HashedPart = number | 'payload' | 'nothing';

/** The rules by which the kernel checks lines. `timeSlot`: a slot of the plan, null if lines carry no time. */
export interface KernelCheck {
  readonly hashed: HashedPart;
  readonly timeSlot: number | null;
  readonly partitionCount: number;
  readonly latest: Micros;
}

/** The frames of one draft, written by the kernel. */
export interface Framed {
  readonly count: number;
  readonly late: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  readonly payloadBytes: number;
  /** Ledger times by event; a view until the next chunk. */
  readonly times: Float64Array;
  /** Bodies are views until the next chunk, or until the buffer of theirs is released. */
  readonly frames: FrameDraft[];
}

export class Kernel {
  readonly #slotCount: number;
  readonly #memory: KernelMemory<KernelExports>;
  readonly #scanner: KernelScanner;
  /** Address of the frames of the last scan. */
  #framesAt = 0;

  /** `pool`: where the chunks and the bodies are; null: chunks are copied into memory of the kernel's own. */
  constructor(plan: ScanPlan, pool: BufferPool | null) {
    this.#slotCount = plan.slotCount;
    if (pool === null) {
      this.#memory = new KernelMemory();
      this.#scanner = new KernelScanner(plan, this.#memory);
    } else {
      this.#memory = pool.memory as KernelMemory<KernelExports>;
      this.#scanner = new KernelScanner(plan, this.#memory, pool.end, SHARED_LINES_MAX);
    }
  }

  /** As `Scanner.scan`; the tables of `lines` are views into the kernel's memory until its next scan. */
  scan({ bytes, start, end }: Chunk, lines: ScannedLines): void {
    this.#scanner.scan(bytes, start, end, lines, frameBound);
    this.#framesAt = align(this.#scanner.inputEnd);
  }

  /** As {@link scan}, for a chunk in a buffer of the kernel's pool, where its bodies will be, too. False, and no result, if it has too many lines. */
  scanInPlace({ bytes, start, end }: Chunk, { bodiesAt }: SharedBuffer, lines: ScannedLines): boolean {
    this.#framesAt = bodiesAt;
    return this.#scanner.scanInPlace(bytes, start, end, lines);
  }

  /** Checks the lines of the last scan and writes their faults into `lines`. Returns the number of lines that are {@link UNDECIDED}. */
  check(lines: ScannedLines, { hashed, timeSlot, partitionCount, latest }: KernelCheck): number {
    return this.#memory.exports.check(
      lines.count,
      this.#scanner.base,
      slotOf(hashed),
      partitionCount,
      timeSlot ?? -1,
      latest,
    );
  }

  /** The first of the lines that has a fault by now, -1 if none has. */
  firstFault(count: number): number {
    const first = this.#memory.exports.firstFault(count);
    return first < count ? first : -1;
  }

  /** The keys in the first slot of the lines of the last scan whose text is in the line as it is, and how many there are; views until frames are written. */
  keys({ count }: ScannedLines): LineKeys & { readonly found: number } {
    const keysAt = this.#framesAt + count * 4;
    const length = this.#memory.exports.gatherKeys(count, this.#scanner.base, 0, this.#framesAt, keysAt);
    const { buffer } = this.#memory;
    return {
      keys: new Uint8Array(buffer, keysAt, length),
      ends: new Uint32Array(buffer, this.#framesAt, count),
      found: this.#memory.exports.gatheredKeys(),
    };
  }

  /** Partitions and own times of the lines checked; views until the next scan. */
  checked(count: number): { partitions: Uint16Array; times: Float64Array } {
    const { buffer } = this.#memory;
    const { tablesAt, capacity } = this.#scanner;
    const partitionsAt = tablesAt + capacity * (32 + 8 * this.#slotCount);
    return {
      partitions: new Uint16Array(buffer, partitionsAt, count),
      times: new Float64Array(buffer, tablesAt, count),
    };
  }

  /** Writes the frames of the lines before `limit` that have no fault. */
  frame(limit: number, partitionCount: number, floor: Micros, now: Micros): Framed {
    const kernel = this.#memory.exports;
    const regionsAt = this.#framesAt;
    const bodiesAt = align(regionsAt + partitionCount * REGION_BYTES);
    kernel.layRegions(regionsAt, partitionCount, limit, bodiesAt);
    const count = kernel.frame(regionsAt, partitionCount, limit, this.#scanner.base, floor, now);
    const { buffer } = this.#memory;
    const regions = new DataView(buffer, regionsAt, partitionCount * REGION_BYTES);
    const frames: FrameDraft[] = [];
    for (let partition = 0; partition < partitionCount; partition++) {
      const at = partition * REGION_BYTES;
      const start = regions.getUint32(at, true);
      const end = regions.getUint32(at + 4, true);
      const events = regions.getUint32(at + 8, true);
      if (events === 0) continue;
      const firstTime = regions.getFloat64(at + 16, true);
      const lastTime = regions.getFloat64(at + 24, true);
      frames.push({
        partition,
        count: events,
        firstTime,
        lastTime,
        key: null,
        body: Buffer.from(buffer, start, end - start),
      });
    }
    return {
      count,
      late: kernel.framedLate(),
      firstTime: kernel.framedFirstTime(),
      lastTime: kernel.framedLastTime(),
      payloadBytes: kernel.framedPayloadBytes(),
      times: new Float64Array(buffer, this.#scanner.tablesAt + this.#scanner.capacity * 8, count),
      frames,
    };
  }
}

/** The slot number that `kernel/check-lines.ts` expects. */
function slotOf(hashed: HashedPart): number {
  if (typeof hashed === 'number') return hashed;
  return hashed === 'payload' ? -1 : -2;
}
