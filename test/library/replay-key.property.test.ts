/** A key's replay against the full one: however the events were routed, exactly those of the key are delivered. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Completengine, LedgerError, type ReplayOptions, type RoutingOverrideOptions } from '../../src/index.ts';
import { ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const RUNS = { numRuns: quick(40, 150) };
const NAMES = ['p0', 'p1', 'p2', 'p3', 'p4'];

interface Delivered {
  readonly sequence: number;
  readonly key: string | null;
  readonly partition: string;
}

async function deliveredBy(engine: Completengine, options: ReplayOptions = {}): Promise<Delivered[]> {
  const delivered: Delivered[] = [];
  for await (const { sequence, key, partition } of engine.replay(options)) delivered.push({ sequence, key, partition });
  return delivered;
}

type Step = (engine: Completengine) => Promise<unknown>;

const value = fc.constantFrom<unknown>(
  'a',
  'b',
  'p0',
  'p1',
  'p2',
  '1',
  '5',
  '\ud800',
  1,
  1.5,
  5,
  50,
  1e30,
  -0,
  true,
  null,
  '2026-01-01T00:00:00Z',
  {
    deep: 1,
  },
);
const givenKey = fc.constantFrom(
  'a',
  'b',
  'p0',
  'p1',
  '1',
  '1.0',
  '5',
  '1e30',
  'a+b',
  '["a","b"]',
  '2026-01-01T00:00:00Z',
);
const routing = fc.constantFrom(
  ...[
    'hash',
    'hash:k',
    'range:k=1.2,5',
    'range:k=b,p1',
    'range:k=2025-01-01T00:00:00Z',
    'composite:k+l',
    'manual:k',
    'sticky:k',
  ],
);

const emission: fc.Arbitrary<Step> = fc
  .record({
    events: fc.array(fc.record({ k: value, l: value }, { requiredKeys: [] }), { minLength: 1, maxLength: 4 }),
    key: fc.option(givenKey, { nil: undefined }),
    to: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  })
  .map(({ events, ...given }) => {
    // one by one: a line that a rule refuses leaves the others in
    return async (engine) => {
      for (const event of events) await engine.emit(event, given as RoutingOverrideOptions).catch(onlyRefusals);
    };
  });
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom('p3', 'p4').map(
    (name): Step =>
      (engine) =>
        engine.partitioning.add([name]),
  ),
  fc.tuple(givenKey, fc.constantFrom(...NAMES)).map(
    ([key, partition]): Step =>
      (engine) =>
        engine.partitioning.place([{ key, partition }]),
  ),
  routing.map(
    (spec): Step =>
      (engine) =>
        engine.partitioning.reroute(spec),
  ),
);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: emission },
    {
      weight: 1,
      arbitrary: change.map(
        (step): Step =>
          (engine) =>
            step(engine).catch(onlyRefusals),
      ),
    },
  ),
  {
    minLength: 1,
    maxLength: 12,
  },
);

function onlyRefusals(error: unknown): void {
  if (!(error instanceof LedgerError) || !['BAD_LINE', 'INVALID_ARGUMENT', 'UNKNOWN_PARTITION'].includes(error.code))
    throw error;
}

describe('a replay of one key', () => {
  it('delivers exactly the events of the full replay that have this key, through every mix of routings, epochs, placements, given keys and given partitions', async () => {
    const directory = tempDir();
    let made = 0;
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        routing,
        steps,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async (partition, run, one, other, isStrict) => {
          const needed = partition.startsWith('range:') ? undefined : { partitions: ['p0', 'p1', 'p2'] };
          const engine = await Completengine.open({
            ledger: join(directory, `${made++}.codex`),
            durability: 'normal',
            routing: partition,
            ...needed,
          });
          try {
            for (const step of run) await step(engine);
            const all = await deliveredBy(engine);
            if (all.length === 0) return;
            const [from, through] = [(one % all.length) + 1, (other % all.length) + 1].sort((a, b) => a - b) as [
              number,
              number,
            ];
            const determinism = isStrict ? 'strict' : 'relaxed';
            for (const key of new Set([...all.flatMap((event) => event.key ?? []), 'a', 'never'])) {
              const expected = all.filter((event) => event.key === key);
              compared += expected.length;
              expect(await deliveredBy(engine, { key, determinism })).toEqual(expected);
              const inRange = expected.filter(({ sequence }) => sequence >= from && sequence <= through);
              expect(
                await deliveredBy(engine, { key, determinism, fromSequence: from, throughSequence: through }),
              ).toEqual(inRange);
              expect(await deliveredBy(engine, { key, determinism, partitions: ['p0'] })).toEqual(
                expected.filter((event) => event.partition === 'p0'),
              );
            }
          } finally {
            await engine.close();
          }
        },
      ),
      RUNS,
    );
    // a law about nothing would hold as well
    expect(compared).toBeGreaterThan(quick(20, 300));
  });
});

test.each(['hash', 'hash:k', 'range:k=b,d', 'composite:k+l', 'manual:k', 'sticky:k'])(
  '%s: events with a given partition are delivered for their key, wherever they are',
  async (partition) => {
    const engine = await openEngine({
      ledger: ledgerPath(),
      routing: partition,
      ...(partition.startsWith('range') ? {} : { partitions: ['p0', 'p1', 'p2'] }),
    });
    const own = { k: 'p1', l: 'x' };
    const key = partition === 'composite:k+l' ? '["p1","x"]' : 'p1';
    const expected: string[] = [];
    for (const [n, to] of [undefined, 'p0', 'p1', 'p2'].entries()) {
      await engine.emit({ ...own, n }, { to });
      await engine.emit({ k: 'p0', l: 'y', n }, { key, to });
      if (partition !== 'hash') expected.push(JSON.stringify({ ...own, n }));
      expected.push(JSON.stringify({ k: 'p0', l: 'y', n }));
    }
    expect(await payloadsOf(engine.replay({ key }))).toEqual(expected);
  },
);
