import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import {
  type Envelope,
  earthquakeLedger,
  expectFailure,
  newLedger,
  parseLines,
  succeed,
} from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Line {
  readonly k: string;
  readonly n: number;
}

function lines(from: number, through: number): Line[] {
  return Array.from({ length: through - from + 1 }, (_, at) => ({ k: `k${(from + at) % 5}`, n: from + at }));
}

const textOf = (some: readonly Line[]) => some.map((line) => `${JSON.stringify(line)}\n`).join('');

/** The position of a cursor file, -1 if there is none yet. */
function keptIn(cursor: string): number {
  return existsSync(cursor) ? (JSON.parse(readFileSync(cursor, 'utf8')) as { tailed: number }).tailed : -1;
}

async function emit(ledger: string, from: number, through: number): Promise<void> {
  await succeed(['emit', '-q', '-l', ledger], { input: textOf(lines(from, through)) });
}

/** Numbers from 1 on, with the key n modulo 5, in three commits. */
async function numbersLedger(): Promise<string> {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '3');
  for (const [from, through] of [
    [1, 40],
    [41, 41],
    [42, 100],
  ] as const)
    await emit(ledger, from, through);
  return ledger;
}

async function tailed(ledger: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await succeed(['tail', '-l', ledger, ...args]);
  expect(stderr).toBe('');
  return stdout.toString();
}

const ALL = lines(1, 100);
const threes = ALL.filter(({ k }) => k === 'k3');

test('a filter that nothing matches is said, but not to who polls or follows', async () => {
  const ledger = await numbersLedger();
  const said = async (...args: string[]) => (await succeed(['tail', '-l', ledger, ...args])).stderr;
  expect(await said('--key', 'k9')).toBe('no events in this range match --key k9\n');
  expect(await said('p0', '--where', 'n>100')).toBe("no events in this range match --partition p0 --where 'n>100'\n");
  const cursor = join(tempDir(), 'cursor');
  for (const more of [
    ['-q'],
    ['-n', '0'],
    ['--from', 'end'],
    ['--from-sequence', '101'],
    ['--idle', '1ms'],
    ['--cursor-file', cursor],
  ])
    expect(await said('--key', 'k9', ...more)).toBe('');
});

test.each<[string[], readonly Line[]]>([
  [['--key', 'k3'], threes.slice(-10)],
  [['--key', 'k3', '-n', '3'], threes.slice(-3)],
  [['--key', 'k3', '-n', '13'], threes.slice(-13)],
  [['--key', 'k3', '-n', '99'], threes],
  [['--key', 'k3', '-n', 'all'], threes],
  [['--key', 'k3', '-n', '0'], []],
  [['--where', 'n<=41', '-n', '2'], ALL.slice(39, 41)],
  [['--where', 'n>=10', '--where', 'n<12', '--where', 'k=k1'], [{ k: 'k1', n: 11 }]],
  [['--where', 'k~^k[12]$', '--key', 'k2', '-n', '2'], ALL.filter(({ k }) => k === 'k2').slice(-2)],
  [['--key', 'k3', '-c', '2'], threes.slice(-10, -8)],
  [['--key', 'k3', '--from-sequence', '50', '-c', '2'], threes.filter(({ n }) => n >= 50).slice(0, 2)],
  [['--key', 'k3', '--from-sequence', '50'], threes.filter(({ n }) => n >= 50)],
  [['--key', 'k3', '--from-sequence', '50', '-n', '2'], threes.slice(-2)],
  [['--key', 'k3', '--from-sequence', '97', '-n', '5'], [{ k: 'k3', n: 98 }]],
  [['--key', 'k3', '--from', 'end'], []],
  [['--key', 'k3', '-e', '-n', '1'], threes.slice(-1)],
  [['--key', 'k3', '-n', '1', '--idle', '100ms'], threes.slice(-1)],
])('%j prints the matching events', async (args, expected) => {
  expect(await tailed(await numbersLedger(), ...args)).toBe(textOf(expected));
});

test('a filter combines with partitions and times', async () => {
  const ledger = await earthquakeLedger();
  const strong = earthquakes().filter(
    ({ line }) => ((JSON.parse(line) as { properties: { mag: number | null } }).properties.mag ?? 0) >= 4,
  );
  const where = ['--where', 'properties.mag>=4'];
  const [from, until] = [Date.UTC(2018, 1, 3), Date.UTC(2018, 1, 4)];
  const thatDay = strong.filter(({ ms }) => ms >= from && ms < until);
  expect(thatDay.length).toBeGreaterThan(5);
  expect(await tailed(ledger, ...where)).toBe(asLines(strong.slice(-10)));
  for (const more of [[], ['-f']])
    expect(await tailed(ledger, ...where, '--since', '2018-02-03', '--until', '2018-02-04', ...more)).toBe(
      asLines(thatDay),
    );
  expect(await tailed(ledger, ...where, '--since', '2018-02-03', '--until', '2018-02-04', '-n', '3')).toBe(
    asLines(thatDay.slice(-3)),
  );
  const alaska = parseLines<Envelope>(await tailed(ledger, '--key', 'ak', '-o', 'envelope', '-n', '20'));
  expect(alaska.map(({ key }) => key)).toEqual(Array.from({ length: 20 }, () => 'ak'));
  const [{ partition } = { partition: '' }] = alaska;
  const elsewhere = partition === 'p0' ? 'p1' : 'p0';
  expect(parseLines(await tailed(ledger, partition, '--key', 'ak', '-n', '20'))).toEqual(
    alaska.map(({ payload }) => payload),
  );
  expect(await tailed(ledger, elsewhere, '--key', 'ak', '-q')).toBe('');
});

test('-f prints new matches of any process, also after a change of the routing', async () => {
  const ledger = await numbersLedger();
  const child = startCli(['tail', '-f', '-n', '2', '--key', 'k3', '--where', 'n>20', '-c', '5', '-l', ledger]);
  killAfterTest(child);
  const delivered = new LineReader(child.stdout);
  const result = finished(child);
  expect(await delivered.take(2)).toEqual(threes.slice(-2).map((line) => JSON.stringify(line)));
  await emit(ledger, 101, 104);
  expect(await delivered.next()).toBe('{"k":"k3","n":103}');
  await succeed(['partition', 'add', 'p3', 'p4', 'p5', '-l', ledger]);
  await succeed(['emit', '-q', '--to', 'p5', '-l', ledger], { input: '{"k":"k3","n":7}\n{"k":"k3","n":105}\n' });
  expect(await delivered.next()).toBe('{"k":"k3","n":105}');
  await emit(ledger, 106, 120);
  expect(await delivered.next()).toBe('{"k":"k3","n":108}');
  expect((await result).code).toBe(0);
});

test('for --idle filtered events count as idle time', async () => {
  const ledger = await numbersLedger();
  const child = startCli(['tail', '--idle', '300ms', '-n', '1', '--where', 'n=0', '-l', ledger]);
  killAfterTest(child);
  const result = finished(child);
  let hasEnded = false;
  void result.then(() => {
    hasEnded = true;
  });
  // a tail that counted these as events would never stop
  for (let n = 101; !hasEnded; n++) await emit(ledger, n, n);
  expect((await result).code).toBe(0);
  expect((await result).stdout.toString()).toBe('');
});

test('a cursor file moves past filtered events, which are not read again', async () => {
  const ledger = await numbersLedger();
  const cursor = join(tempDir(), 'cursor');
  expect(await tailed(ledger, '--cursor-file', cursor, '--key', 'k3', '--from', 'start', '-c', '2')).toBe(
    textOf(threes.slice(0, 2)),
  );
  expect(keptIn(cursor)).toBe(8);
  expect(await tailed(ledger, '--cursor-file', cursor, '--key', 'k3')).toBe(textOf(threes.slice(2)));
  expect(keptIn(cursor)).toBe(100);
  await emit(ledger, 101, 102);
  expect(await tailed(ledger, '--cursor-file', cursor, '--key', 'k3')).toBe('');
  expect(keptIn(cursor)).toBe(102);
  expect(await tailed(ledger, '--cursor-file', cursor)).toBe('');

  const none = join(tempDir(), 'cursor');
  expect(await tailed(ledger, '--cursor-file', none, '--where', 'n=0')).toBe('');
  expect(keptIn(none)).toBe(102);
});

test('a cursor file also moves while nothing matches, and at a signal', async () => {
  const ledger = await numbersLedger();
  const cursor = join(tempDir(), 'cursor');
  const child = startCli(['tail', '-f', '--cursor-file', cursor, '--where', 'n>=200', '-l', ledger]);
  killAfterTest(child);
  const delivered = new LineReader(child.stdout);
  const result = finished(child);
  await emit(ledger, 200, 200);
  expect(await delivered.next()).toBe('{"k":"k0","n":200}');
  await emit(ledger, 101, 110);
  while (keptIn(cursor) < 102) await emit(ledger, 1, 1);
  child.kill('SIGINT');
  expect((await result).code).toBe(130);
  await emit(ledger, 300, 300);
  expect(await tailed(ledger, '--cursor-file', cursor, '--where', 'n>=200')).toBe('{"k":"k0","n":300}\n');
});

test('after the output pipe is closed no cursor moves past undelivered events', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '3');
  await succeed(['emit', '-q', '-l', ledger], { input: textOf(lines(1, 60_000)) });
  const cursor = join(tempDir(), 'cursor');
  const script =
    'completengine tail --key k3 -n all --cursor-file "$cursor" -l "$ledger" | head -1; exit "$PIPESTATUS"';
  const { stdout, stderr, code } = await runShell(script, { ledger, cursor });
  expect({ stdout: stdout.toString(), stderr, code }).toEqual({ stdout: '{"k":"k3","n":3}\n', stderr: '', code: 0 });
  expect(keptIn(cursor)).toBeLessThan(60_000);
});

test('a tail with a filter that nothing meets ends when its reader goes', async () => {
  const ledger = await numbersLedger();
  const { stderr, code } = await runShell(
    'completengine tail -f --key k9 -l "$ledger" | sleep 0.5; exit "$PIPESTATUS"',
    { ledger },
  );
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
});

test.each([
  [['--group', 'g', '--key', 'k3'], /--key/],
  [['--group', 'g', '--where', 'n=1'], /--where/],
  [['--where', 'n'], /'n' is not a condition: it has no operator/],
  [['--where', 'n > 4 and m = 2'], /'n > 4 and m = 2' is not a condition: there are blanks around '>'/],
  [['--where', 'n= 4'], /'n= 4' is not a condition: there are blanks around '='/],
  [['--where', 'n ~* x'], /'n ~\* x' is not a condition: there are blanks around '~\*'/],
  [['--where', 'n=1', '--where', 'k~('], /regular expression/],
])('refuses %j', async (args, fact) => {
  expectFailure(await runCli(['tail', '-l', await numbersLedger(), ...args]), 2, fact);
});

test('a condition that the shell has cut is shown in quotes', async () => {
  const { stderr } = await runCli(['tail', '-l', await numbersLedger(), '--where', 'properties.mag']);
  expect(stderr.toString()).toContain(
    "try: quote it for the shell, which takes < and > for redirections: --where 'properties.mag>=4.5'; or ",
  );
});
