/**
 * A chunk from the moment it is sent until it is completed, with the lines that all of its drafts skip.
 * Rejected lines are handed to the caller before the commit that skips them: after it a producer never reads them again, so a crash in between would lose
 * them. A line that was handed over stays out of every later draft of the chunk, so it is never both rejected and committed.
 */

import type { KnownId } from '../../model/events/commit.ts';
import { LineFault } from '../../scan/line-fault.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import { type BadLineAt, type BuiltDraft, noneSkipped, type SkippedLines } from '../draft/draft-builder.ts';
import type { DraftFactory } from '../draft/draft-factory.ts';
import type { Chunk } from '../input/chunk.ts';
import type { DuplicateLine } from './chunk-report.ts';

export class SentChunk {
  readonly chunk: Chunk;
  readonly drafts: DraftFactory;
  /** Lines whose id the ledger holds already, with the same bytes. */
  readonly duplicates: DuplicateLine[] = [];
  /** Lines that a producer's earlier run has taken. */
  resumed = 0;
  readonly #handedOver = new Set<number>();
  #skipped: SkippedLines | undefined;

  constructor(chunk: Chunk, drafts: DraftFactory) {
    this.chunk = chunk;
    this.drafts = drafts;
  }

  /** Lines that the next draft skips; `rows`: number of rows of the chunk's scan, the same in every epoch. */
  skipped(rows: number): SkippedLines {
    this.#skipped ??= noneSkipped(rows, this.chunk.callOfRow);
    return this.#skipped;
  }

  /** Skips the lines before this byte of the chunk: a producer's earlier run has taken them. */
  skipBefore(resumeAt: number, lines: ScannedLines): void {
    const { done } = this.skipped(lines.count);
    let line = 0;
    for (; line < lines.count && (lines.starts[line] as number) < resumeAt; line++) done[line] = 1;
    this.resumed = line;
  }

  /** Skips the ids that the ledger holds: repeats as duplicates, other payloads as conflicts. `rows`: rows of the draft's events. */
  skipKnown(known: readonly KnownId[], rows: Uint32Array): void {
    const skipped = this.#skipped;
    if (skipped === undefined) return;
    for (const { index, isRepeat, sequence } of known) {
      const row = rows[index] as number;
      if (isRepeat) {
        skipped.done[row] = 1;
        this.duplicates.push({ row, sequence });
      } else {
        skipped.faults[row] = LineFault.ID_CONFLICT;
        skipped.conflicts.set(row, sequence);
        skipped.hasFaults = true;
      }
    }
  }

  /** Bad lines of a draft that were not handed over yet. */
  newRejects({ badLines }: BuiltDraft): readonly BadLineAt[] {
    return badLines.filter(({ line }) => !this.#handedOver.has(line));
  }

  /** Skips rejected lines after they were handed over. */
  skipRejects(rejects: readonly BadLineAt[]): void {
    const skipped = this.#skipped;
    if (skipped === undefined) return;
    for (const { line, fault } of rejects) {
      this.#handedOver.add(line);
      skipped.faults[line] = fault;
    }
    skipped.hasFaults ||= rejects.length > 0;
  }
}
