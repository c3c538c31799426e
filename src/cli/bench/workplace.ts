/** Manages the temporary directory: a new one, so that no existing ledger is touched. It is removed at the end or at the signal. */

import { mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LedgerError } from '../../index.ts';
import { bytes } from '../terminal/format-numbers.ts';

const LEDGER_FILES = ['', '-wal', '-shm'];

export class Workplace {
  readonly directory: string;

  private constructor(directory: string, signal: AbortSignal) {
    this.directory = directory;
    // remove at once: a second Ctrl-C kills this process. As a microtask, so that other listeners kill their processes first
    const remove = () => queueMicrotask(() => this.#removeNow());
    if (signal.aborted) remove();
    else signal.addEventListener('abort', remove, { once: true });
  }

  /** Creates it in `parent`. @throws LedgerError CANNOT_CREATE; DISK_FULL if less than `bytesNeeded` are free */
  static make(parent: string, bytesNeeded: number, signal: AbortSignal): Workplace {
    try {
      const place = resolve(parent);
      const { bavail, bsize } = statfsSync(place);
      if (bavail * bsize < bytesNeeded) throw noRoom(place, bytesNeeded, bavail * bsize);
      return new Workplace(mkdtempSync(join(place, 'completengine-bench-')), signal);
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new LedgerError('CANNOT_CREATE', {
        message: `no temporary ledger can be created in ${parent}: ${code ?? message}`,
        hint: 'use a writable directory: --dir DIRECTORY',
        cause: error,
      });
    }
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** The disk space of a ledger that no process has open. */
  ledgerBytes(ledger: string): number {
    return LEDGER_FILES.reduce(
      (sum, suffix) => sum + (statSync(ledger + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  /** For a ledger that no process has open. */
  removeLedger(ledger: string): void {
    for (const suffix of LEDGER_FILES) rmSync(ledger + suffix, { force: true });
  }

  remove(): void {
    // a process that was just killed may have created another file meanwhile
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }

  #removeNow(): void {
    try {
      this.remove();
    } catch {
      // retried at the end of the run
    }
  }
}

function noRoom(place: string, needed: number, free: number): LedgerError {
  return new LedgerError('DISK_FULL', {
    message: `${place} has ${bytes(free)} free, and the measurement needs ${bytes(needed)}`,
    hint: 'use fewer --events, or another --dir',
  });
}
