import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { storedEvents } from '../support/invariants.ts';
import {
  type Envelope,
  earthquakeLedger,
  expectFailure,
  newLedger,
  numbers,
  parseLines,
  succeed,
} from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';

async function tailed(ledger: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await succeed(['tail', '-l', ledger, ...args]);
  expect(stderr).toBe('');
  return stdout.toString();
}

test('shows the last ten events and ends', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 25) });
  expect(await tailed(ledger)).toBe(numbers(16, 25));
});

test.each([
  ['0', ''],
  ['1', numbers(25, 25)],
  ['24', numbers(2, 25)],
  ['25', numbers(1, 25)],
  ['26', numbers(1, 25)],
  ['all', numbers(1, 25)],
])('-n %s shows that many, over the borders of commits', async (count, expected) => {
  const ledger = await newLedger('--partitions', '3');
  await succeed(['emit', '-l', ledger], { input: numbers(1, 20) });
  await succeed(['emit', '-l', ledger], { input: numbers(21, 25) });
  expect(await tailed(ledger, '-n', count)).toBe(expected);
});

test('an empty ledger prints nothing and exits with 0', async () => {
  expect(await tailed(await newLedger())).toBe('');
});

test('prints the named partitions, in ledger order', async () => {
  const ledger = await earthquakeLedger();
  const stored = storedEvents(ledger);
  const last = (count: number, ...names: string[]) =>
    stored
      .filter(({ partition }) => names.includes(partition))
      .slice(-count)
      .map(({ payload }) => `${payload}\n`)
      .join('');
  expect(await tailed(ledger, 'p2')).toBe(last(10, 'p2'));
  expect(await tailed(ledger, 'p2', 'p0', '-n', '50')).toBe(last(50, 'p0', 'p2'));
  expect(await tailed(ledger, '-n', 'all', 'p5', 'p5')).toBe(last(10, 'p5'));
  expect(await tailed(ledger, 'p7')).toBe('');
});

test('envelopes contain position, time and key beside the payload', async () => {
  const ledger = await earthquakeLedger();
  const stored = storedEvents(ledger).slice(-10);
  const envelopes = parseLines<Envelope>(await tailed(ledger, '-o', 'envelope'));
  expect(envelopes.map(({ sequence, partition, offset }) => ({ sequence, partition, offset }))).toEqual(
    stored.map(({ sequence, partition, offset }) => ({ sequence, partition, offset })),
  );
  expect(envelopes.map(({ time }) => Date.parse(time) * 1000)).toEqual(stored.map(({ time }) => time));
  expect(envelopes.map(({ payload }) => payload)).toEqual(stored.map(({ payload }) => JSON.parse(payload)));
  expect(envelopes.map(({ key }) => key)).toEqual(stored.map(({ payload }) => JSON.parse(payload).properties.net));
});

test('a ledger without a key has null in its envelopes', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '{"a":1}\n' });
  expect(parseLines<Envelope>(await tailed(ledger, '-o', 'envelope'))[0]).toMatchObject({
    key: null,
    payload: { a: 1 },
  });
});

test('-f follows the commits of other processes from its start on', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const child = startCli(['tail', '-f', '-n', '2', '-l', ledger]);
  const lines = new LineReader(child.stdout);
  const result = finished(child);
  expect(await lines.take(2)).toEqual(['2', '3']);
  await succeed(['emit', '-l', ledger], { input: numbers(4, 5) });
  expect(await lines.take(2)).toEqual(['4', '5']);
  await succeed(['emit', '-l', ledger], { input: '6\n' });
  expect(await lines.next()).toBe('6');
  child.kill('SIGINT');
  expect((await result).code).toBe(130);
});

test('-f follows an empty ledger, and a partition that is still empty', async () => {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', 'herring,cod');
  const child = startCli(['tail', 'cod', '-f', '-l', ledger]);
  const lines = new LineReader(child.stdout);
  const result = finished(child);
  await succeed(['emit', '-l', ledger], { input: '{"to":"herring"}\n{"to":"cod"}\n' });
  expect(await lines.next()).toBe('{"to":"cod"}');
  child.kill('SIGTERM');
  expect(await result).toMatchObject({ code: 143, stderr: '' });
});

test('-f -n 0 prints only new events', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const child = startCli(['tail', '-f', '-n', '0', '-l', ledger]);
  const lines = new LineReader(child.stdout);
  const first = lines.next();
  // it may take a moment to start: events committed before that are not printed
  let delivered: string | null = null;
  void first.then((line) => {
    delivered = line;
  });
  for (let n = 4; delivered === null; n++) await succeed(['emit', '-l', ledger], { input: `${n}\n` });
  expect(Number(await first)).toBeGreaterThan(3);
  child.kill('SIGINT');
});

test('ends with an error when the ledger it follows is removed', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n' });
  const child = startCli(['tail', '-f', '-l', ledger]);
  const lines = new LineReader(child.stdout);
  const result = finished(child);
  expect(await lines.next()).toBe('1');
  const { rmSync } = await import('node:fs');
  rmSync(ledger);
  expectFailure(await result, 74, `${ledger} was removed while it was open`);
});

test('refuses an unknown partition, and lists the existing ones', async () => {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', 'herring,cod');
  const result = await runCli(['tail', 'squid', '-l', ledger]);
  expectFailure(result, 2, "the ledger has no partition 'squid'");
  expect(result.stderr).toContain('it has herring, cod');
});

test.each(['-1', '1.5', 'ten', '', '9007199254740993', '1e3'])('refuses -n %j', async (count) => {
  const ledger = await newLedger();
  expectFailure(await runCli(['tail', '-l', ledger, `--number=${count}`]), 2, 'is not a number of events');
});

test('does not read piped input as a partition', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n' });
  expect((await succeed(['tail', '-l', ledger], { input: 'p3\n' })).stdout.toString()).toBe('1\n');
});
