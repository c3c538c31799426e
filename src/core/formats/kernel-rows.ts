/**
 * The host's side of the rows that the kernel writes: lays out the parts of a row, the facts of the events and the
 * texts of their frames in the kernel's memory.
 */

import { align, type KernelMemory } from '../kernel/load.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { READABLE_AFTER, type ScanExports } from '../scan/kernel-scanner.ts';
import { PieceWriter } from './pieces.ts';

/** What the rows call in the kernel. */
export interface RowExports extends ScanExports {
  setRows(partsAt: number, partCount: number, style: number, timeCache: number): void;
  writeRows(
    line: number,
    count: number,
    base: number,
    sequencesAt: number,
    timesAt: number,
    offsetsAt: number,
    frameOfAt: number,
    framesAt: number,
    out: number,
    outEnd: number,
  ): number;
  writtenEnd(): number;
  isRowLeft(): number;
}

/** The kernel's own sizes. */
const PART_BYTES = 12;
const FRAME_BYTES = 24;
const TIME_CACHE_BYTES = 32;
const OUT_SPARE_BYTES = 32;
/** Of an event's sequence, time, offset and frame. */
const FACT_BYTES = 8 + 8 + 8 + 2;
const NO_SLOT = 0xffff_ffff;
/** Room for rows; a longer one is left to the reference. A piece has as much to spare. */
const OUT_BYTES = 16 * 1024;

/** Numbers of the parts, as in `kernel/rows.ts`. */
export const KernelPart = {
  LITERAL: 0,
  SEQUENCE: 1,
  PARTITION: 2,
  OFFSET: 3,
  TIME: 4,
  KEY: 5,
  PAYLOAD: 6,
  FIELD: 7,
  EPOCH_MS: 8,
  KEY_BYTES: 9,
  PAYLOAD_BYTES: 10,
  CLOUD_EVENT: 11,
  KEY_ATTRIBUTES: 12,
} as const;
type KernelPart = (typeof KernelPart)[keyof typeof KernelPart];

/** What rows are made of, for the kernel. */
export interface KernelLayout {
  /** `slot`: of a field. */
  readonly parts: readonly { readonly part: KernelPart; readonly slot?: number; readonly literal?: Uint8Array }[];
  readonly style: number;
  /** Writes a text in this style. */
  readonly text: (text: string, out: PieceWriter) => void;
}

/** Whether the rows show keys. */
export function showsKey({ parts }: KernelLayout): boolean {
  return parts.some(({ part }) => isOfKey(part));
}

function isOfKey(part: KernelPart): boolean {
  return part === KernelPart.KEY || part === KernelPart.KEY_BYTES || part === KernelPart.KEY_ATTRIBUTES;
}

/** Whether the rows show anything that is the same for all events of a frame. */
function showsFrame(layout: KernelLayout): boolean {
  return showsKey(layout) || layout.parts.some(({ part }) => part === KernelPart.PARTITION);
}

/** Rows of one scanner's lines, in its memory. */
export class KernelRows {
  readonly #layout: KernelLayout;
  readonly #memory: KernelMemory<RowExports>;
  readonly #outAt: number;
  #frames: Buffer = Buffer.alloc(0);
  #count = 0;
  #base = 0;
  #factsAt = 0;

  /** Uses the memory from its start. `keySlot`: of the plan; null: no payload has a key. */
  constructor(layout: KernelLayout, keySlot: number | null, memory: KernelMemory<RowExports>) {
    this.#layout = layout;
    this.#memory = memory;
    this.#outAt = this.#layParts(memory.start, keySlot ?? NO_SLOT);
    memory.reserve(this.end);
  }

  /** The first address after its memory. */
  get end(): number {
    return align(this.#outAt + OUT_BYTES + OUT_SPARE_BYTES);
  }

  /** Memory that a run needs after its input, by its number of lines. */
  spare(lines: number): number {
    return align(lines * FACT_BYTES) + this.#frames.length + READABLE_AFTER;
  }

  /** Must be called before the scans of a batch. */
  begin(batch: EventBatch, labels: EventLabels): void {
    if (showsFrame(this.#layout)) this.#frames = framesOf(batch, labels, this.#layout);
  }

  /** Takes the events `[from, from + count)` of a batch, which the scanner has read; the facts go behind `inputEnd`. */
  take(batch: EventBatch, from: number, count: number, base: number, inputEnd: number): void {
    this.#count = count;
    this.#base = base;
    this.#factsAt = align(inputEnd);
    const { buffer } = this.#memory;
    const { frameOf } = batch.facts;
    for (const [nth, facts] of [batch.sequences, batch.times, batch.offsets].entries())
      new Float64Array(buffer, this.#factsAt + nth * count * 8, count).set(facts.subarray(from, from + count));
    new Uint16Array(buffer, this.#factsAt + count * 24, count).set(frameOf.subarray(from, from + count));
    new Uint8Array(buffer, this.#framesAt, this.#frames.length).set(this.#frames);
  }

  /**
   * Writes rows from `line` of the run on, until `out` is full. Returns the first line that is not written: unless
   * `out` is full or this is the run's end, it is left to the reference.
   */
  write(line: number, out: PieceWriter): number {
    const { exports, buffer } = this.#memory;
    const bytes = new Uint8Array(buffer);
    const column = this.#count * 8;
    let next = line;
    while (next < this.#count && !out.isFull) {
      next = exports.writeRows(
        next,
        this.#count,
        this.#base,
        this.#factsAt,
        this.#factsAt + column,
        this.#factsAt + 2 * column,
        this.#factsAt + 3 * column,
        this.#framesAt,
        this.#outAt,
        this.#outAt + OUT_BYTES,
      );
      out.bytes(bytes, this.#outAt, exports.writtenEnd());
      if (exports.isRowLeft() !== 0) break;
    }
    return next;
  }

  get #framesAt(): number {
    return this.#factsAt + align(this.#count * FACT_BYTES);
  }

  /** Returns the first address after the parts, their literals and the cache of times. */
  #layParts(at: number, keySlot: number): number {
    const { parts, style } = this.#layout;
    const literals = parts.reduce((sum, { literal }) => sum + (literal?.length ?? 0), 0);
    let literalAt = at + parts.length * PART_BYTES;
    const cacheAt = align(literalAt + literals);
    const end = align(cacheAt + TIME_CACHE_BYTES);
    this.#memory.reserve(end);
    const { buffer, exports } = this.#memory;
    const table = new DataView(buffer);
    for (const [nth, { part, slot = 0, literal }] of parts.entries()) {
      const entry = at + nth * PART_BYTES;
      table.setUint32(entry, part, true);
      table.setUint32(entry + 4, isOfKey(part) ? keySlot : slot, true);
      if (literal === undefined) continue;
      new Uint8Array(buffer, literalAt).set(literal);
      table.setUint32(entry + 4, literalAt, true);
      literalAt += literal.length;
      table.setUint32(entry + 8, literalAt, true);
    }
    exports.setRows(at, parts.length, style, cacheAt);
    return end;
  }
}

/** The table of a batch's frames, with the cells of their partitions and of the keys that were given for them. */
function framesOf(batch: EventBatch, labels: EventLabels, layout: KernelLayout): Buffer {
  const { frames } = batch.facts;
  const texts = new PieceWriter();
  const table = Buffer.alloc(frames.length * FRAME_BYTES);
  const cellEnd = (text: string): number => {
    layout.text(text, texts);
    return table.length + texts.length;
  };
  for (const [nth, { partition, key }] of frames.entries()) {
    const entry = nth * FRAME_BYTES;
    table.writeUInt32LE(table.length + texts.length, entry);
    const nameEnd = cellEnd(labels.partitionName(partition));
    table.writeUInt32LE(nameEnd, entry + 4);
    table.writeUInt32LE(nameEnd, entry + 8);
    table.writeUInt32LE(key === null ? nameEnd : cellEnd(key), entry + 12);
    table.writeUInt32LE(Buffer.byteLength(key ?? ''), entry + 16);
    table.writeUInt32LE(key === null ? 0 : 1, entry + 20);
  }
  return Buffer.concat([table, texts.take()]);
}
