/**
 * The result of a scan: one record per line in columns, so that a chunk of a hundred thousand lines creates no objects.
 */

import { numberAt } from '../model/text/bytes.ts';
import type { LineFault } from './line-fault.ts';
import type { FieldKind } from './scanned-field.ts';

const LINES_AT_FIRST = 4096;

/** Reused from chunk to chunk; valid until the next scan. Blank lines have no record. */
export class ScannedLines {
  count = 0;
  /** Bounds of each payload in the chunk, half-open, line end excluded. */
  starts: Uint32Array = new Uint32Array(LINES_AT_FIRST);
  ends: Uint32Array = new Uint32Array(LINES_AT_FIRST);
  /** Line numbers within the chunk, 0-based, blank lines counted. */
  numbers: Uint32Array = new Uint32Array(LINES_AT_FIRST);
  /** A {@link LineFault}, NONE if the line is valid; and the chunk offset where it was found. */
  faults: Uint8Array = new Uint8Array(LINES_AT_FIRST);
  faultsAt: Uint32Array = new Uint32Array(LINES_AT_FIRST);
  /** Slot s of line n is at `n * slotCount + s`. */
  fieldKinds: Uint8Array;
  fieldStarts: Uint32Array;
  fieldEnds: Uint32Array;
  /** All lines of the chunk, blank ones too. */
  lineCount = 0;
  readonly slotCount: number;

  constructor(slotCount: number) {
    this.slotCount = slotCount;
    this.fieldKinds = new Uint8Array(LINES_AT_FIRST * slotCount);
    this.fieldStarts = new Uint32Array(LINES_AT_FIRST * slotCount);
    this.fieldEnds = new Uint32Array(LINES_AT_FIRST * slotCount);
  }

  /** Reserves one more line than `count`. */
  reserve(): void {
    if (this.count < this.starts.length) return;
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.numbers = doubled(this.numbers);
    this.faults = doubled(this.faults);
    this.faultsAt = doubled(this.faultsAt);
    this.fieldKinds = doubled(this.fieldKinds);
    this.fieldStarts = doubled(this.fieldStarts);
    this.fieldEnds = doubled(this.fieldEnds);
  }

  fault(line: number): LineFault {
    return this.faults[line] as LineFault;
  }

  kind(line: number, slot: number): FieldKind {
    return this.fieldKinds[line * this.slotCount + slot] as FieldKind;
  }

  fieldStart(line: number, slot: number): number {
    return numberAt(this.fieldStarts, line * this.slotCount + slot);
  }

  fieldEnd(line: number, slot: number): number {
    return numberAt(this.fieldEnds, line * this.slotCount + slot);
  }
}

function doubled<Table extends Uint8Array | Uint32Array>(table: Table): Table {
  const grown = (
    table instanceof Uint8Array ? new Uint8Array(table.length * 2) : new Uint32Array(table.length * 2)
  ) as Table;
  grown.set(table);
  return grown;
}
