/** Decodes compressed input piece by piece, in bounded memory: streams of several members or frames, and files cut short. */

import { createRequire } from 'node:module';
import type { Gunzip } from 'node:zlib';
import { type Codec, contentKind } from '../../model/content-kind.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { cutAtFrames } from '../../native/zstd-frames.ts';
import { zstdDecoder } from '../../native/zstd-stream.ts';

type Decode = (pieces: AsyncIterable<Buffer>) => AsyncIterable<Uint8Array>;

/** Decoded bytes at a time: half a chunk, so that the next are decoded while the chunk is scanned. */
const DECODED_BYTES = 1024 * 1024;

const DECODERS: Readonly<Record<Codec, () => Decode>> = {
  gzip: () => (pieces) => throughStream(gunzip(), pieces),
  zstd: () => {
    const decoder = zstdDecoder(DECODED_BYTES);
    return (pieces) =>
      'stream' in decoder ? throughStream(decoder.stream, cutAtFrames(pieces)) : decoder.decode(pieces);
  },
};

/**
 * The decoded bytes; a piece is valid until the next one is asked for. `source`: its name in messages.
 * @throws LedgerError INPUT_UNREADABLE at the position where the compressed bytes end early or are damaged, CANNOT_LOAD without a zstd
 */
export async function* decoded(
  codec: Codec,
  pieces: AsyncIterable<Buffer>,
  source: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytesRead = 0;
  let sourceError: { readonly error: unknown } | undefined;
  const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const piece of pieces) {
        bytesRead += piece.length;
        yield piece;
      }
    } catch (error) {
      sourceError = { error };
      throw error;
    }
  };
  const decode = DECODERS[codec]();
  try {
    yield* decode(counted());
  } catch (error) {
    if (sourceError !== undefined) throw sourceError.error;
    throw unreadable(source, codec, bytesRead, error);
  }
}

/** A stream of zlib that decodes, with as little read ahead as it can have. */
function gunzip(): Gunzip {
  // few commands decompress, and its import is a tenth of a small command's time
  const zlib = createRequire(import.meta.filename)('node:zlib') as typeof import('node:zlib');
  return zlib.createGunzip({ chunkSize: DECODED_BYTES, readableHighWaterMark: 1 } as object);
}

/**
 * Writes one piece after the other into a decoding stream, and reads all that it makes of one before it writes the next: a stream drops what it has not
 * handed out when it fails.
 */
async function* throughStream(
  stream: Gunzip,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let wake = (): void => {};
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  stream.on('readable', () => wake());
  stream.on('end', () => {
    hasEnded = true;
    wake();
  });
  stream.on('error', (error) => {
    failure = { error };
    wake();
  });
  const output = async function* (isDone: () => boolean): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = stream.read() as Buffer | null;
      if (piece !== null) yield piece;
      else if (failure !== undefined) throw failure.error;
      else if (isDone()) return;
      else await change();
    }
  };
  try {
    for await (const piece of pieces) {
      let isTaken = false;
      stream.write(piece, () => {
        isTaken = true;
        wake();
      });
      yield* output(() => isTaken);
    }
    stream.end();
    yield* output(() => hasEnded);
  } finally {
    stream.destroy();
  }
}

function unreadable(source: string, codec: Codec, bytesRead: number, error: unknown): unknown {
  if (error instanceof LedgerError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const isCut = code === 'Z_BUF_ERROR' || /unexpected end|middle of/i.test(message);
  return new LedgerError('INPUT_UNREADABLE', {
    message: isCut
      ? `${source}: the ${codec} data end early, after ${bytesRead} compressed bytes`
      : `${source}: the ${codec} data are damaged, within their first ${bytesRead} compressed bytes: ${message.split('\n', 1)[0]}`,
    hint: 'the lines decoded before are committed; get the whole file, then emit the rest, or all of it with `producer`',
    details: { source, codec, compressedBytes: bytesRead },
    cause: error,
  });
}

/** Whether a file that begins with these bytes is decoded, so that its size is not that of its lines. */
export function isCompressed(first: Uint8Array): boolean {
  return contentKind(first, true).kind === 'compressed';
}
