/** The host's side of the hot kernel: lays out its memory, and scans, checks and frames chunks in it with the reference's results. */

import { align, KernelMemory } from '../../kernel/load.ts';
import type { FrameDraft } from '../../model/events/commit.ts';
import { PARTITIONS_MAX } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { ScanPlan } from '../../scan/scan-plan.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import { Scanner } from '../../scan/scanner.ts';

interface KernelExports {
  check(count: number, base: number, keySlot: number, partitionCount: number, timeSlot: number, latest: number): number;
  layRegions(regions: number, partitionCount: number, limit: number, at: number): number;
  frame(regions: number, partitionCount: number, limit: number, base: number, floor: number, now: number): number;
  framedLate(): number;
  framedFirstTime(): number;
  framedLastTime(): number;
  framedPayloadBytes(): number;
  setPlan(
    nodes: number,
    keys: number,
    slots: number,
    depthMax: number,
    lineBytesMax: number,
    objectBits: number,
    nodeStack: number,
  ): void;
  setTables(at: number, lines: number): number;
  scan(start: number, end: number, chunkBase: number): number;
  scannedLineCount(): number;
  scannedUndecidedCount(): number;
}

const NODE_BYTES = 16;
const KEY_BYTES = 12;
/** The kernel reads strings sixteen bytes at a time, past their end. */
const READABLE_AFTER = 64;
const LINES_INITIAL = 16 * 1024;
/** The fault of a line that the kernel leaves to the reference. */
export const UNDECIDED = 255;
const REGION_BYTES = 32;
const REGION_GAP = 32;
const AROUND_PAYLOAD = 40;

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
  /** Bodies are views until the next chunk. */
  readonly frames: FrameDraft[];
}

export class Kernel {
  readonly #plan: ScanPlan;
  readonly #reference: Scanner;
  readonly #memory = new KernelMemory<KernelExports>();
  readonly #tablesAt: number;
  #capacity = LINES_INITIAL;
  #inputAt = 0;
  #inputEnd = 0;
  /** Subtracted from addresses to get offsets in the chunk. */
  #base = 0;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#reference = new Scanner(plan);
    this.#tablesAt = this.#layPlan();
    this.#layTables();
  }

  /** As {@link Scanner.scan}; the tables of `lines` are views into the kernel's memory until its next scan. */
  scan(bytes: Buffer, start: number, end: number, lines: ScannedLines): void {
    const kernel = this.#memory.exports;
    const length = end - start;
    let count: number;
    for (;;) {
      this.#memory.reserve(this.#inputAt + length + READABLE_AFTER);
      new Uint8Array(this.#memory.buffer, this.#inputAt, length).set(bytes.subarray(start, end));
      this.#base = this.#inputAt - start;
      this.#inputEnd = this.#inputAt + length + READABLE_AFTER;
      count = kernel.scan(this.#inputAt, this.#inputAt + length, this.#base);
      if (count <= this.#capacity) break;
      // there are more lines than the tables hold: very short ones
      this.#capacity = Math.min(this.#capacity * 4, length);
      this.#layTables();
    }
    // grown now, because growing later would detach the views
    this.#memory.reserve(this.#frameBound(count, length));
    this.#show(lines, count);
    if (kernel.scannedUndecidedCount() > 0) this.#rescan(bytes, lines);
  }

  /** Checks the lines of the last scan and writes their faults into `lines`. Returns the number of lines that are {@link UNDECIDED}. */
  check(lines: ScannedLines, { hashed, timeSlot, partitionCount, latest }: KernelCheck): number {
    return this.#memory.exports.check(lines.count, this.#base, slotOf(hashed), partitionCount, timeSlot ?? -1, latest);
  }

  /** Partitions and own times of the lines checked; views until the next scan. */
  checked(count: number): { partitions: Uint16Array; times: Float64Array } {
    const { buffer } = this.#memory;
    const cells = this.#capacity * this.#plan.slotCount;
    const partitionsAt = this.#tablesAt + this.#capacity * 32 + cells * 8;
    return {
      partitions: new Uint16Array(buffer, partitionsAt, count),
      times: new Float64Array(buffer, this.#tablesAt, count),
    };
  }

  /** Writes the frames of the lines before `limit` that have no fault. */
  frame(limit: number, partitionCount: number, floor: Micros, now: Micros): Framed {
    const kernel = this.#memory.exports;
    const regionsAt = align(this.#inputEnd);
    const bodiesAt = align(regionsAt + partitionCount * REGION_BYTES);
    kernel.layRegions(regionsAt, partitionCount, limit, bodiesAt);
    const count = kernel.frame(regionsAt, partitionCount, limit, this.#base, floor, now);
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
      times: new Float64Array(buffer, this.#tablesAt + this.#capacity * 8, count),
      frames,
    };
  }

  /** Writes the plan after the kernel's constants. Returns the first address after it. */
  #layPlan(): number {
    const { nodes, depthMax, lineBytesMax, slotCount } = this.#plan;
    const keys = nodes.flatMap((node) => node.keys);
    const nodesAt = this.#memory.start;
    const keysAt = align(nodesAt + nodes.length * NODE_BYTES);
    const objectBitsAt = align(keysAt + keys.length * KEY_BYTES);
    const nodeStackAt = align(objectBitsAt + depthMax + 2);
    let textAt = align(nodeStackAt + (depthMax + 2) * 4);
    this.#memory.reserve(textAt + keys.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const view = new DataView(this.#memory.buffer);
    let nextKey = 0;
    for (const [at, node] of nodes.entries()) {
      const entry = nodesAt + at * NODE_BYTES;
      view.setUint32(entry, nextKey, true);
      view.setUint32(entry + 4, node.keys.length, true);
      view.setUint32(
        entry + 8,
        node.slots.reduce((bits, slot) => bits | (1 << slot), 0),
        true,
      );
      for (const key of node.keys) {
        const keyEntry = keysAt + nextKey++ * KEY_BYTES;
        new Uint8Array(this.#memory.buffer, textAt).set(key.bytes);
        view.setUint32(keyEntry, textAt, true);
        view.setUint32(keyEntry + 4, key.bytes.length, true);
        view.setUint32(keyEntry + 8, key.node, true);
        textAt += key.bytes.length;
      }
    }
    this.#memory.exports.setPlan(
      nodesAt,
      keysAt,
      slotCount,
      depthMax,
      Math.min(lineBytesMax, 0xffff_ffff),
      objectBitsAt,
      nodeStackAt,
    );
    return align(textAt);
  }

  #layTables(): void {
    this.#inputAt = align(this.#memory.exports.setTables(this.#tablesAt, this.#capacity));
  }

  /** The first address that no frame of `lines` lines and `bytes` bytes can reach. */
  #frameBound(lines: number, bytes: number): number {
    const regions = PARTITIONS_MAX * (REGION_BYTES + REGION_GAP);
    return this.#inputEnd + 64 + regions + bytes + lines * AROUND_PAYLOAD + READABLE_AFTER;
  }

  /** Points the columns of `lines` into the kernel's memory, in the order of `layout.ts`. */
  #show(lines: ScannedLines, count: number): void {
    const { buffer } = this.#memory;
    const capacity = this.#capacity;
    const cells = capacity * this.#plan.slotCount;
    let at = this.#tablesAt + capacity * 16;
    const words = (length: number): Uint32Array<ArrayBuffer> => {
      const column = new Uint32Array(buffer, at, length);
      at += length * 4;
      return column;
    };
    lines.starts = words(capacity);
    lines.ends = words(capacity);
    lines.numbers = words(capacity);
    lines.faultsAt = words(capacity);
    lines.fieldStarts = words(cells);
    lines.fieldEnds = words(cells);
    at += capacity * 2;
    lines.faults = new Uint8Array(buffer, at, capacity);
    lines.fieldKinds = new Uint8Array(buffer, at + capacity, cells);
    lines.count = count;
    lines.lineCount = this.#memory.exports.scannedLineCount();
  }

  #rescan(bytes: Buffer, lines: ScannedLines): void {
    for (let line = 0; line < lines.count; line++) {
      if (lines.faults[line] === UNDECIDED) this.#reference.rescan(bytes, line, lines);
    }
  }
}

/** The slot number that `kernel/check-lines.ts` expects. */
function slotOf(hashed: HashedPart): number {
  if (typeof hashed === 'number') return hashed;
  return hashed === 'payload' ? -1 : -2;
}
