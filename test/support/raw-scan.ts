/** Scans with the kernel, and shows its tables as they are, line by line, with positions relative to the line. */

import { KernelMemory } from '../../src/core/kernel/load.ts';
import { parseFieldPath } from '../../src/core/model/text/field-path.ts';
import { KernelScanner, type ScanExports, UNDECIDED } from '../../src/core/scan/kernel-scanner.ts';
import { planScan } from '../../src/core/scan/scan-plan.ts';
import { FieldKind } from '../../src/core/scan/scanned-field.ts';
import { ScannedLines } from '../../src/core/scan/scanned-lines.ts';

interface TableExports extends ScanExports {
  knownLiterals(): number;
}

export interface RawLimits {
  readonly lineBytesMax?: number;
  readonly depthMax?: number;
  readonly repeats?: 'refuse' | 'last';
}

export class RawScan {
  readonly #memory: KernelMemory<TableExports>;
  readonly #scanner: KernelScanner;
  readonly #lines: ScannedLines;
  readonly #slots: number;

  /** In memory of its own, unless an earlier scan is given, which must not go on then. */
  constructor(
    paths: readonly string[],
    { lineBytesMax = 1024 * 1024, depthMax = 512, repeats = 'refuse' }: RawLimits = {},
    before?: RawScan,
  ) {
    this.#memory = before === undefined ? new KernelMemory<TableExports>() : before.#memory;
    this.#slots = paths.length;
    const plan = planScan(paths.map(parseFieldPath), { lineBytesMax, depthMax, repeats });
    this.#scanner = new KernelScanner(plan, this.#memory);
    this.#lines =
      before !== undefined && before.#slots === paths.length ? before.#lines : new ScannedLines(paths.length);
  }

  get knownLiterals(): number {
    return this.#memory.exports.knownLiterals();
  }

  /**
   * A record for each line that is not blank, as text: its number, bounds, fault and where, kinds, and bounds of fields; of
   * the fields of a line with a fault only those that were found before it.
   */
  scan(lines: readonly Buffer[]): string[] {
    const chunk = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    const found = this.#lines;
    this.#scanner.scanDecided(chunk, 0, chunk.length, found);
    return Array.from({ length: found.count }, (_, line) => {
      const start = found.starts[line] as number;
      const fault = found.faults[line] as number;
      const fields = Array.from({ length: this.#slots }, (_, slot) => {
        const cell = line * this.#slots + slot;
        const kind = found.fieldKinds[cell] as number;
        if (kind === FieldKind.ABSENT) return '-';
        const end = fault === 0 ? (found.fieldEnds[cell] as number) - start : '?';
        return `${kind}@${(found.fieldStarts[cell] as number) - start}..${end}`;
      });
      const name = fault === UNDECIDED ? 'undecided' : String(fault);
      return `${found.numbers[line]}: ${(found.ends[line] as number) - start} ${name} at ${(found.faultsAt[line] as number) - start} ${fields.join(' ')}`;
    });
  }
}

/** Without the numbers of the lines, for other orders of them. */
export function withoutNumber(record: string): string {
  return record.slice(record.indexOf(':') + 1);
}
