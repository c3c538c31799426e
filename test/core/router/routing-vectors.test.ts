/**
 * The algorithms are a contract: `fixtures/routing-vectors.json` was made by another implementation of docs/ROUTING.md, in another language,
 * with its own decimals and its own murmur2. What the routers say must be what stands there, for ever.
 */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { murmur2 } from '../../../src/core/router/murmur2.ts';
import { routing } from '../../support/routed.ts';

interface Hashed {
  readonly murmur2: number;
  /** By the count of partitions. */
  readonly partitions: Readonly<Record<string, number>>;
}

interface Vectors {
  /** `json`: the value as a line spells it. */
  readonly hash: readonly (Hashed & { readonly json: string; readonly text: string })[];
  readonly composite: readonly (Hashed & {
    readonly json: readonly string[];
    readonly texts: readonly string[];
    readonly bytes: string | null;
  })[];
  readonly range: readonly {
    readonly spec: string;
    readonly keys: readonly { readonly json: string; readonly partition: number | string }[];
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../fixtures/routing-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const COUNTS = [1, 2, 3, 8, 12, 256];

/** An unpaired surrogate is U+FFFD in the vectors, as it is in UTF-8. */
const wellFormed = (text: string | null) => Buffer.from(text ?? '').toString('utf8');

it.each(vectors.hash)('the key $json goes where the vectors say', ({ json, text, murmur2: hash, partitions }) => {
  const bytes = Buffer.from(text);
  expect(murmur2(bytes, 0, bytes.length)).toBe(hash);
  expect(Object.keys(partitions).map(Number)).toEqual(COUNTS);
  for (const [count, partition] of Object.entries(partitions)) {
    const { to, key } = routing('hash:k', Number(count))(`{"k":${json}}`);
    expect([count, to, wellFormed(key)]).toEqual([count, partition, text]);
  }
});

it.each(vectors.composite)(
  'the parts $json go where the vectors say',
  ({ json, texts, bytes, murmur2: hash, partitions }) => {
    if (bytes !== null) {
      const hashed = Buffer.from(bytes, 'hex');
      expect(murmur2(hashed, 0, hashed.length)).toBe(hash);
    }
    const fields = json.map((_, nth) => `f${nth}`);
    const line = `{${json.map((value, nth) => `"f${nth}":${value}`).join(',')}}`;
    expect(Object.keys(partitions).map(Number)).toEqual(COUNTS);
    for (const [count, partition] of Object.entries(partitions)) {
      expect(routing(`composite:${fields.join('+')}`, Number(count))(line)).toEqual({
        to: partition,
        key: JSON.stringify(texts),
      });
    }
  },
);

it.each(vectors.range)('$spec parts its keys as the vectors say', ({ spec, keys }) => {
  const route = routing(spec, undefined);
  expect(keys.map(({ json }) => [json, route(`{"k":${json}}`).to])).toEqual(
    keys.map(({ json, partition }) => [json, partition]),
  );
});

it('the vectors are of every kind', () => {
  expect(vectors.hash.length).toBeGreaterThan(60);
  expect(vectors.composite.length).toBeGreaterThan(10);
  expect(vectors.range.length).toBeGreaterThan(5);
});
