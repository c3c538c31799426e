/** Tests `emit --key` and `emit --to`, which override the routing of all events. */

import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { type Envelope, expectFailure, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { storedPins } from '../support/sessions.ts';
import { quick } from '../support/test-size.ts';

const NAMES = ['--partitions', 'herring,cod,squid'];

async function envelopes(ledger: string): Promise<Envelope[]> {
  return parseLines<Envelope>(await replayed(ledger, '-o', 'envelope'));
}

/** Large enough for the kernel and the writer thread, which starts with the third chunk of two mebibytes. */
const VOLUME = quick(6000, 30_000);
/** Long in every run, because the oracle reads each event. */
const PAD = 'x'.repeat(quick(930, 230));
const volume = Array.from({ length: VOLUME }, (_, n) => `{"k":"k${n % 50}","n":${n},"pad":"${PAD}"}\n`).join('');

describe('--key', () => {
  test('is the key of all events, with or without a key of their own', async () => {
    const ledger = await newLedger('--routing', 'hash:tenant', ...NAMES);
    await succeed(['emit', '-l', ledger], { input: '{"tenant":"acme"}\n' });
    await succeed(['emit', '-l', ledger, '--key', 'acme'], { input: '{}\n[1]\n{"tenant":"other"}\n' });
    const events = await envelopes(ledger);
    expect(new Set(events.map(({ partition }) => partition)).size).toBe(1);
    expect(events.map(({ key }) => key)).toEqual(['acme', 'acme', 'acme', 'acme']);
    expect((await succeed(['inspect', '-l', ledger, '--sequence', '2'])).stdout.toString()).toMatch(/^key +acme$/m);
    await expectSoundLedger(ledger);
  });

  test.each([
    ['hash', 'acme', '{"tenant":"acme"}', 'hash:tenant'],
    ['range:amount=100,1000', '250.0', '{"amount":250}', undefined],
    ['range:name="cod","squid"', 'haddock', '{"name":"haddock"}', undefined],
    [
      'range:on=2026-01-01T00:00:00Z,2027-01-01T00:00:00Z',
      '2026-07-01T00:00:00+02:00',
      '{"on":"2026-07-01T00:00:00+02:00"}',
      undefined,
    ],
    ['composite:tenant+topic', '["a\\"b","c"]', '{"tenant":"a\\"b","topic":"c"}', undefined],
    ['composite:tenant+topic', 'a+c', '{"tenant":"a","topic":"c"}', undefined],
    ['manual:shoal', 'cod', '{"shoal":"cod"}', undefined],
    ['sticky:session', 'x', '{"session":"x"}', undefined],
  ])('of %s leads where an event with that key goes', async (spec, key, event, asIf) => {
    const [ledger, plain] = [
      await newLedger('--routing', spec, ...NAMES),
      await newLedger('--routing', asIf ?? spec, ...NAMES),
    ];
    await succeed(['emit', '-l', ledger, '--key', key], { input: '{"n":1}\n' });
    await succeed(['emit', '-l', plain], { input: `${event}\n` });
    const [[given], [read]] = [await envelopes(ledger), await envelopes(plain)];
    expect(given).toMatchObject({ partition: read?.partition, key: read?.key });
    if (spec.startsWith('sticky')) expect(storedPins(ledger)).toEqual(storedPins(plain));
    await expectSoundLedger(ledger);
  });

  test.each([
    ['manual:shoal', 'trout', "the ledger has no partition 'trout'", 'it has herring, cod, squid'],
    [
      'range:amount=100,1000',
      'many',
      "the key 'many' cannot be compared with the bounds of range:amount=100,1000",
      'give a key of the same kind',
    ],
    ['composite:tenant+topic', 'acme', 'a key of 1 part does not fit this routing', '["a","b"]'],
    ['composite:tenant+topic', '["a","b","c"]', 'a key of 3 parts does not fit this routing', '["a","b"]'],
    ['composite:tenant+topic', '["a",1]', 'is not a JSON list of strings', '["a","b"]'],
    ['hash:tenant', '', 'an empty key cannot be given', 'leave it out'],
  ])('of %s cannot be %j', async (spec, key, fact, hint) => {
    const ledger = await newLedger('--routing', spec, ...NAMES);
    const result = await runCli(['emit', '-l', ledger, '--key', key], { input: '{}\n' });
    expectFailure(result, 2, fact);
    expect(result.stderr).toContain(hint);
    expect(await envelopes(ledger)).toEqual([]);
  });

  test('works for large inputs with any routing, and the SQL view shows the key', async () => {
    for (const spec of ['hash:k', 'sticky:k']) {
      const ledger = await newLedger('--routing', spec, ...NAMES);
      await succeed(['emit', '-l', ledger, '--key', 'one'], { input: volume });
      const events = await expectSoundLedger(ledger);
      expect(events.length).toBe(VOLUME);
      expect(new Set(events.map(({ partition }) => partition)).size).toBe(1);
      expect((await replayed(ledger)) === volume).toBe(true);
      expect(new Set((await envelopes(ledger)).map(({ key }) => key))).toEqual(new Set(['one']));
    }
  });
});

describe('--to', () => {
  test.each(['hash', 'hash:k', 'range:k=1,2', 'composite:k+l', 'manual:k', 'sticky:k'])(
    'overrides %s',
    async (spec) => {
      const ledger = await newLedger('--routing', spec, ...NAMES);
      await succeed(['emit', '-l', ledger, '--to', 'cod'], { input: '{"k":"x"}\n{}\n' });
      expect((await envelopes(ledger)).map(({ partition }) => partition)).toEqual(['cod', 'cod']);
      expect(storedPins(ledger)).toEqual([]);
      await expectSoundLedger(ledger);
    },
  );

  test('does not move a session', async () => {
    const ledger = await newLedger('--routing', 'sticky:k', ...NAMES);
    await succeed(['emit', '-l', ledger], { input: '{"k":"x"}\n' });
    await succeed(['emit', '-l', ledger, '--to', 'squid'], { input: '{"k":"x"}\n{"k":"y"}\n' });
    await succeed(['emit', '-l', ledger], { input: '{"k":"x"}\n{"k":"y"}\n' });
    expect((await envelopes(ledger)).map(({ partition }) => partition)).toEqual([
      'herring',
      'squid',
      'squid',
      'herring',
      'cod',
    ]);
    await expectSoundLedger(ledger);
  });

  test('combines with --key, which is stored but does not route', async () => {
    const ledger = await newLedger('--routing', 'manual:shoal', ...NAMES);
    await succeed(['emit', '-l', ledger, '--to', 'cod', '--key', 'trout'], { input: '{}\n' });
    expect(await envelopes(ledger)).toMatchObject([{ partition: 'cod', key: 'trout' }]);
  });

  test('an unknown partition is refused before any input is read, with a list of the existing ones', async () => {
    const ledger = await newLedger('--routing', 'hash', ...NAMES);
    const result = await runCli(['emit', '-l', ledger, '--to', 'trout\u001b[31m'], { input: 'no JSON\n' });
    expectFailure(result, 2, "the ledger has no partition 'trout");
    expect(result.stderr).toContain('it has herring, cod, squid');
  });

  test('works for large inputs, with rejects, atomic input and a producer', async () => {
    const ledger = await newLedger('--routing', 'sticky:k', ...NAMES);
    await succeed(['emit', '-l', ledger, '--to', 'squid'], { input: volume });
    await succeed(['emit', '-l', ledger, '--to', 'squid', '--atomic'], { input: volume });
    for (let run = 0; run < 2; run++)
      await succeed(['emit', '-l', ledger, '--to', 'squid', '--producer', 'p'], { input: '{"n":1}\n' });
    const { partitions } = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString()) as {
      partitions: { events: number }[];
    };
    expect(partitions.map(({ events }) => events)).toEqual([0, 0, 2 * VOLUME + 1]);
    await expectSoundLedger(ledger);
  });
});

test('envelopes contain the key of --key; a copy uses it, or routes by the fields of the events', async () => {
  const ledger = await newLedger('--routing', 'hash:tenant', ...NAMES);
  await succeed(['emit', '-l', ledger, '--key', 'acme'], { input: '{"n":1}\n' });
  const lines = await replayed(ledger, '-o', 'envelope');
  const copy = await newLedger('--routing', 'hash:tenant', ...NAMES);
  expectFailure(await runCli(['emit', '--envelope', '-l', copy], { input: lines }), 65, 'the routing field is missing');
  await succeed(['emit', '--envelope', '-l', copy, '--key', 'acme'], { input: lines });
  expect(await replayed(copy, '-o', 'envelope')).toBe(lines);
});
