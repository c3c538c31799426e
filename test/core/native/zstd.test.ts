import { expect, it } from 'vitest';
import { chooseZstd, compress, decompress } from '../../../src/core/native/zstd.ts';
import { isZstdFrame, readZstdFrame } from '../../../src/core/native/zstd-frame.ts';
import { nodeHasZstd, nodeZstd, packageZstd } from '../../support/zstd.ts';

const PLAIN = Buffer.from('[[0,0,{"tenant":"acme","amount":12}],\n'.repeat(100));
/** PLAIN, compressed by Node 22.23 in one call. */
const BY_NODE = Buffer.from('KLUv/WDYDW0BACQCW1swLDAseyJ0ZW5hbnQiOiJhY21lIiwiYW1vdTEyfV0sCgIAr07KC8NOJw==', 'base64');
/** PLAIN, compressed by Node's stream, which does not declare the size. */
const BY_STREAM = Buffer.from(
  'KLUv/QBYfQEAZAJbWzAsMCx7InRlbmFudCI6ImFjbWUiLCJhbW91bnQiOjEyfV0sCgEAfnXy1RMotS/9IAABAAA=',
  'base64',
);

/** A frame of one block, which repeats a byte. */
function repeated(plainBytes: number, declared = plainBytes): Buffer {
  const frame = Buffer.alloc(13);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame[4] = 0b1010_0000;
  frame.writeUInt32LE(declared, 5);
  frame.writeUIntLE((plainBytes << 3) | 0b011, 9, 3);
  frame[12] = 0x61;
  return frame;
}

it('reads frames of Node and of the package alike', () => {
  expect(decompress(BY_NODE, PLAIN.length)).toEqual(PLAIN);
  expect(packageZstd.decompress(BY_NODE, PLAIN.length)).toEqual(PLAIN);
  for (const level of [1, 3, 19])
    expect(decompress(packageZstd.compress(PLAIN, level), PLAIN.length), `level ${level}`).toEqual(PLAIN);
});

it.runIf(nodeHasZstd)('gives each implementation the frames of the other', () => {
  for (const level of [1, 3, 19]) {
    expect(nodeZstd?.decompress(packageZstd.compress(PLAIN, level), PLAIN.length)).toEqual(PLAIN);
    expect(packageZstd.decompress(nodeZstd?.compress(PLAIN, level) ?? PLAIN, PLAIN.length)).toEqual(PLAIN);
  }
});

it.each([0, 1, 255, 256, 257, 4000, 65_536, 65_792, 3_000_000])('declares a size of %d bytes', (size) => {
  const plain = Buffer.alloc(size, 'abcdefg');
  for (const zstd of [packageZstd, nodeZstd ?? packageZstd]) {
    const frame = zstd.compress(plain, 1);
    expect(readZstdFrame(frame)).toEqual({ plainBytes: size, frameBytes: frame.length });
    const back = decompress(frame, size);
    expect(back.equals(plain)).toBe(true);
    // memory that other buffers share cannot be handed to another thread
    expect(zstd.decompress(frame, size).buffer.byteLength).toBeLessThanOrEqual(size + 64);
  }
});

it('decompresses into memory of the caller, which is never exceeded', () => {
  const room = Buffer.alloc(PLAIN.length + 8, 1);
  const taken: number[] = [];
  const take = (bytes: number): Buffer => {
    taken.push(bytes);
    return room.subarray(0, bytes);
  };
  expect(decompress(BY_NODE, PLAIN.length, { take, isHashed: false })).toEqual(PLAIN);
  expect(decompress(BY_NODE, PLAIN.length, { take: () => null, isHashed: false })).toEqual(PLAIN);
  expect(taken).toEqual([PLAIN.length]);
  expect(packageZstd.decompress(BY_NODE, PLAIN.length, room.subarray(0, PLAIN.length)).buffer).toBe(room.buffer);
  expect(() => decompress(repeated(100_000, 10), 1000, { take, isHashed: true })).toThrow('cannot be decompressed');
  expect(room.subarray(PLAIN.length)).toEqual(Buffer.alloc(8, 1));
});

it('passes over the checksum for a caller that compares a hash, and for no other', () => {
  const altered = packageZstd.compress(PLAIN, 1);
  altered.writeUInt8((altered.at(-1) as number) ^ 1, altered.length - 1);
  expect(packageZstd.decompress(altered, PLAIN.length, null, true)).toEqual(PLAIN);
  expect(() => packageZstd.decompress(altered, PLAIN.length, null, false)).toThrow();
  expect(() => packageZstd.decompress(altered, PLAIN.length)).toThrow();
  expect(() => decompress(altered, PLAIN.length)).toThrow('the compressed body cannot be decompressed');
});

it('compresses into the same memory again, and returns none of it', () => {
  const first = packageZstd.compress(PLAIN, 1);
  const copy = Buffer.from(first);
  packageZstd.compress(Buffer.alloc(PLAIN.length, 'z'), 1);
  expect(first).toEqual(copy);
  expect(first.buffer.byteLength).toBe(first.length);
});

it('refuses a body that is longer than expected, before it takes memory for it', () => {
  expect(() => decompress(BY_NODE, PLAIN.length - 1)).toThrow(
    `the compressed body declares ${PLAIN.length} bytes, and at most ${PLAIN.length - 1} are expected`,
  );
  expect(() => decompress(repeated(16, 0xffff_ffff), 1000)).toThrow('declares 4294967295 bytes');
});

it('refuses content of another size than the header declares', () => {
  expect(decompress(repeated(100), 1000)).toEqual(Buffer.alloc(100, 'a'));
  for (const zstd of [packageZstd, nodeZstd ?? packageZstd])
    expect(() => zstd.decompress(repeated(100_000, 10), 10)).toThrow();
  expect(() => decompress(repeated(100_000, 10), 1000)).toThrow('the compressed body cannot be decompressed');
  expect(() => decompress(repeated(10, 100), 1000)).toThrow(/cannot be decompressed|has 10 bytes/);
});

it('refuses a frame without a size, with a dictionary, or of another form', () => {
  expect(() => decompress(BY_STREAM, 10_000)).toThrow('the compressed body does not declare its size');
  const withDictionary = Buffer.from(repeated(10));
  withDictionary[4] = 0b1010_0001;
  expect(() => decompress(withDictionary, 1000)).toThrow('the compressed body needs a dictionary');
  const reservedBit = Buffer.from(repeated(10));
  reservedBit[4] = 0b1010_1000;
  expect(() => decompress(reservedBit, 1000)).toThrow('has a reserved bit');
  const reservedBlock = Buffer.from(repeated(10));
  reservedBlock[9] = (reservedBlock[9] ?? 0) | 0b110;
  expect(() => decompress(reservedBlock, 1000)).toThrow('has a block of an unknown kind');
  expect(() => decompress(Buffer.from('[[0,0,1]]'), 1000)).toThrow('does not begin as a zstd frame');
  expect(isZstdFrame(PLAIN)).toBe(false);
});

it('refuses what follows a frame, and a frame that is cut anywhere', () => {
  expect(() => decompress(Buffer.concat([BY_NODE, Buffer.from('x')]), PLAIN.length)).toThrow(
    '1 bytes follow the compressed body',
  );
  expect(() => decompress(Buffer.concat([BY_NODE, compress(Buffer.alloc(0), 1)]), PLAIN.length)).toThrow('follow');
  for (let length = 0; length < BY_NODE.length; length++)
    expect(() => decompress(BY_NODE.subarray(0, length), PLAIN.length), `${length} bytes`).toThrow(
      /truncated|does not begin/,
    );
});

it('names Node 22.15 and the package if there is neither', () => {
  const missing = (name: string): never => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  };
  const { version } = process;
  expect(() => chooseZstd({ constants: {} }, missing)).toThrow(
    expect.objectContaining({
      code: 'CANNOT_LOAD',
      message: `zstd-napi is not installed, and Node ${version.slice(1)} has no zstd of its own: compressed frames need one of them`,
      hint: 'use Node 22.15 or later, or install the package: npm install zstd-napi@0.0.13',
    }),
  );
  const damaged = (): never => {
    throw new Error('/x/binding.node: file too short\nand more');
  };
  expect(() => chooseZstd({ constants: {} }, damaged)).toThrow(
    expect.objectContaining({
      code: 'CANNOT_LOAD',
      message: `zstd-napi 0.0.13 cannot be loaded by Node ${version.slice(1)}: /x/binding.node: file too short`,
    }),
  );
});
