/** The body of a frame out of its bytes as they are stored. Pure. */

import { decodeBody, PLAIN_BYTES_MAX } from '../../../frames/frame-codec.ts';
import type { ProposedFrame } from './messages.ts';

/**
 * Most bytes that the compressed bodies of one proposal may have together when they are plain: anyone may append, and a message of 1 MiB could declare gigabytes
 * in many frames.
 */
export const PROPOSAL_PLAIN_BYTES_MAX = PLAIN_BYTES_MAX;

const NO_TARGET = { take: () => null, isHashed: true };

/**
 * The plain body: the bytes themselves, or decompressed into memory of its own. `isHashed`: the caller compares its hash.
 * @throws LedgerError CANNOT_LOAD if there is no zstd
 * @throws Error with the fact, if the bytes are not what the frame says
 */
export function plainBodyOf(
  bytes: Buffer,
  { stored, plainBytes }: Pick<ProposedFrame, 'stored' | 'plainBytes'>,
  isHashed: boolean,
): Buffer {
  if (bytes.length !== stored.bytes) throw new Error('the body of its message is cut off');
  return decodeBody({ bytes, plainBytes }, isHashed ? NO_TARGET : undefined);
}
