/** Walks through the events of a batch row by row, with fields of their payloads. */

import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { LINE_FEED } from '../model/text/bytes.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { scalarText } from '../model/text/scalar-text.ts';
import type { FieldKind } from '../scan/scanned-field.ts';
import type { ScannedLines } from '../scan/scanned-lines.ts';
import type { KernelLayout } from './kernel-rows.ts';
import { type PieceMemory, PieceWriter } from './pieces.ts';
import { type KeySlot, RowScans } from './row-scan.ts';

/** Payloads are scanned in runs of this size, in bytes: tables for a commit of a million events would fill memory. */
const RUN_BYTES = 256 * 1024;

/** One event; valid until the next one is taken. */
export class EventRow {
  readonly batch: EventBatch;
  readonly labels: EventLabels;
  /** Index of the event in the batch. */
  at = 0;
  /** Memory of the payload and of its fields. */
  readonly bytes: Buffer;
  readonly #lines: ScannedLines;
  readonly #keySlot: KeySlot;
  #line = 0;
  #isRescanned = false;

  constructor(batch: EventBatch, labels: EventLabels, bytes: Buffer, lines: ScannedLines, keySlot: KeySlot) {
    this.batch = batch;
    this.labels = labels;
    this.bytes = bytes;
    this.#lines = lines;
    this.#keySlot = keySlot;
  }

  /** `line`: of the current run. */
  moveTo(at: number, line: number, isRescanned: boolean): void {
    this.at = at;
    this.#line = line;
    this.#isRescanned = isRescanned;
  }

  /** Key that the router read or was given; null if there is none. */
  get key(): string | null {
    const { batch, at, labels } = this;
    const slot = this.#keySlot;
    // of a key that occurs twice the router took the first one, and this scan the last one
    if (slot === 'computed' || this.#isRescanned) return labels.key(batch, at);
    const given = batch.givenKey(at);
    if (given !== null || slot === 'none') return given;
    return scalarText(this.bytes, this.kind(slot), this.start(slot), this.end(slot));
  }

  get payloadStart(): number {
    return this.#lines.starts[this.#line] as number;
  }

  get payloadEnd(): number {
    return this.#lines.ends[this.#line] as number;
  }

  /** Of the nth requested field. */
  kind(nth: number): FieldKind {
    return this.#lines.kind(this.#line, nth);
  }

  /** Bounds of its value in `bytes`, half-open, quotes of a string included. */
  start(nth: number): number {
    return this.#lines.fieldStart(this.#line, nth);
  }

  end(nth: number): number {
    return this.#lines.fieldEnd(this.#line, nth);
  }
}

/** Scans the same fields of any number of batches, which may be written at the same time. */
export class RowWriter {
  readonly #scans: RowScans;

  /**
   * `paths`: the fields that are asked for; of a field that occurs twice, the last one counts. `layout`: of rows that
   * the kernel may write in place of `write`.
   */
  constructor(paths: readonly FieldPath[], layout: KernelLayout | null = null) {
    this.#scans = new RowScans(paths, layout);
  }

  /**
   * Writes each event of a batch, in pieces of whole events.
   * @throws LedgerError VERIFICATION_FAILED if a payload is not one line, as only a damaged ledger has it
   */
  *pieces(
    batch: EventBatch,
    labels: EventLabels,
    write: (row: EventRow, out: PieceWriter) => void,
    memory?: PieceMemory,
  ): Generator<Buffer, void, undefined> {
    const bytes = batch.lines();
    const { count } = batch;
    if (bytes.length === 0) return;
    const scan = this.#scans.take(bytes.length, () => labels.keyField(batch));
    const { lines, rows } = scan;
    rows?.begin(batch, labels);
    const row = new EventRow(batch, labels, bytes, lines, scan.keySlot);
    const out = new PieceWriter(memory);
    let at = 0;
    try {
      for (let start = 0; start < bytes.length; ) {
        const end = endOfRun(bytes, start);
        scan.run(bytes, start, end);
        if (lines.count !== lines.lineCount || at + lines.count > count) throw notLines(batch);
        scan.takeFacts(batch, at);
        for (let line = 0; line < lines.count; ) {
          if (rows !== null) line = rows.write(line, out);
          if (line < lines.count && !out.isFull) {
            row.moveTo(at + line, line, scan.completeLine(bytes, line));
            write(row, out);
            line++;
          }
          if (out.isFull) yield out.take();
        }
        at += lines.count;
        start = end;
      }
    } finally {
      this.#scans.giveBack(scan);
    }
    if (!out.isEmpty) yield out.take();
  }
}

function endOfRun(bytes: Buffer, start: number): number {
  const last = start + RUN_BYTES - 1;
  return last >= bytes.length ? bytes.length : bytes.indexOf(LINE_FEED, last) + 1;
}

function notLines(batch: EventBatch): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `a payload of the commit at sequence ${batch.sequences[0]} is not one line`,
    hint: 'verify the ledger: completengine inspect --verify',
  });
}
