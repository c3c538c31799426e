/** Keys that murmur2 hashes alike, as an attacker could choose them. */

/** Eight bytes each and one hash for all: the top bit of a word, and what it does to the next one, cancel out. */
export function keysOfOneHash(count: number): Buffer[] {
  const multiplier = 0x5bd1e995;
  const mix = (word: number) => {
    const first = Math.imul(word, multiplier);
    return Math.imul(first ^ (first >>> 24), multiplier);
  };
  const unmix = (mixed: number) => {
    const inverse = Number(modularInverse(BigInt(multiplier)));
    const first = Math.imul(mixed, inverse);
    return Math.imul(first ^ (first >>> 24), inverse);
  };
  // any first word, and the second one that brings the hash where it shall be
  const length = 8;
  const target = 12345;
  return Array.from({ length: count }, (_, nth) => {
    const key = Buffer.alloc(length);
    key.writeInt32LE(nth + 1, 0);
    const behindFirst = Math.imul(0x9747b28c ^ length, multiplier) ^ mix(nth + 1);
    key.writeInt32LE(unmix(Math.imul(behindFirst, multiplier) ^ target), 4);
    return key;
  });
}

function modularInverse(odd: bigint): bigint {
  let inverse = odd;
  for (let round = 0; round < 5; round++) inverse = BigInt.asUintN(32, inverse * (2n - odd * inverse));
  return inverse;
}
