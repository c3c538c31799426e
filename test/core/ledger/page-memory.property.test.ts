/** Laws of a page's memory: each body comes out of it as it went in, wherever it was before, and so does the hash that was left to the receiver. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashBody } from '../../../src/core/ledger/protocol/chain.ts';
import { PageMemory } from '../../../src/core/ledger/sqlite/threads/page-memory.ts';
import { packPage, unpackPage } from '../../../src/core/ledger/sqlite/threads/reader-protocol.ts';

/** A body, and whether it is decoded into the memory. */
const small = fc.uint8Array({ minLength: 1, maxLength: 40 });
/** About the size from which on a body travels in its own memory. */
const large = fc
  .tuple(fc.nat(255), fc.integer({ min: -2, max: 2 }))
  .map(([fill, more]) => Buffer.alloc(16 * 1024 + more, fill));
const anyBody = fc.record({ bytes: fc.oneof({ weight: 5, arbitrary: small }, large), isDecoded: fc.boolean() });
const anyPage = fc.array(fc.array(anyBody, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

const FRAME = { sequence: 1, offset: 0, count: 1, firstTime: 0, lastTime: 0, key: null };

/** The page as a reader makes it; bodies that find no room have memory of their own. */
function read(memory: PageMemory, page: readonly (readonly { bytes: Uint8Array; isDecoded: boolean }[])[]) {
  return page.map((bodies, at) => ({
    firstSequence: at + 1,
    frames: bodies.map(({ bytes, isDecoded }, partition) => {
      const body = (isDecoded ? memory.take(bytes.length) : null) ?? Buffer.allocUnsafeSlow(bytes.length);
      body.set(bytes);
      const frame = { ...FRAME, partition, body, hash: hashBody(body) };
      memory.leaves(frame);
      return frame;
    }),
  }));
}

test('a page comes out of its memory as it was read, also out of one that is too small or was used before', () => {
  let used: ArrayBuffer = new ArrayBuffer(64);
  let [grown, owned] = [0, 0];
  fc.assert(
    fc.property(anyPage, fc.boolean(), fc.boolean(), (page, leavesHashes, isSmall) => {
      const before = isSmall ? new ArrayBuffer(32) : used;
      const memory = new PageMemory(before, { isHashed: true, leavesHashes });
      const packed = packPage({ commits: read(memory, page), next: 7 }, memory);
      if (packed.memory !== before) grown++;
      if (packed.own.length > 0) owned++;
      const back = unpackPage(packed);
      expect(back?.next).toBe(7);
      expect(back?.commits.map(({ frames }) => frames.map(({ body }) => [...body]))).toEqual(
        page.map((bodies) => bodies.map(({ bytes }) => [...bytes])),
      );
      used = packed.memory;
    }),
  );
  expect(Math.min(grown, owned)).toBeGreaterThan(0);
});

test('a body that does not have the hash that was left to the receiver makes the page unsound', () => {
  let left = 0;
  fc.assert(
    fc.property(anyPage, fc.boolean(), fc.nat(), (page, leavesHashes, place) => {
      const memory = new PageMemory(null, { isHashed: true, leavesHashes });
      const commits = read(memory, page);
      const frames = commits.flatMap((commit) => commit.frames);
      fc.pre(frames.length > 0);
      const { body } = frames[place % frames.length] as (typeof frames)[number];
      body[0] = (body[0] as number) ^ 1;
      const isLeft = memory.hashOf(body) !== null;
      if (isLeft) left++;
      expect(isLeft).toBe(leavesHashes && page.flat()[place % frames.length]?.isDecoded);
      expect(unpackPage(packPage({ commits, next: null }, memory)) === null).toBe(isLeft);
    }),
  );
  expect(left).toBeGreaterThan(0);
});
