/** Sessions by their bytes: one number each, whatever the keys, how many there are, and how they were chosen. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2 } from '../../../src/core/model/routing/murmur2.ts';
import { SessionTable } from '../../../src/core/model/routing/session-table.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { keysOfOneHash } from '../../support/keys-of-one-hash.ts';

function numberIn(table: SessionTable, key: Buffer): number {
  // in the midst of other bytes, as in a line
  const line = Buffer.concat([Buffer.from('{"s":"'), key, Buffer.from('"}')]);
  return table.numberOf(line, 6, 6 + key.length);
}

function lookedUpTogether(table: SessionTable, keys: readonly string[], encoding: BufferEncoding = 'utf8'): number[] {
  const bytes = keys.map((key) => Buffer.from(key, encoding));
  const ends = new Uint32Array(keys.length);
  let end = 0;
  for (const [nth, { length }] of bytes.entries()) ends[nth] = end += length;
  const starts = ends.map((each, nth) => each - (bytes[nth]?.length ?? 0));
  const numbers = new Int32Array(keys.length);
  table.numbersOf(Buffer.concat(bytes), starts, ends, numbers);
  return [...numbers];
}

describe('a key', () => {
  it('has one stable number, dense in the order of first use, and returns the key as it was', () => {
    const keys = fc.array(
      fc.oneof(fc.string({ unit: anyCharacter, maxLength: 12 }), fc.constantFrom('', 'a', 'aa', 'a\0', 'größe')),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(keys, (all) => {
        const table = new SessionTable();
        const plain = new Map<string, number>();
        for (const key of all) {
          const expected = plain.get(key) ?? plain.size;
          plain.set(key, expected);
          expect(numberIn(table, Buffer.from(key))).toBe(expected);
        }
        expect(table.size).toBe(plain.size);
        for (const [key, number] of plain) expect(table.textOf(number)).toBe(key);
      }),
    );
  });

  it('has the same number among many that are looked up together, also where they make the table grow', () => {
    const keys = fc.array(fc.oneof(fc.string({ maxLength: 9 }), fc.nat({ max: 5000 }).map(String)), {
      maxLength: 4000,
    });
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 4 }), (chunks) => {
        const [together, alone] = [new SessionTable(), new SessionTable()];
        for (const chunk of chunks) {
          const numbers = lookedUpTogether(together, chunk);
          expect(numbers).toEqual(chunk.map((key) => numberIn(alone, Buffer.from(key))));
          expect(numbers.map((number) => together.textOf(number))).toEqual(chunk);
        }
      }),
      { numRuns: 20 },
    );
    const table = new SessionTable();
    const crowded = keysOfOneHash(2000).map((key) => key.toString('latin1'));
    const numbers = lookedUpTogether(table, crowded, 'latin1');
    expect(numbers).toEqual([...crowded.keys()]);
    expect(lookedUpTogether(table, crowded, 'latin1')).toEqual(numbers);
  });

  it('keeps its number while the table grows', () => {
    const table = new SessionTable();
    const keys = Array.from({ length: 50_000 }, (_, nth) => Buffer.from(`session ${nth * 7919}`));
    const numbers = keys.map((key) => numberIn(table, key));
    expect(numbers).toEqual([...keys.keys()]);
    expect(keys.map((key) => numberIn(table, key))).toEqual(numbers);
    expect(table.bytes).toBeLessThan(10_000_000);
  });

  it('of thousands that were chosen to have one hash has a number of its own too, in good time', () => {
    const table = new SessionTable();
    const keys = keysOfOneHash(20_000);
    expect(new Set(keys.map((key) => murmur2(key, 0, key.length))).size).toBe(1);
    const others = Array.from({ length: 5000 }, (_, nth) => Buffer.from(`other ${nth}`));
    const mixed = keys.flatMap((key, nth) => (nth < others.length ? [key, others[nth] as Buffer] : [key]));
    expect(mixed.map((key) => numberIn(table, key))).toEqual([...mixed.keys()]);
    expect(mixed.map((key) => numberIn(table, key))).toEqual([...mixed.keys()]);
  });
});
