/** Walks through the events of a batch row by row, with fields of their payloads. */

import { DEPTH_MAX } from '../model/config.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { LINE_FEED } from '../model/text/bytes.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { planScan, type ScanPlan } from '../scan/scan-plan.ts';
import type { FieldKind } from '../scan/scanned-field.ts';
import { ScannedLines } from '../scan/scanned-lines.ts';
import { Scanner } from '../scan/scanner.ts';
import { PieceWriter } from './pieces.ts';

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
  #line = 0;

  constructor(batch: EventBatch, labels: EventLabels, bytes: Buffer, lines: ScannedLines) {
    this.batch = batch;
    this.labels = labels;
    this.bytes = bytes;
    this.#lines = lines;
  }

  /** `line`: of the current run. */
  moveTo(at: number, line: number): void {
    this.at = at;
    this.#line = line;
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
  readonly #plan: ScanPlan;
  readonly #idle: Scan[] = [];

  /** `paths`: the fields that are asked for; of a field that occurs twice, the last one counts. */
  constructor(paths: readonly FieldPath[]) {
    const limits = { depthMax: DEPTH_MAX, lineBytesMax: Number.MAX_SAFE_INTEGER, repeats: 'last' } as const;
    this.#plan = planScan(paths, limits);
  }

  /**
   * Writes each event of a batch, in pieces of whole events.
   * @throws LedgerError VERIFICATION_FAILED if a payload is not one line, as only a damaged ledger has it
   */
  *pieces(
    batch: EventBatch,
    labels: EventLabels,
    write: (row: EventRow, out: PieceWriter) => void,
  ): Generator<Buffer, void, undefined> {
    const bytes = batch.lines();
    const { count } = batch;
    const scan = this.#idle.pop() ?? newScan(this.#plan);
    const { scanner, lines } = scan;
    const row = new EventRow(batch, labels, bytes, lines);
    const out = new PieceWriter();
    let at = 0;
    try {
      for (let start = 0; start < bytes.length; ) {
        const end = endOfRun(bytes, start);
        scanner.scan(bytes, start, end, lines);
        if (lines.count !== lines.lineCount || at + lines.count > count) throw notLines(batch);
        for (let line = 0; line < lines.count; line++) {
          row.moveTo(at++, line);
          write(row, out);
          if (out.isFull) yield out.take();
        }
        start = end;
      }
    } finally {
      this.#idle.push(scan);
    }
    if (!out.isEmpty) yield out.take();
  }
}

interface Scan {
  readonly scanner: Scanner;
  readonly lines: ScannedLines;
}

function newScan(plan: ScanPlan): Scan {
  return { scanner: new Scanner(plan), lines: new ScannedLines(plan.slotCount) };
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
