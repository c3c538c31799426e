/** Bodies that a few kilobytes make as long as one likes. */

/** A zstd frame that declares a size, of blocks of 128 KiB, each of which repeats one byte: four bytes for each. */
export function bomb(declared: number, blocks: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0b1110_0000;
  header.writeBigUInt64LE(BigInt(declared), 5);
  const block = Buffer.from([0x02, 0x00, 0x10, 0x78]);
  const last = Buffer.from([0x03, 0x00, 0x10, 0x78]);
  return Buffer.concat([header, ...Array.from({ length: blocks - 1 }, () => block), last]);
}
