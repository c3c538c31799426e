/** Tests routing rules end to end: a week of earthquakes by network, by magnitude and by both, also without a magnitude. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import {
  type Envelope,
  emitWithRejects,
  expectFailure,
  fileIn,
  newLedger,
  parseLines,
  succeed,
} from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Quake {
  readonly properties: { readonly mag: number | null; readonly net: string; readonly magType: string };
}

const BY_MAGNITUDE = ['--routing', 'range:properties.mag=1,2.5,4.5', '--partitions', 'micro,minor,light,strong'];

async function envelopes(ledger: string): Promise<(Envelope & { readonly payload: Quake })[]> {
  return parseLines((await succeed(['replay', '-q', '-l', ledger, '-o', 'envelope'])).stdout);
}

/** Every tenth earthquake has no magnitude, and every twentieth not even the field. */
function withGaps(): string[] {
  return earthquakes().map(({ line }, at) => {
    if (at % 20 === 5) return line.replace(/"mag":[^,]+,/, '');
    return at % 10 === 5 ? line.replace(/"mag":[^,]+,/, '"mag":null,') : line;
  });
}

function bandOf(magnitude: number): string {
  return ['micro', 'minor', 'light', 'strong'][[1, 2.5, 4.5].filter((bound) => bound <= magnitude).length] as string;
}

describe('by magnitude', () => {
  test('each earthquake is in the partition of its range', async () => {
    const ledger = await newLedger(...BY_MAGNITUDE);
    await succeed(['emit', '-l', ledger, EARTHQUAKES]);
    const events = await envelopes(ledger);
    expect(events).toHaveLength(earthquakes().length);
    for (const { partition, payload } of events) expect(partition).toBe(bandOf(payload.properties.mag as number));
    await expectSoundLedger(ledger);
  });

  test('those without a magnitude are bad lines, each with its reason', async () => {
    const lines = withGaps();
    const input = fileIn(tempDir(), 'gaps.jsonl', lines.map((line) => `${line}\n`).join(''));
    const ledger = await newLedger(...BY_MAGNITUDE);
    const rejected = await emitWithRejects(ledger, [input]);
    const gaps = [...lines.keys()].filter((at) => at % 10 === 5);
    expect(rejected.map(({ line }) => line)).toEqual(gaps.map((at) => at + 1));
    expect(rejected[0]?.reason).toMatch(/the routing field is missing \(range:properties\.mag=1,2\.5,4\.5\)/);
    expect(rejected[1]?.reason).toMatch(/the routing field is not a string, number or boolean/);
    expect(await envelopes(ledger)).toHaveLength(lines.length - gaps.length);
  });

  test('with --missing they go to that partition, and the others do not move', async () => {
    const lines = withGaps();
    const input = fileIn(tempDir(), 'gaps.jsonl', lines.map((line) => `${line}\n`).join(''));
    const ledger = await newLedger(...BY_MAGNITUDE, '--missing', 'unknown');
    await succeed(['emit', '-l', ledger, input]);
    const events = await envelopes(ledger);
    expect(events).toHaveLength(lines.length);
    for (const [at, { partition, payload, key }] of events.entries()) {
      const { mag } = payload.properties;
      expect([at, partition]).toEqual([at, at % 10 === 5 ? 'unknown' : bandOf(mag as number)]);
      expect(key === null).toBe(at % 10 === 5);
    }
    const { partitions } = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString());
    expect(partitions.map(({ name }: { name: string }) => name)).toEqual([
      'micro',
      'minor',
      'light',
      'strong',
      'unknown',
    ]);
    await expectSoundLedger(ledger);
  });

  test('a magnitude that is a text is a bad line with its own reason, even with --missing', async () => {
    const ledger = await newLedger(...BY_MAGNITUDE, '--missing', 'unknown');
    const result = await runCli(['emit', '-l', ledger], {
      input: '{"properties":{"mag":1}}\n{"properties":{"mag":"1"}}\n',
    });
    expectFailure(
      result,
      65,
      'line 2, byte 1: the routing field cannot be compared with the bounds (range:properties.mag=1,2.5,4.5,missing=unknown)',
    );
  });
});

test('by network and kind of magnitude, each pair has one partition and is shown as the key', async () => {
  const ledger = await newLedger('--routing', 'composite:properties.net+properties.magType', '--partitions', '16');
  await succeed(['emit', '-l', ledger, EARTHQUAKES]);
  const reached = new Map<string, Set<string>>();
  for (const { partition, key, payload } of await envelopes(ledger)) {
    expect(key).toBe(JSON.stringify([payload.properties.net, payload.properties.magType]));
    reached.set(key as string, (reached.get(key as string) ?? new Set()).add(partition));
  }
  expect(reached.size).toBeGreaterThan(10);
  for (const partitions of reached.values()) expect(partitions.size).toBe(1);
  expect(new Set([...reached.values()].map(([partition]) => partition)).size).toBeGreaterThan(3);
  await expectSoundLedger(ledger);
});

test('a partition for events without a key does not change the hash of the others', async () => {
  const input = `${['a', 'b', 'c', 'd', 'e', 'f'].map((k) => `{"k":"${k}"}\n`).join('')}`;
  const [plain, apart] = [
    await newLedger('--routing', 'hash:k'),
    await newLedger('--routing', 'hash:k', '--missing', 'rest'),
  ];
  for (const ledger of [plain, apart]) await succeed(['emit', '-l', ledger], { input });
  const placed = async (ledger: string) => (await envelopes(ledger)).map(({ partition }) => partition);
  expect(await placed(apart)).toEqual(await placed(plain));
  await succeed(['emit', '-l', apart], { input: '{}\n' });
  expect((await placed(apart)).at(-1)).toBe('rest');
});

test('a routing rule is stored as given, with quotes and times', async () => {
  const spec = 'range:"seen at".on=2026-01-01T01:00:00+01:00,2026-07-01T00:00:00Z';
  const ledger = join(tempDir(), 'events.codex');
  const { stdout } = await succeed(['init', '-l', ledger, '--routing', spec, '--missing', 'undated']);
  const kept = 'range:"seen at".on=2026-01-01T00:00:00Z,2026-07-01T00:00:00Z,missing=undated';
  expect(stdout.toString()).toContain(`${kept} over 3 partitions and undated, head`);
  await succeed(['emit', '-l', ledger], {
    input: '{"seen at":{"on":"2026-03-01T00:00:00Z"}}\n{"seen at":{}}\n{"seen at":{"on":"2027-03-01T00:00:00Z"}}\n',
  });
  expect((await envelopes(ledger)).map(({ partition }) => partition)).toEqual(['p1', 'undated', 'p2']);
  const document = JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString());
  expect(document.epochs).toMatchObject([{ rule: kept, partitions: ['p0', 'p1', 'p2'] }]);
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain(
    `${kept} over 3 partitions and undated, epoch 1`,
  );
});

test.each([
  [['--routing', 'range:amount=100,1000', '--partitions', '8'], 'a range with 2 bounds has 3 partitions, not 8'],
  [['--routing', 'range:amount=1000,100'], 'bounds must increase, but 1000 and 100 do not'],
  [['--routing', 'range:amount=1,x'], 'the bounds 1 and x are a number and a string'],
  [['--routing', 'composite:tenant'], 'a composite needs two fields'],
  [['--routing', 'hash:tenant+topic'], 'must be in double quotes'],
  [['--routing', 'hash', '--missing', 'rest'], 'a hash over the whole payload always has a key'],
  [['--routing', 'hash:a', '--missing', 'Rest'], "invalid partition name 'Rest'"],
  [['--routing', 'hash:a,missing=b', '--missing', 'c'], "cannot go to both 'b' and 'c'"],
  [['--routing', 'hash:a', '--partitions', '256', '--missing', 'rest'], '257 partitions are out of range'],
])('init refuses %j', async (args, fact) => {
  expectFailure(await runCli(['init', '-l', join(tempDir(), 'events.codex'), ...args]), 2, fact);
});
