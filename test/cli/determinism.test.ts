import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { expect, test } from 'vitest';
import { finished, startCli } from '../support/cli.ts';
import { asLines, earthquakes, earthquakesBetween } from '../support/earthquakes.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { earthquakeLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { quick } from '../support/test-size.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url));
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const LANGUAGES = ['de_DE.UTF-8', 'en_US.UTF-8'];
/** Replays of each process: a hundred of all processes in a soak. */
const ROUNDS = quick(3, 13);

/** Replays one range again and again in a separate process, and prints the digests, of which it calls back. */
async function digestsOf(ledger: string, env: NodeJS.ProcessEnv, onDigest: () => void): Promise<string[]> {
  const script = `
    const { Completengine } = await import(${JSON.stringify(LIBRARY)});
    const engine = await Completengine.open({ ledger: ${JSON.stringify(ledger)}, create: false, access: 'read' });
    for (let round = 0; round < ${ROUNDS}; round++) console.log((await engine.replay({ from: '2018-02-02', through: '2018-02-03' })).digest);
    await engine.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env });
  child.stdout.on('data', onDigest);
  const { code, stdout, stderr } = await finished(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString().trim().split('\n');
}

test('all replays of one range, in any time zone and during commits, have the one digest of the bytes', async () => {
  const ledger = await earthquakeLedger();
  const expected = earthquakesBetween('2018-02-02T00:00:00Z', '2018-02-04T00:00:00Z');
  const digest = new Blake3Hasher().update(expected).digest('hex');
  // with each digest that comes another commit begins, as long as replays run
  let emitting = Promise.resolve();
  const more = asLines(earthquakes().slice(0, 50));
  const emit = (): void => {
    emitting = emitting.then(async () => void (await succeed(['emit', '-q', '-l', ledger], { input: more })));
  };
  const digests: string[] = [];
  const zones = ZONES.slice(0, quick(2, ZONES.length));
  for (const TZ of zones) {
    const both = await Promise.all(
      LANGUAGES.map((LANG) => digestsOf(ledger, { ...process.env, TZ, LANG, LC_ALL: LANG }, emit)),
    );
    digests.push(...both.flat());
  }
  await emitting;
  const { stdout } = await succeed(['replay', '-q', '--from', '2018-02-02', '--through', '2018-02-03', '-l', ledger]);
  expect(stdout.toString() === expected).toBe(true);
  expect(digests).toHaveLength(zones.length * LANGUAGES.length * ROUNDS);
  expect(new Set(digests)).toEqual(new Set([digest]));
  expect(
    JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).events,
    'no process wrote',
  ).toBeGreaterThan(1707);
});

test('day one and day two are both days', async () => {
  const ledger = await earthquakeLedger();
  const days = [await replayed(ledger, '2018-02-02'), await replayed(ledger, '2018-02-03')];
  expect(days.join('') === (await replayed(ledger, '2018-02-02/2018-02-03'))).toBe(true);
});

test('the speed changes only when events are delivered, not which, their order or their bytes', async () => {
  const ledger = await earthquakeLedger();
  const digestAt = async (...args: string[]) =>
    JSON.parse((await succeed(['replay', '--json', ...args, '-l', ledger])).stderr).digest;
  const atOnce = await digestAt();
  expect(await digestAt('--speed', '1000000')).toBe(atOnce);
  expect(await digestAt('--rate', '5000/s')).toBe(atOnce);
  expect(await digestAt('--speed', '86400x', '--max-gap', '1ms')).toBe(atOnce);
});

test('a slow reader gets every event once, in order', async () => {
  const ledger = await earthquakeLedger();
  const child = startCli(['replay', '-q', '--speed', '1000000', '-l', ledger]);
  killAfterTest(child);
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) {
    pieces.push(piece as Buffer);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(Buffer.concat(pieces).toString() === earthquakesBetween('2018-01-01', '2019-01-01')).toBe(true);
});
