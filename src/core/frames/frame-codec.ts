/**
 * What is stored of a frame's body, and what is parsed. A body is stored plain or as one zstd frame; hashes and the chain cover the plain body, so the
 * codec of a stored frame can change without any other change. Decoding happens once, where a row is read.
 */

import type { Compression } from '../model/compression.ts';
import { compress, type Decompression, decompress } from '../native/zstd.ts';
import { isZstdFrame } from '../native/zstd-frame.ts';

/** A body as it is stored. */
export interface StoredBody {
  readonly bytes: Buffer;
  /** Size of the plain body if `bytes` are compressed; null if they are the plain body. */
  readonly plainBytes: number | null;
}

/** Below this many bytes a frame's header outweighs what can be saved. */
const COMPRESSED_FROM_BYTES = 512;
/**
 * Largest plain body that is stored compressed. Readers refuse more, so that damage cannot make them take gigabytes for a frame of a few kilobytes. Bodies
 * of one commit are about 2 MiB; only a list of events in one call, or a very long line, makes larger ones.
 */
export const PLAIN_BYTES_MAX = 64 * 1024 * 1024;
/** A compressed body must be smaller by this part of the plain one: less is not worth the decompression. */
const SAVED_PART_MIN = 1 / 8;

/** @throws LedgerError CANNOT_LOAD if there is no zstd */
export function encodeBody(body: Buffer, compression: Compression | null): StoredBody {
  const plain: StoredBody = { bytes: body, plainBytes: null };
  if (compression === null || body.length < COMPRESSED_FROM_BYTES || body.length > PLAIN_BYTES_MAX) return plain;
  const bytes = compress(body, compression.level);
  return bytes.length <= body.length * (1 - SAVED_PART_MIN) ? { bytes, plainBytes: body.length } : plain;
}

/**
 * Returns the plain body, decompressed as `wish` says, or in memory of its own unless it is stored plain.
 * @throws LedgerError CANNOT_LOAD if there is no zstd
 * @throws Error with the fact, if the bytes are not what is stored for such a body
 */
export function decodeBody({ bytes, plainBytes }: StoredBody, wish?: Decompression): Buffer {
  if (plainBytes === null) {
    if (isZstdFrame(bytes)) throw new Error('the body is compressed, and its frame does not say so');
    return bytes;
  }
  if (plainBytes > PLAIN_BYTES_MAX)
    throw new Error(`the frame declares ${plainBytes} bytes, more than a compressed body may have`);
  const body = decompress(bytes, plainBytes, wish);
  if (body.length !== plainBytes)
    throw new Error(`the compressed body has ${body.length} bytes, and its frame declares ${plainBytes}`);
  return body;
}

/**
 * The SQL function `zstd_text(body)`, which the view `events` calls for compressed bodies. Other connections register it to read the view:
 * `db.function('zstd_text', zstdText)`.
 * @throws LedgerError CANNOT_LOAD if there is no zstd
 * @throws Error if the body is no compressed body
 */
export function zstdText(body: Uint8Array): string {
  return decompress(body, PLAIN_BYTES_MAX).toString('utf8');
}
