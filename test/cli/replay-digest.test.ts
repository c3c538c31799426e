import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES, runCli, startCli } from '../support/cli.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { earthquakeLedger, expectFailure, fileIn, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const WHOLE = 'f2f0e5a61dac561e96cd05d35ef4fe6c1bfc0ccdf97637417b37555b8eab0da8';

test('--expect-digest exits with 3 for another digest, and with 0 for the same', async () => {
  const ledger = await earthquakeLedger();
  expect((await succeed(['replay', '--expect-digest', WHOLE, '-l', ledger])).stderr).toContain(`digest ${WHOLE}`);
  await succeed(['replay', '-q', '--expect-digest', ` ${WHOLE.toUpperCase()}\n`, '-l', ledger]);
  const result = await runCli(['replay', '-q', '--expect-digest', WHOLE, '--from', '2018-02-01', '-l', ledger]);
  expectFailure(result, 3, `expected ${WHOLE}`);
  expectFailure(await runCli(['replay', '--expect-digest', 'f2f0', '-l', ledger]), 2, "'f2f0' is not a digest");
});

test('a replay whose output pipe is closed does not check the digest', async () => {
  const ledger = await earthquakeLedger();
  const child = startCli(['replay', '-q', '--expect-digest', WHOLE, '--speed', '10000', '-l', ledger]);
  killAfterTest(child);
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on('exit', resolve));
  expect(code).toBe(3);
});

test('--digest-file stores the first digest and compares later ones', async () => {
  const ledger = await earthquakeLedger();
  const directory = tempDir();
  const file = join(directory, 'week.digest');
  await succeed(['replay', '-q', '--digest-file', file, '-l', ledger]);
  expect(readFileSync(file, 'utf8')).toBe(`${WHOLE}\n`);
  expect(readdirSync(directory)).toEqual(['week.digest']);
  await succeed(['replay', '-q', '--digest-file', file, '-l', ledger]);
  expectFailure(
    await runCli(['replay', '-q', '--digest-file', file, '--until', '2018-02-05', '-l', ledger]),
    3,
    `expected ${WHOLE}`,
  );
  expect(readFileSync(file, 'utf8')).toBe(`${WHOLE}\n`);
});

test('an invalid or unwritable digest file is named', async () => {
  const ledger = await earthquakeLedger();
  for (const path of [fileIn(tempDir(), 'notes', 'hello\n'), tempDir(), EARTHQUAKES]) {
    const result = await runCli(['replay', '--digest-file', path, '-l', ledger]);
    expectFailure(result, 65, path);
    expect(result.stdout.length).toBe(0);
  }
  expectFailure(
    await runCli(['replay', '-q', '--digest-file', '/nowhere/at/all', '-l', ledger]),
    73,
    'cannot be written',
  );
});

test('--dry-run reports size and duration, and outputs no events', async () => {
  const ledger = await earthquakeLedger();
  const dry = async (...args: string[]) => succeed(['replay', '--dry-run', ...args, '-l', ledger]);
  const { stdout, stderr } = await dry('--speed', '86400x');
  expect(stdout.length).toBe(0);
  expect(stderr).toBe(
    `1,707 events (1.22 MB) would be replayed; sequences 1-1707; 2018-01-31T01:49:59.650000Z to 2018-02-07T01:26:13.840000Z, a span of 6d 23h; 7s at this speed; digest ${WHOLE}\n`,
  );
  expect(JSON.parse((await dry('--json', '--rate', '100/s')).stdout.toString())).toMatchObject({
    events: 1707,
    durationMs: 17_060,
    spanMs: 603_374_190,
    digest: WHOLE,
  });
  expect(JSON.parse((await dry('--json', '--speed', 'natural')).stdout.toString())).toMatchObject({
    durationMs: 603_374_190,
  });
  expect(JSON.parse((await dry('--json')).stdout.toString())).toMatchObject({ durationMs: null });
  const short = JSON.parse((await dry('--json', '--speed', 'natural', '--max-gap', '1s')).stdout.toString());
  expect(short.durationMs).toBeGreaterThan(1_600_000);
  expect(short.durationMs).toBeLessThan(1_706_001);
  expect((await dry('--from', '2019-01-01')).stderr).toMatch(/^no events: the ledger ends at /);
});
