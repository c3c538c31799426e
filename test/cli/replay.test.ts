import { readFileSync } from 'node:fs';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { expect, test } from 'vitest';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { storedEvents } from '../support/invariants.ts';
import {
  type Envelope,
  earthquakeLedger,
  expectFailure,
  newLedger,
  parseLines,
  replayed,
  succeed,
} from '../support/ledger-cli.ts';

function digestOf(text: string | Buffer): string {
  return new Blake3Hasher().update(text).digest('hex');
}

test('reports what it has replayed on standard error, as a document with --json', async () => {
  const ledger = await earthquakeLedger();
  const { stderr } = await succeed(['replay', '-l', ledger]);
  expect(stderr).toMatch(
    /^1,707 events \(1\.22 MB in .+\); sequences 1-1707; 2018-01-31T01:49:59\.650000Z to 2018-02-07T01:26:13\.840000Z; verified; digest /,
  );
  const { stderr: json, stdout } = await succeed(['replay', '--json', '-l', ledger]);
  expect(stdout.equals(readFileSync(EARTHQUAKES))).toBe(true);
  expect(JSON.parse(json)).toMatchObject({
    events: 1707,
    bytes: stdout.length - 1707,
    firstSequence: 1,
    lastSequence: 1707,
    firstTime: '2018-01-31T01:49:59.650000Z',
    lastTime: '2018-02-07T01:26:13.840000Z',
    digest: digestOf(stdout),
    isVerified: true,
    isComplete: true,
  });
});

test('the digest is that of the printed bytes', async () => {
  const ledger = await earthquakeLedger();
  const { stderr, stdout } = await succeed(['replay', '--from', '2018-02-02', '--through', '2018-02-03', '-l', ledger]);
  expect(stderr).toContain(`digest ${digestOf(stdout)}`);
});

test('two replays of one range are the same to the byte', async () => {
  const ledger = await earthquakeLedger();
  const args = ['--from', '2018-02-02T10:00:00Z', '-o', 'envelope'];
  const [one, two] = [await replayed(ledger, ...args), await replayed(ledger, ...args)];
  expect(one === two).toBe(true);
});

test('-q prints no report, and an empty range exits with 0', async () => {
  const ledger = await earthquakeLedger();
  expect((await succeed(['replay', '-q', '--from', '2019-01-01', '-l', ledger])).stderr).toBe('');
  const { stdout, stderr } = await succeed(['replay', '--from', '2019-01-01', '-l', ledger]);
  expect(stdout.length).toBe(0);
  expect(stderr).toMatch(/^no events: the ledger ends at /);
  expect(await replayed(await newLedger())).toBe('');
});

test('a range whose events do not match is not called empty', async () => {
  const ledger = await earthquakeLedger();
  const said = async (...args: string[]) => (await succeed(['replay', ...args, '-l', ledger])).stderr;
  expect(await said('p0', '--key', 'nobody')).toBe('no events in this range match --partition p0 --key nobody\n');
  expect(await said('--where', 'properties.net=zz', '--dry-run')).toBe(
    'no events in this range match --where properties.net=zz\n',
  );
  const several = '; for several conditions give --where several times: all must match\n';
  expect(await said('--where', 'properties.net=us and properties.mag>5')).toBe(
    `no events in this range match --where 'properties.net=us and properties.mag>5'${several}`,
  );
  expect(await said('--where', 'properties.mag>5 and properties.net=us')).toContain(several);
});

test('prints only the partitions asked for', async () => {
  const ledger = await earthquakeLedger();
  const stored = storedEvents(ledger);
  const of = (...names: string[]) =>
    stored.filter(({ partition }) => names.includes(partition)).map(({ payload }) => `${payload}\n`);
  expect((await replayed(ledger, '-p', 'p1')) === of('p1').join('')).toBe(true);
  expect((await replayed(ledger, '--partition', 'p6', '-p', 'p1', '-p', 'p1')) === of('p1', 'p6').join('')).toBe(true);
  expect((await replayed(ledger, '-p', 'p1', '--from', '2018-02-06T12:00:00Z')).length).toBeLessThan(
    of('p1').join('').length,
  );
});

test('--determinism sets whether the chain is verified; the default is the ledger’s', async () => {
  const strict = await newLedger();
  const relaxed = await newLedger('--determinism', 'relaxed');
  const isVerified = async (...args: string[]) =>
    JSON.parse((await succeed(['replay', '--json', ...args])).stderr).isVerified as boolean;
  expect(await isVerified('-l', strict)).toBe(true);
  expect(await isVerified('-l', strict, '--determinism', 'relaxed')).toBe(false);
  expect(await isVerified('-l', relaxed)).toBe(false);
  expect(await isVerified('-l', relaxed, '--determinism', 'strict')).toBe(true);
});

test('relaxed and strict replay print the same bytes of one partition', async () => {
  const ledger = await earthquakeLedger();
  const strict = await replayed(ledger, '-p', 'p2');
  expect((await replayed(ledger, '-p', 'p2', '--determinism', 'relaxed')) === strict).toBe(true);
});

test('--speed max is the default', async () => {
  const ledger = await earthquakeLedger();
  expect((await replayed(ledger, '--speed', 'max')) === asLines(earthquakes())).toBe(true);
});

test('envelopes are one line each, with the unchanged payload last', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--time', 'at');
  const payload = '{ "k":"a\\"b","at":1.5e0 , "n":9007199254740993}'.replace('1.5e0', '1523523600');
  await succeed(['emit', '-l', ledger], { input: `${payload}\n` });
  const line = await replayed(ledger, '-o', 'envelope');
  expect(line).toMatch(
    /^\{"sequence":1,"partition":"p\d","offset":0,"time":"2018-04-12T09:00:00\.000000Z","key":"a\\"b","payload":/,
  );
  expect(line.endsWith(`"payload":${payload}}\n`)).toBe(true);
  expect(Object.keys(parseLines<Envelope>(line)[0] ?? {})).toEqual([
    'sequence',
    'partition',
    'offset',
    'time',
    'key',
    'payload',
  ]);
});

test('envelopes emitted into a new ledger reproduce the history', async () => {
  const ledger = await earthquakeLedger();
  const envelopes = await replayed(ledger, '-o', 'envelope');
  const copy = await newLedger('--routing', 'hash:properties.net');
  await succeed(['emit', '--envelope', '-l', copy], { input: envelopes });
  expect((await replayed(copy, '-o', 'envelope')) === envelopes).toBe(true);
  expect((await replayed(copy)) === asLines(earthquakes())).toBe(true);
});

test('envelopes of arrival times keep them in a copy', async () => {
  const ledger = await newLedger();
  for (const input of ['{"a":1}\n', '  [2]\t\n', '"three"\n']) await succeed(['emit', '-l', ledger], { input });
  const envelopes = await replayed(ledger, '-o', 'envelope');
  const copy = await newLedger();
  await succeed(['emit', '--envelope', '-l', copy], { input: envelopes });
  expect(await replayed(copy, '-o', 'envelope')).toBe(envelopes);
});

test('a line that is not an envelope is a bad line', async () => {
  const ledger = await newLedger();
  for (const input of ['{"payload":1}\n', '{"time":"2026-01-01T00:00:00Z"}\n', '1\n']) {
    expectFailure(await runCli(['emit', '--envelope', '-l', ledger], { input }), 65, 'line 1, byte 1: not an envelope');
  }
});

test('refuses an unknown partition, and lists the existing ones', async () => {
  const result = await runCli(['replay', '-p', 'p9', '-l', await newLedger('--partitions', '2')]);
  expectFailure(result, 2, "no partition 'p9'");
  expect(result.stderr).toContain('it has p0, p1');
});
