/** Stores a whole input in an unlinked temporary file before any of it is committed: a crash leaves no file. */

import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { LedgerError } from '../../model/ledger-error.ts';
import { CHUNK_BYTES } from './chunk.ts';
import type { InputSource } from './input-source.ts';
import { PieceEncoder } from './piece-encoder.ts';

const readAt = promisify(read);

export interface Spool {
  /** The same sources, read from the file. */
  readonly sources: readonly InputSource[];
  close(): void;
}

/** Reads all sources to their end, or until the signal aborts. @throws LedgerError IO_FAILED if the temporary directory is full. */
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
  // the signal may have aborted before: standard input could block forever
  if (signal?.aborted) stop();
  try {
    yield* stream;
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** An iterable and not a Node stream: destroying a stream closes the file, which holds other sources too. */
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
