/**
 * MurmurHash2, 32 bits, with Kafka's seed: the number behind `hash` routing. Pure. Source: Austin Appleby's MurmurHash2
 * and Kafka's Utils.murmur2.
 */

import { byteAt } from '../text/bytes.ts';

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** Hash of `bytes[start, end)`, as a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let word =
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const rest = end - at;
  if (rest >= 3) hash ^= byteAt(bytes, at + 2) << 16;
  if (rest >= 2) hash ^= byteAt(bytes, at + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, at), MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition that Kafka's default partitioner chooses for a key among `count`. */
export function hashPartition(bytes: Uint8Array, start: number, end: number, count: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % count;
}
