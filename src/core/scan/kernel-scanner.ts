/** The host's side of the kernel's scanner: lays out a plan and its tables in the kernel's memory, and scans chunks there. */

import { align, KernelMemory } from '../kernel/load.ts';
import type { ScanPlan } from './scan-plan.ts';
import type { ScannedLines } from './scanned-lines.ts';
import { Scanner } from './scanner.ts';

/** What the scanner calls in the kernel. */
export interface ScanExports {
  setPlan(
    nodes: number,
    keys: number,
    slots: number,
    depthMax: number,
    lineBytesMax: number,
    objectBits: number,
    nodeStack: number,
    isLastRepeatTaken: number,
    literals: number,
  ): void;
  literalBytes(): number;
  setTables(at: number, lines: number): number;
  scan(start: number, end: number, chunkBase: number): number;
  scannedLineCount(): number;
  scannedUndecidedCount(): number;
}

const NODE_BYTES = 16;
const KEY_BYTES = 12;
/** The kernel reads strings sixteen bytes at a time, past their end. */
export const READABLE_AFTER = 64;
const LINES_INITIAL = 16 * 1024;
/** The fault of a line that the kernel leaves to the reference. */
export const UNDECIDED = 255;

/** Bytes that the owner of the memory needs after the input, by the size of a chunk. */
type Spare = (lines: number, bytes: number) => number;

const NO_SPARE: Spare = () => 0;

export class KernelScanner {
  readonly #plan: ScanPlan;
  readonly #reference: Scanner;
  readonly #memory: KernelMemory<ScanExports>;
  readonly #tablesAt: number;
  #capacity: number;
  #inputAt = 0;
  #inputEnd = 0;
  #base = 0;

  /** Uses the memory from `at` on, for a plan with `isForKernel`. `capacity`: lines of its tables at first. */
  constructor(
    plan: ScanPlan,
    memory: KernelMemory<ScanExports> = new KernelMemory(),
    at = memory.start,
    capacity = LINES_INITIAL,
  ) {
    this.#plan = plan;
    this.#capacity = capacity;
    this.#reference = new Scanner(plan);
    this.#memory = memory;
    this.#tablesAt = this.#layPlan(at);
    this.#layTables();
  }

  /** Subtracted from addresses to get offsets in the chunk. */
  get base(): number {
    return this.#base;
  }

  /** The first address after the input of the last scan and the bytes that may be read past it. */
  get inputEnd(): number {
    return this.#inputEnd;
  }

  /** Address of the tables, which have room for {@link capacity} lines. */
  get tablesAt(): number {
    return this.#tablesAt;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** As {@link Scanner.scan}; the tables of `lines` are views into the kernel's memory until its next scan. */
  scan(bytes: Buffer, start: number, end: number, lines: ScannedLines, spare = NO_SPARE): void {
    this.scanDecided(bytes, start, end, lines, spare);
    this.#rescanUndecided(bytes, lines);
  }

  /** As {@link scan}, for bytes in the kernel's memory, which are not copied. False, and no result, if there are more lines than the tables hold. */
  scanInPlace(bytes: Buffer, start: number, end: number, lines: ScannedLines): boolean {
    this.#base = bytes.byteOffset;
    this.#memory.reserve(this.#inputAt);
    const count = this.#memory.exports.scan(this.#base + start, this.#base + end, this.#base);
    if (count > this.#capacity) return false;
    this.#show(lines, count);
    this.#rescanUndecided(bytes, lines);
    return true;
  }

  /** As {@link scan}, but leaves the lines that the kernel cannot decide as {@link UNDECIDED}. */
  scanDecided(bytes: Buffer, start: number, end: number, lines: ScannedLines, spare = NO_SPARE): void {
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
    this.#memory.reserve(this.#inputEnd + spare(count, length));
    this.#show(lines, count);
  }

  #rescanUndecided(bytes: Buffer, lines: ScannedLines): void {
    if (this.#memory.exports.scannedUndecidedCount() === 0) return;
    for (let line = 0; line < lines.count; line++) {
      if (lines.faults[line] === UNDECIDED) this.rescan(bytes, line, lines);
    }
  }

  /** Scans one line again with the reference. */
  rescan(bytes: Buffer, line: number, lines: ScannedLines): void {
    this.#reference.rescan(bytes, line, lines);
  }

  /** Returns the first address after the plan and the kernel's table of literals. */
  #layPlan(nodesAt: number): number {
    const { nodes, depthMax, lineBytesMax, slotCount, repeats } = this.#plan;
    const keys = nodes.flatMap((node) => node.keys);
    const keysAt = align(nodesAt + nodes.length * NODE_BYTES);
    const objectBitsAt = align(keysAt + keys.length * KEY_BYTES);
    const nodeStackAt = align(objectBitsAt + depthMax + 2);
    let textAt = align(nodeStackAt + (depthMax + 2) * 4);
    const literalsAt = align(textAt + keys.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const end = align(literalsAt + this.#memory.exports.literalBytes());
    this.#memory.reserve(end);
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
      // no line has met it
      view.setUint32(entry + 12, 0, true);
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
      repeats === 'last' ? 1 : 0,
      literalsAt,
    );
    return end;
  }

  #layTables(): void {
    this.#inputAt = align(this.#memory.exports.setTables(this.#tablesAt, this.#capacity));
  }

  /** Points the columns of `lines` into the kernel's memory, in the order of `layout.ts`. */
  #show(lines: ScannedLines, count: number): void {
    const { buffer } = this.#memory;
    const capacity = this.#capacity;
    const cells = capacity * this.#plan.slotCount;
    let at = this.#tablesAt + capacity * 16;
    const words = (length: number): Uint32Array => {
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
}
