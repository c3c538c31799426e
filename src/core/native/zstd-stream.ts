/** Decodes a stream of zstd frames: with Node's zstd from 22.15 on, and below it with the package `zstd-napi`. */

import { createRequire } from 'node:module';
import type { Gunzip } from 'node:zlib';
import { loadZstdPackage } from './zstd.ts';

/** Either a stream of zlib, or a function that decodes piece by piece in this thread. */
export type ZstdDecoder =
  | { readonly stream: Gunzip }
  | { readonly decode: (pieces: AsyncIterable<Buffer>) => AsyncGenerator<Uint8Array, void, undefined> };

/** The part of node:zlib that Node 20 does not have. */
interface NodeZlib {
  readonly createZstdDecompress?: (options: object) => Gunzip;
}

/** The low-level part of zstd-napi; its own stream writes all that a piece decodes to at once, however much that is. */
interface StreamBinding {
  readonly DCtx: new () => {
    /** Returns a hint that is 0 at the end of a frame, the bytes written, and the bytes consumed. */
    decompressStream(target: Uint8Array, bytes: Uint8Array): [number, number, number];
  };
}

/** `decodedBytes`: most that it returns at a time. @throws LedgerError CANNOT_LOAD */
export function zstdDecoder(decodedBytes: number): ZstdDecoder {
  const { createZstdDecompress } = createRequire(import.meta.filename)('node:zlib') as NodeZlib;
  if (createZstdDecompress !== undefined)
    return { stream: createZstdDecompress({ chunkSize: decodedBytes, readableHighWaterMark: 1 }) };
  const { DCtx } = loadZstdPackage() as StreamBinding;
  return { decode: (pieces) => decode(new DCtx(), Buffer.allocUnsafeSlow(decodedBytes), pieces) };
}

async function* decode(
  context: InstanceType<StreamBinding['DCtx']>,
  target: Buffer,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isInFrame = false;
  for await (const piece of pieces) {
    let rest: Buffer = piece;
    let hasMore = true;
    while (rest.length > 0 || hasMore) {
      const [hint, written, consumed] = context.decompressStream(target, rest);
      rest = rest.subarray(consumed);
      isInFrame = hint !== 0;
      hasMore = isInFrame && written === target.length;
      if (written > 0) yield target.subarray(0, written);
    }
  }
  if (isInFrame) throw new Error('unexpected end of a frame');
}
