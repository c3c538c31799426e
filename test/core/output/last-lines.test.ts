import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LastLines } from '../../../src/core/output/last-lines.ts';
import { anyCharacter } from '../../support/any-character.ts';

function lastOf(...pieces: (string | Buffer)[]): string {
  const lines = new LastLines();
  for (const piece of pieces) lines.add(Buffer.from(piece));
  return lines.toString();
}

test('keeps the last ten lines', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  expect(lastOf(`${lines.join('\n')}\n\n`)).toBe(lines.slice(-10).join('\n'));
  expect(lastOf('one', ' line')).toBe('one line');
  expect(lastOf()).toBe('');
});

test('keeps the last 4 KiB of a line without an end, and no half character', () => {
  expect(lastOf('x'.repeat(10_000))).toBe('x'.repeat(4096));
  expect(lastOf('€'.repeat(3000))).toBe('€'.repeat(1365));
  expect(lastOf('a', '€'.repeat(3000), 'bc')).toBe(`${'€'.repeat(1364)}bc`);
  expect(lastOf('😀'.repeat(1024), 'x')).toBe(`${'😀'.repeat(1023)}x`);
});

test('shows what is no text as such', () => {
  expect(lastOf(Buffer.from([0x80, 0x61, 0xff]))).toBe('\ufffda\ufffd');
});

test('does not depend on how the text was split', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter, maxLength: 2000 }), { maxLength: 12 }), (pieces) => {
      expect(lastOf(...pieces)).toBe(lastOf(pieces.join('')));
    }),
  );
});
