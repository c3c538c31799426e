/**
 * The rejected lines of one chunk. They are handed to the caller before the commit that passes over them: after it a producer never reads them again, so a crash
 * in between would lose them. A line that was handed over stays out of every later draft of the chunk, so it is never both rejected and committed.
 */

import { type BadLineAt, type BuiltDraft, noneSkipped, type SkippedLines } from '../draft/draft-builder.ts';
import type { BadLine } from './chunk-report.ts';

/** Keeps rejected lines, in their order; resolves when a commit may pass over them. */
export type KeepRejects = (lines: readonly BadLine[]) => Promise<void>;

export class ChunkRejects {
  readonly skipped: SkippedLines;
  readonly #handedOver = new Set<number>();

  /** `rows`: of the chunk's scan. */
  constructor(rows: number, callOfRow?: Uint32Array) {
    this.skipped = noneSkipped(rows, callOfRow);
  }

  /** Bad lines of a draft that were not handed over yet. */
  freshIn({ badLines }: BuiltDraft): readonly BadLineAt[] {
    return badLines.filter(({ line }) => !this.#handedOver.has(line));
  }

  /** They are with the caller. */
  settle(fresh: readonly BadLineAt[]): void {
    for (const { line, fault } of fresh) {
      this.#handedOver.add(line);
      this.skipped.faults[line] = fault;
    }
    this.skipped.hasFaults ||= fresh.length > 0;
  }
}
