import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionTable } from '../../../src/core/model/routing/session-table.ts';
import { anyCharacter } from '../../support/any-character.ts';

/** Sorts keys by way of their numbers, in the order in which they come. */
function inOrder(keys: readonly string[]): string[] {
  const table = new SessionTable();
  const numbers = keys.map((key) => table.numberOf(Buffer.from(key), 0, Buffer.byteLength(key)));
  return [...table.inKeyOrder(Int32Array.from(numbers))].map((place) => table.textOf(numbers[place] as number));
}

test('sessions come in the order of their keys, whatever these begin with', () => {
  const anyKeys = fc.uniqueArray(fc.string({ minLength: 0, maxLength: 4 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), anyKeys, (begin, ends) => {
      const byBytes = [...ends].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      expect(inOrder(ends.map((end) => begin + end))).toEqual(byBytes.map((end) => begin + end));
    }),
  );
});

test('every session comes once, even if keys differ only after the compared bytes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: anyCharacter, maxLength: 30 }), { maxLength: 40 }), (keys) => {
      const wellFormed = [...new Set(keys.map((key) => key.toWellFormed()))];
      expect(inOrder(wellFormed).sort()).toEqual([...wellFormed].sort());
    }),
  );
  expect(inOrder(['a', 'z00001', 'z00003', 'z00002'].map((key) => key.padEnd(9, '-')))).toEqual([
    'a--------',
    'z00001---',
    'z00003---',
    'z00002---',
  ]);
  expect(inOrder([])).toEqual([]);
});
