/** Formats the progress and the result of `compact`. */

import type { CompactProgress, CompactReport } from '../../index.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

export class CompactProgressLine {
  readonly #bar: ProgressBar;

  constructor(isQuiet: boolean) {
    this.#bar = new ProgressBar({ format: '{frames}  {sizes}  {free}', total: null, isQuiet });
  }

  update({ frames, bytesBefore, bytesAfter, freeBytes }: CompactProgress): void {
    this.#bar.update(frames, () => ({
      frames: plural(frames, 'frame'),
      sizes: `${bytes(bytesBefore)} to ${bytes(bytesAfter)}`,
      free: freeBytes === null ? '' : `${bytes(freeBytes)} to give back`,
    }));
  }

  stop(): void {
    this.#bar.stop();
  }
}

export function compactText(report: CompactReport): string {
  const { frames, bytesBefore, bytesAfter, storageBytesBefore, storageBytesAfter } = report;
  const rewritten =
    frames === 0 ? 'no frame to rewrite' : `${plural(frames, 'frame')}: ${bytes(bytesBefore)} to ${bytes(bytesAfter)}`;
  return `${rewritten}; ledger ${bytes(storageBytesBefore)} to ${bytes(storageBytesAfter)}`;
}

/** What is left to do, and its price; null if nothing is. */
export function compactNote({ freeBytes, canGiveBack, isComplete }: CompactReport): string | null {
  if (!isComplete) return 'stopped: run the same command again to continue';
  if (freeBytes === 0 || canGiveBack) return null;
  return `${bytes(freeBytes)} stay free in the file for later events: it was created without a page map. To shrink it once nothing uses it: sqlite3 FILE "PRAGMA auto_vacuum = 2; VACUUM"; that takes the ledger's size in disk space and blocks emitters meanwhile`;
}
