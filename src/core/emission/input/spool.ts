/** Keeps an input whole before any of it is committed, in a file without a name: a crash leaves nothing behind. */

import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { LedgerError } from '../../model/ledger-error.ts';
import type { InputSource } from '../commit/ingest.ts';
import { CHUNK_BYTES } from './chunk.ts';
import { PieceEncoder } from './piece-encoder.ts';

const readAt = promisify(read);

export interface Spool {
  /** The same sources, to be read from the file. */
  readonly sources: readonly InputSource[];
  close(): void;
}

/** Reads all sources to their end, or until the signal aborts. @throws LedgerError IO_FAILED when the directory for temporary files is full. */
export async function spool(sources: readonly InputSource[], signal?: AbortSignal): Promise<Spool> {
  const file = openNameless();
  try {
    const spans: { name: string; start: number; end: number }[] = [];
    let end = 0;
    for (const source of sources) {
      const start = end;
      const encoder = new PieceEncoder();
      for await (const piece of untilAborted(source.open(), signal)) end += write(file, encoder.encode(piece));
      end += write(file, encoder.end());
      spans.push({ name: source.name, start, end });
    }
    return {
      sources: spans.map((span) => ({
        name: span.name,
        open: () => readSpan(file, span.start, span.end),
        isPrompt: true,
      })),
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

async function* untilAborted(
  source: AsyncIterable<Uint8Array | string>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array | string> {
  const stream = source instanceof Readable ? source : Readable.from(source);
  const stop = (): void => void stream.destroy();
  signal?.addEventListener('abort', stop);
  // the signal may have come before: standard input could be waited for without end
  if (signal?.aborted) stop();
  try {
    yield* stream;
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Not a stream of Node's: destroying one closes the file, and other sources are in it too. */
async function* readSpan(file: number, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
    const { bytesRead } = await readAt(file, piece, 0, piece.length, at);
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function openNameless(): number {
  const directory = mkdtempSync(join(tmpdir(), 'completengine-'));
  try {
    return openSync(join(directory, 'spool'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function write(file: number, bytes: Uint8Array): number {
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    return bytes.length;
  } catch (error) {
    throw new LedgerError('IO_FAILED', {
      message: `the input cannot be kept in ${tmpdir()}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`,
      hint: 'free some space there, or set TMPDIR to another directory',
      cause: error,
    });
  }
}
