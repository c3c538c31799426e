/** MurmurHash2, 32 bits, with Kafka's seed. The reference is `router/murmur2.ts`. */

const SEED: u32 = 0x9747b28c;
const MULTIPLIER: u32 = 0x5bd1e995;

export function murmur2(start: usize, length: u32): u32 {
  let hash: u32 = SEED ^ length;
  let at = start;
  const last = start + (length & ~3);
  for (; at < last; at += 4) {
    let word = load<u32>(at) * MULTIPLIER;
    word ^= word >> 24;
    hash = (hash * MULTIPLIER) ^ (word * MULTIPLIER);
  }
  const rest = length & 3;
  if (rest == 3) hash ^= (<u32>load<u8>(at + 2)) << 16;
  if (rest >= 2) hash ^= (<u32>load<u8>(at + 1)) << 8;
  if (rest >= 1) hash = (hash ^ <u32>load<u8>(at)) * MULTIPLIER;
  hash ^= hash >> 13;
  hash *= MULTIPLIER;
  return hash ^ (hash >> 15);
}
