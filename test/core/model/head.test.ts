/** The head as an anchor in one word: written, kept elsewhere and read back. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatHead, parseHead } from '../../../src/core/model/events/head.ts';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';

const HASH = '0123456789abcdef'.repeat(4);

it('reads back what it writes', () => {
  const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
  fc.assert(
    fc.property(fc.record({ sequence: fc.maxSafeNat(), hash }), (anchor) => {
      expect(parseHead(formatHead(anchor))).toEqual(anchor);
    }),
  );
});

it('takes it as a shell hands it over, with blanks around', () => {
  expect(parseHead(` 412:${HASH}\n`)).toEqual({ sequence: 412, hash: HASH });
  expect(parseHead(`0:${HASH}`)).toEqual({ sequence: 0, hash: HASH });
});

it.each([
  '',
  '412',
  '412:',
  HASH,
  `:${HASH}`,
  `-1:${HASH}`,
  `01:${HASH}`,
  `1.5:${HASH}`,
  `1e3:${HASH}`,
  `412:${HASH.slice(1)}`,
  `412:${HASH}0`,
  `412:${HASH.toUpperCase()}`,
  `412 :${HASH}`,
  `412:${HASH}:1`,
  `12345678901234567:${HASH}`,
])('refuses %j', (text) => {
  expectRefusal('INVALID_ARGUMENT', () => parseHead(text));
});

it('refuses a sequence that a number cannot hold, rather than take the next one to it', () => {
  expectRefusal('INVALID_ARGUMENT', () => parseHead(`9007199254740993:${HASH}`));
});

it('is cut in the message that refuses it', () => {
  expect(refusalOf(() => parseHead('x'.repeat(100_000))).message.length).toBeLessThan(200);
});
