/** Measures the file of a segment, and compares it with its record: SQLite does not read all bytes of a file, and blocks do not cover its structure. */

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../../model/ledger-error.ts';
import { newBlake3 } from '../../../native/blake3.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import type { StoredSegment } from './record.ts';

export interface MeasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Leaves as much time to others as it takes. */
  readonly isGentle?: boolean | undefined;
}

/**
 * Size and BLAKE3 of a segment. Closing it drops the locks that connections of this process have on it, which does not matter: a segment is never written.
 * @throws LedgerError IO_FAILED; the reason of the signal
 */
export async function measureSegment(path: string, options: MeasureOptions): Promise<StoredSegment> {
  try {
    return await measure(path, options);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined || cause instanceof LedgerError || options.signal?.aborted) throw cause;
    throw new LedgerError('IO_FAILED', {
      message: `${path} cannot be read: ${code}`,
      hint: 'look at the disk, then run the same command again',
      details: { segment: path, code },
      cause,
    });
  }
}

async function measure(path: string, { signal, isGentle }: MeasureOptions): Promise<StoredSegment> {
  const hasher = newBlake3();
  // One memory for all of it: a stream makes a new one for each chunk, and left 27 MB of them to the garbage collector.
  const chunk = Buffer.allocUnsafeSlow(1024 * 1024);
  let bytes = 0;
  const file = await open(path);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const begun = performance.now();
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      hasher.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
      if (isGentle) await sleep(performance.now() - begun);
    }
  } finally {
    await file.close();
  }
  return { file: basename(path), bytes, checksum: hasher.digestBuffer() };
}

/** @throws LedgerError VERIFICATION_FAILED if a bit of the file differs from what was archived, IO_FAILED */
export async function checkSegment(path: string, row: ArchiveRow, options: MeasureOptions): Promise<void> {
  const { firstSequence: sequence, through } = row;
  const details = { segment: path, sequence, through };
  const measured = await measureSegment(path, options);
  if (measured.bytes === row.bytes && row.checksum !== null && measured.checksum.equals(row.checksum)) return;
  throw new LedgerError('VERIFICATION_FAILED', {
    message: `${path} is not the file that was archived with sequences ${sequence} to ${through}: its BLAKE3 is ${measured.checksum.toString('hex')}, and the record has ${row.checksum?.toString('hex') ?? 'none'}`,
    hint: 'restore an intact copy of this segment, or name the directory that has one with `archive`',
    details,
  });
}
