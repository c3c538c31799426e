/** Scans lines with the scanner under test, and returns records with positions relative to the start of the line. */

import { expect } from 'vitest';
import type { LineScanner } from '../../src/core/emission/draft/chunk-encoder.ts';
import { parseFieldPath } from '../../src/core/model/text/field-path.ts';
import { LineFault } from '../../src/core/scan/line-fault.ts';
import { planScan, type ScanPlan } from '../../src/core/scan/scan-plan.ts';
import { FieldKind } from '../../src/core/scan/scanned-field.ts';
import { ScannedLines } from '../../src/core/scan/scanned-lines.ts';
import { Scanner } from '../../src/core/scan/scanner.ts';

export type FaultName = keyof typeof LineFault;
export type KindName = keyof typeof FieldKind;

export interface ScannedRecord {
  /** 0-based, including blank lines. */
  readonly number: number;
  readonly payload: Buffer;
  readonly fault: FaultName;
  /** 0-based from the start of the line. */
  readonly faultAt: number;
  /** In the order of the paths; the bytes of the value, empty if absent. */
  readonly fields: readonly { readonly kind: KindName; readonly value: Buffer }[];
}

export interface ScanLimits {
  readonly lineBytesMax?: number;
  readonly depthMax?: number;
}

const referenceScanner = (plan: ScanPlan): LineScanner => new Scanner(plan);

/** One scanner for many chunks, as in an emission. Fields are named by dotted paths. */
export class ChunkScan {
  readonly #scanner: LineScanner;
  readonly #lines: ScannedLines;
  readonly #slots: readonly number[];

  constructor(
    paths: readonly string[],
    { lineBytesMax = 1024 * 1024, depthMax = 512 }: ScanLimits = {},
    makeScanner: (plan: ScanPlan) => LineScanner = referenceScanner,
  ) {
    this.#scanner = makeScanner(planScan(paths.map(parseFieldPath), { lineBytesMax, depthMax }));
    this.#lines = new ScannedLines(paths.length);
    this.#slots = [...paths.keys()];
  }

  /** Scans a chunk: whole lines, a line feed last. */
  scan(chunk: Buffer): ScannedRecord[] {
    const lines = this.#lines;
    this.#scanner.scan(chunk, 0, chunk.length, lines);
    return Array.from({ length: lines.count }, (_, line) => {
      const start = lines.starts[line] as number;
      return {
        number: lines.numbers[line] as number,
        payload: chunk.subarray(start, lines.ends[line]),
        fault: nameOf(FAULT_NAMES, lines.fault(line)),
        faultAt: (lines.faultsAt[line] as number) - start,
        fields: this.#slots.map((slot) => {
          const kind = lines.kind(line, slot);
          const value =
            kind === FieldKind.ABSENT
              ? Buffer.alloc(0)
              : chunk.subarray(lines.fieldStart(line, slot), lines.fieldEnd(line, slot));
          return { kind: nameOf(KIND_NAMES, kind), value };
        }),
      };
    });
  }
}

/** Scans lines given without the last line feed. */
export function scanLines(
  lines: string | Buffer,
  paths: readonly string[] = [],
  limits: ScanLimits = {},
): ScannedRecord[] {
  return new ChunkScan(paths, limits).scan(Buffer.concat([Buffer.from(lines), Buffer.from('\n')]));
}

/** Scans one line that must have one record. */
export function scanLine(line: string | Buffer, paths: readonly string[] = [], limits: ScanLimits = {}): ScannedRecord {
  const [record, ...others] = scanLines(line, paths, limits);
  if (record === undefined || others.length > 0)
    throw new Error(`one record expected of ${JSON.stringify(String(line).slice(0, 200))}`);
  return record;
}

/** Like toEqual, but a hundred times as fast for hundreds of thousands of records. */
export function expectSameRecords(found: readonly ScannedRecord[], expected: readonly ScannedRecord[]): void {
  const delivered = ({ number, payload, fault, faultAt, fields }: ScannedRecord) =>
    `${number} ${fault} ${faultAt} ${payload.length} ${fault === 'NONE' ? fields.map(({ kind, value }) => `${kind} ${value.toString('latin1')}`).join(' ') : ''}`;
  expect(found.length).toBe(expected.length);
  for (const [at, record] of expected.entries()) {
    if (delivered(found[at] as ScannedRecord) !== delivered(record))
      expect(found[at], record.payload.toString('latin1').slice(0, 500)).toEqual(record);
  }
}

/** Cached names by number, for hundreds of thousands of records. */
const FAULT_NAMES = namesOf(LineFault);
const KIND_NAMES = namesOf(FieldKind);

function namesOf<Table extends Readonly<Record<string, number>>>(
  table: Table,
): ReadonlyMap<number, keyof Table & string> {
  return new Map(Object.entries(table).map(([name, value]) => [value, name]));
}

function nameOf<Name>(names: ReadonlyMap<number, Name>, value: number): Name {
  const found = names.get(value);
  if (found === undefined) throw new Error(`${value} is not in the table`);
  return found;
}
