/** Scans of payloads for rows: by the reference in small batches, in large ones by the kernel, which finds the key too. */

import { KernelMemory } from '../kernel/load.ts';
import { DEPTH_MAX } from '../model/config.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { KeyField } from '../model/events/event-labels.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { KernelScanner } from '../scan/kernel-scanner.ts';
import { LineFault } from '../scan/line-fault.ts';
import { planScan, type ScanPlan } from '../scan/scan-plan.ts';
import { ScannedLines } from '../scan/scanned-lines.ts';
import { Scanner } from '../scan/scanner.ts';
import { type KernelLayout, KernelRows, type RowExports, showsKey } from './kernel-rows.ts';

/** From this many bytes on the kernel is worth its loading and its tables: at 20 KB it costs what the reference does, at 40 KB a replay takes 0.87 of the processor time. */
const KERNEL_FROM_BYTES = 16 * 1024;

/** The slot of the plan that holds the key, unless one was given; as {@link KeyField} otherwise. */
export type KeySlot = number | 'none' | 'computed';

/** One scanner with its tables. */
export interface RowScan {
  readonly lines: ScannedLines;
  readonly keySlot: KeySlot;
  /** Writes rows of the lines; null if the kernel cannot. */
  readonly rows: KernelRows | null;
  /** Scans a run of whole lines. */
  run(bytes: Buffer, start: number, end: number): void;
  /** Must be called before {@link rows} are written: the run's lines are the events of the batch from `first` on. */
  takeFacts(batch: EventBatch, first: number): void;
  /** Completes the record of a line; true if it had to be scanned again. */
  completeLine(bytes: Buffer, line: number): boolean;
}

/** Scanners of the same fields, reused from batch to batch. */
export class RowScans {
  readonly #paths: readonly FieldPath[];
  readonly #plan: ScanPlan;
  readonly #layout: KernelLayout | null;
  /** By where the key is; scans of the reference by null. */
  readonly #idle = new Map<string | null, RowScan[]>();
  readonly #nameOf = new WeakMap<RowScan, string | null>();

  /** `layout`: of the rows that the kernel is to write. */
  constructor(paths: readonly FieldPath[], layout: KernelLayout | null) {
    this.#paths = paths;
    this.#plan = planOf(paths);
    this.#layout = layout;
  }

  /** A scan for a batch. `bytes`: its size. */
  take(bytes: number, keyField: () => KeyField): RowScan {
    const isForKernel = bytes >= KERNEL_FROM_BYTES && this.#plan.isForKernel;
    const key = isForKernel ? keyField() : 'computed';
    const name = isForKernel ? JSON.stringify(key) : null;
    const scan = this.#idle.get(name)?.pop() ?? (isForKernel ? this.#forKernel(key) : referenceScan(this.#plan));
    this.#nameOf.set(scan, name);
    return scan;
  }

  giveBack(scan: RowScan): void {
    const name = this.#nameOf.get(scan) ?? null;
    const idle = this.#idle.get(name) ?? [];
    idle.push(scan);
    this.#idle.set(name, idle);
  }

  #forKernel(key: KeyField): RowScan {
    if (typeof key === 'string') return kernelScan(this.#plan, key, this.#layout);
    const plan = planOf([...this.#paths, key]);
    return plan.isForKernel
      ? kernelScan(plan, this.#paths.length, this.#layout)
      : kernelScan(this.#plan, 'computed', this.#layout);
  }
}

/** Of a field that occurs twice the last one counts. */
function planOf(paths: readonly FieldPath[]): ScanPlan {
  return planScan(paths, { depthMax: DEPTH_MAX, lineBytesMax: Number.MAX_SAFE_INTEGER, repeats: 'last' });
}

function referenceScan(plan: ScanPlan): RowScan {
  const scanner = new Scanner(plan);
  const lines = new ScannedLines(plan.slotCount);
  return {
    lines,
    keySlot: 'computed',
    rows: null,
    run: (bytes, start, end) => scanner.scan(bytes, start, end, lines),
    takeFacts: () => {},
    completeLine: () => false,
  };
}

function kernelScan(plan: ScanPlan, keySlot: KeySlot, layout: KernelLayout | null): RowScan {
  const memory = new KernelMemory<RowExports>();
  const rows = kernelRows(layout, keySlot, memory);
  const scanner = new KernelScanner(plan, memory, rows?.end);
  const lines = new ScannedLines(plan.slotCount);
  return {
    lines,
    keySlot,
    rows,
    run: (bytes, start, end) => scanner.scanDecided(bytes, start, end, lines, (count) => rows?.spare(count) ?? 0),
    takeFacts: (batch, first) => rows?.take(batch, first, lines.count, scanner.base, scanner.inputEnd),
    completeLine: (bytes, line) => {
      if (lines.faults[line] === LineFault.NONE) return false;
      scanner.rescan(bytes, line, lines);
      return true;
    },
  };
}

/** Null also if the rows show keys that only the host can compute. */
function kernelRows(
  layout: KernelLayout | null,
  keySlot: KeySlot,
  memory: KernelMemory<RowExports>,
): KernelRows | null {
  if (layout === null || (showsKey(layout) && keySlot === 'computed')) return null;
  return new KernelRows(layout, typeof keySlot === 'number' ? keySlot : null, memory);
}
