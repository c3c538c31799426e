/**
 * Puts a segment on the disk so that it is whole or not there: written under another name, synced, given its name, and verified from the disk. A segment
 * that has its name is never replaced: it may be the only copy of what an older copy of the ledger has archived.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LedgerError } from '../../../model/ledger-error.ts';
import { newBlake3 } from '../../../native/blake3.ts';
import { giveName } from '../connection/give-name.ts';
import { isBusy } from '../connection/translate-error.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';
import type { StoredSegment } from './record.ts';

const DIGITS = 12;

/** Name of a segment: the first digits of the ledger's uuid, then its range. */
export function segmentName(uuid: string, from: number, through: number): string {
  const number = (value: number): string => String(value).padStart(DIGITS, '0');
  return `${uuid.slice(0, 8)}-${number(from)}-${number(through)}.segment`;
}

/** Makes the directory of a ledger's own archive. One that was named must be there. @throws LedgerError CANNOT_CREATE */
export function prepareDirectory(directory: string, isNamed: boolean): void {
  try {
    if (!isNamed) mkdirSync(directory, { mode: 0o700 });
    if (statSync(directory).isDirectory()) return;
    throw cannotCreate(directory, 'it is no directory');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    if (error instanceof LedgerError) throw error;
    throw cannotCreate(directory, code === 'EEXIST' ? 'it is no directory' : (code ?? 'unknown error'), error);
  }
}

function cannotCreate(path: string, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('CANNOT_CREATE', {
    message: `no segment can be written to ${path}: ${fact}`,
    hint: 'make the directory first, and check its owner and mode; nothing was archived',
    details: { path },
    cause,
  });
}

/** Opens a writer on an empty file beside the segment. @throws LedgerError BUSY if another process writes there, CANNOT_CREATE */
export function openPartial(path: string, open: (partial: string) => SegmentWriter): SegmentWriter {
  const partial = partialOf(path);
  refuseIfLocked(partial);
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o600));
    return open(partial);
  } catch (error) {
    if (isBusy(error)) throw busy(partial, error);
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof LedgerError || code?.startsWith('SQLITE')) throw error;
    throw cannotCreate(dirname(path), code ?? 'unknown error', error);
  }
}

/** One name for all segments of a ledger: what an interrupted run has left is found and replaced by the next one. */
export function partialOf(path: string): string {
  return join(dirname(path), `${basename(path).split('-', 1)[0]}.partial`);
}

/** A file that an interrupted run has left is not locked any more. */
function refuseIfLocked(partial: string): void {
  if (statSync(partial, { throwIfNoEntry: false }) === undefined) return;
  try {
    new SegmentWriter(partial, Buffer.alloc(0), []).discard();
  } catch (error) {
    if (isBusy(error)) throw busy(partial, error);
  }
}

function busy(partial: string, cause: unknown): LedgerError {
  return new LedgerError('BUSY', {
    message: `another process is archiving this ledger: it writes ${partial}`,
    hint: 'wait until it has finished, then try again',
    details: { path: partial },
    cause,
  });
}

/** Removes the other name of a segment that an interrupted run has left. */
export function removePartialOf(path: string): void {
  const partial = partialOf(path);
  const left = statSync(partial, { throwIfNoEntry: false });
  const { dev, ino } = statSync(path);
  if (left?.dev === dev && left.ino === ino) rmSync(partial);
}

/** Syncs a finished file and gives it the name of the segment. @throws LedgerError IO_FAILED, DISK_FULL, BUSY if another archive came first */
export function publish(path: string): void {
  const partial = partialOf(path);
  try {
    sync(partial, 'r+');
    giveName(partial, path);
    sync(dirname(path), 'r');
  } catch (error) {
    rmSync(partial, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') throw storedMeanwhile(path, error);
    throw new LedgerError(code === 'ENOSPC' ? 'DISK_FULL' : 'IO_FAILED', {
      message: `${path}: the segment cannot be stored (${code ?? 'unknown error'})`,
      hint: 'look at the disk and its free space; nothing was archived',
      details: { path, code },
      cause: error,
    });
  }
}

/** There was no segment when this run began, and its own file was under the other name. */
function storedMeanwhile(path: string, cause: unknown): LedgerError {
  return new LedgerError('BUSY', {
    message: `another process has archived this ledger meanwhile: ${path}`,
    hint: 'run the same command again; it continues with the segment that is there',
    details: { path },
    cause,
  });
}

function sync(path: string, mode: 'r' | 'r+'): void {
  const file = openSync(path, mode);
  try {
    fsyncSync(file);
  } catch (error) {
    // not every file system can sync a directory
    if (mode === 'r+') throw error;
  } finally {
    closeSync(file);
  }
}

/** Size and BLAKE3 of a segment that no connection has open. */
export async function measureSegment(path: string, signal?: AbortSignal): Promise<StoredSegment> {
  const hasher = newBlake3();
  // One memory for all of it: a stream makes a new one for each chunk, and left 27 MB of them to the garbage collector.
  const chunk = Buffer.allocUnsafeSlow(1024 * 1024);
  let bytes = 0;
  const file = await open(path);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      hasher.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
  return { file: basename(path), bytes, checksum: hasher.digestBuffer() };
}
