/** Reads the header and the block list of a zstd frame (RFC 8878), so that its size is known before anything is decompressed. Pure. */

export interface ZstdFrame {
  /** Bytes of the decompressed content, as the header declares them. */
  readonly plainBytes: number;
  /** Bytes of the frame: its header, all blocks, and the checksum if it has one. */
  readonly frameBytes: number;
}

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const BLOCK_HEADER_BYTES = 3;
const BLOCK_REPEATED = 1;
const BLOCK_RESERVED = 3;
const CHECKSUM_BYTES = 4;

/** Whether the bytes begin with the magic number of a zstd frame. */
export function isZstdFrame(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/** @throws Error for bytes that are no whole zstd frame, for one without a content size, and for one that needs a dictionary */
export function readZstdFrame(bytes: Uint8Array): ZstdFrame {
  if (!isZstdFrame(bytes)) throw new Error('the compressed body does not begin as a zstd frame');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = byteAt(view, MAGIC.length);
  if ((descriptor & 0b1000) !== 0) throw new Error('the header of the compressed body has a reserved bit');
  if (DICTIONARY_ID_BYTES[descriptor & 0b11] !== 0) throw new Error('the compressed body needs a dictionary');
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  // a frame of a single segment has no window descriptor, and always a content size
  const at = MAGIC.length + (isSingleSegment ? 1 : 2);
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0);
  if (sizeBytes === 0) throw new Error('the compressed body does not declare its size');
  const plainBytes = contentSize(view, at, sizeBytes);
  const hasChecksum = (descriptor & 0b100) !== 0;
  return { plainBytes, frameBytes: blocksEnd(view, at + sizeBytes) + (hasChecksum ? CHECKSUM_BYTES : 0) };
}

function contentSize(view: Buffer, at: number, bytes: number): number {
  if (at + bytes > view.length) throw truncated();
  if (bytes === 8) return Number(view.readBigUInt64LE(at));
  // the form of two bytes counts from 256 on: smaller sizes take one
  return view.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

/** Offset behind the last block. */
function blocksEnd(view: Buffer, start: number): number {
  for (let at = start; at + BLOCK_HEADER_BYTES <= view.length; ) {
    const header = view.readUIntLE(at, BLOCK_HEADER_BYTES);
    const kind = (header >> 1) & 0b11;
    if (kind === BLOCK_RESERVED) throw new Error('the compressed body has a block of an unknown kind');
    // a repeated block is stored as the one byte that it repeats
    at += BLOCK_HEADER_BYTES + (kind === BLOCK_REPEATED ? 1 : header >> 3);
    if ((header & 1) !== 0) return at;
  }
  throw truncated();
}

function byteAt(view: Buffer, at: number): number {
  const byte = view[at];
  if (byte === undefined) throw truncated();
  return byte;
}

function truncated(): Error {
  return new Error('the compressed body is truncated');
}
