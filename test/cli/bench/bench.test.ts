/** Tests `completengine bench` as a whole, with few events: its output, and that no file stays. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { METRICS, valueAt } from '../../../src/cli/bench/metrics.ts';
import { DOCUMENT } from '../../support/bench-document.ts';
import { finished, runCli, startCli } from '../../support/cli.ts';
import { killAfterTest } from '../../support/fault-tools.ts';
import { succeed } from '../../support/ledger-cli.ts';
import { hasScreen, Screen } from '../../support/screen.ts';
import { hasTerminal, runOnTerminal } from '../../support/shell.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { isSoak, quick } from '../../support/test-size.ts';
import { until } from '../../support/until.ts';

const FEW = ['bench', '--events', '40'];
const PRELOAD = new URL('../../support/bench-step.js', import.meta.url).href;

/** A directory name with quotes and blanks. */
function place(): string {
  const directory = join(tempDir(), 'a \'strange\' "place" $HOME');
  mkdirSync(directory);
  return directory;
}

/** Processes whose command line contains the directory, except the test itself. */
function processesIn(directory: string): string[] {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return list.split('\n').filter((args) => args.includes(`${directory}/completengine-bench-`));
}

it('measures everything on a temporary ledger, prints a document, and leaves no files', async () => {
  const directory = place();
  // an existing ledger that must not be touched
  const env = { ...process.env, COMPLETENGINE_LEDGER: join(tempDir(), 'mine.codex') };
  const { stdout, stderr } = await succeed(
    [...FEW, '--size', '300', '--partitions', '4', '--dir', directory, '--json'],
    { env },
  );
  const document = JSON.parse(stdout.toString());
  expect(stderr).toBe('');
  expect(document).toMatchObject({
    kind: 'completengine bench',
    format: 1,
    settings: {
      events: 40,
      lineBytes: 300,
      partitions: 4,
      routing: 'hash:tenant',
      durability: 'full',
      synchronous: 'FULL',
    },
    machine: { node: process.version, storage: expect.stringMatching(/^SQLite 3\./), cores: expect.any(Number) },
    figures: {
      storage: { inputBytes: 12_000 },
      commit: { count: 40 },
      wakeup: { count: 40 },
      emit: { commits: expect.any(Number) },
    },
  });
  const missing = METRICS.filter(({ path }) => valueAt(document.figures, path) === null).map(({ path }) => path);
  // it took less time than a start, so there is no net rate
  expect(missing.every((path) => path.endsWith('.netEventsPerSecond'))).toBe(true);
  const { emit, commit, wakeup, storage, start } = document.figures;
  expect(emit.roundsMs).toHaveLength(3);
  expect(emit.eventsPerSecond).toBe(Math.round(40_000 / emit.wallMs));
  expect(emit.peakResidentBytes).toBeGreaterThan(20_000_000);
  expect(storage.ledgerBytes).toBeGreaterThan(storage.inputBytes);
  expect(Math.min(start.nodeMs, start.emitOneMs)).toBeGreaterThan(0);
  for (const { p50Ms, p90Ms, p99Ms, p999Ms, maxMs } of [commit, wakeup]) {
    expect([p50Ms, p90Ms, p99Ms, p999Ms, maxMs]).toEqual(
      [p50Ms, p90Ms, p99Ms, p999Ms, maxMs].sort((one, other) => one - other),
    );
  }
  expect(commit.p50Ms).toBeGreaterThan(0);
  expect(readdirSync(directory)).toEqual([]);
});

// `compare.test.ts` has the comparison itself
it.runIf(isSoak)('compares with a document saved before', async () => {
  const directory = tempDir();
  const before = join(directory, 'before.json');
  writeFileSync(before, JSON.stringify(DOCUMENT));
  const args = ['--routing', 'manual:partition', '--durability', 'normal', '--compare', before];
  const { stdout } = await succeed([...FEW, ...args, '--dir', directory]);
  expect(stdout.toString()).toMatch(/^figure +now +before +now\/before/m);
  expect(stdout.toString()).toMatch(/^cat \| emit +[\d,]+ events\/s +1,000,000 events\/s +0\.\d\d {2}worse$/m);
  expect(stdout.toString()).toContain(
    'routing hash:tenant before, manual:partition now; durability full before, normal now; synchronous FULL before, NORMAL now',
  );
  expect(readdirSync(directory)).toEqual(['before.json']);
});

/** The environment of a benchmark that is sent a signal in one of its steps, see the preloaded script; without a signal it stays in that step. */
function stoppedAt(step: string, signal = ''): Record<string, string> {
  return { NODE_OPTIONS: `--import=${PRELOAD}`, COMPLETENGINE_TEST_STEP: step, COMPLETENGINE_TEST_SIGNAL: signal };
}

/** Starts one in a new directory. */
function startBench(args: readonly string[], variables: Record<string, string>) {
  const directory = tempDir();
  const child = startCli([...args, '--dir', directory], { env: { ...process.env, ...variables } });
  killAfterTest(child);
  return { directory, child, result: finished(child) };
}

const IN_COMMITS = ['bench', '--events', '5000'];

it.each([
  ['SIGINT', 130, 'commits', IN_COMMITS],
  ['SIGTERM', 143, ' -f ', FEW],
  ['SIGHUP', 129, 'start.codex', FEW],
  ...quick(
    [],
    [
      ['SIGINT', 130, 'events.codex', FEW],
      ['SIGTERM', 143, 'commits', IN_COMMITS],
      ['SIGHUP', 129, 'commits', IN_COMMITS],
    ],
  ),
] as [NodeJS.Signals, number, string, string[]][])(
  'ends at %s with %d in the step of "%s", and leaves neither files nor processes',
  async (signal, code, step, args) => {
    const { directory, result } = startBench(args, stoppedAt(step, signal));
    const { stderr, ...ended } = await result;
    expect({ stderr, code: ended.code, left: readdirSync(directory) }).toEqual({
      stderr: 'stopped; the temporary files were removed\n',
      code,
      left: [],
    });
    await until(() => processesIn(directory).length === 0);
  },
);

it('leaves no files after two Ctrl-C in a row', async () => {
  for (const step of quick(['start.codex'], ['single.codex', 'start.codex', 'events.codex'])) {
    const { directory, child, result } = startBench(FEW, stoppedAt(step));
    await until(() => processesIn(directory).some((args) => args.includes(step)));
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      await sleep(1);
    }
    const { code, signal } = await result;
    expect(code === 130 || signal === 'SIGINT').toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    await until(() => processesIn(directory).length === 0);
  }
});

it('its tail -f process ends with it, even if it is killed', async () => {
  const { directory, result } = startBench(FEW, stoppedAt(' -f ', 'SIGKILL'));
  // by its tail -f
  expect((await result).signal).toBe('SIGKILL');
  await until(() => processesIn(directory).length === 0);
});

it.each([
  [['--events', 'many'], 2, "'many' is not a whole number"],
  [['--size', '20'], 2, 'the event size 20 is not possible'],
  [['--partitions', '300'], 2, '300 partitions are out of range'],
  [['--routing', 'hush:tenant'], 2, "'hush:tenant' is not a routing"],
  [['--routing', 'hash:nosuch'], 2, 'cannot be routed by hash:nosuch'],
  [['--routing', 'manual:tenant'], 2, 'cannot be routed by manual:tenant'],
  [['--events', '1e12', '--size', '1M'], 74, 'free, and the measurement needs'],
  [['--dir', '/nowhere/at/all'], 73, 'no temporary ledger can be created in /nowhere/at/all: ENOENT'],
  [['--compare', '/nowhere/before.json'], 66, 'there is no file /nowhere/before.json to compare with'],
  [['--compare', 'package.json'], 65, 'it is JSON of another kind'],
  [['--compare', 'README.md'], 65, 'it is not JSON'],
  [['--ledger', 'mine.codex'], 2, 'mine.codex is a file'],
])('refuses %j with %d and a reason', async (args, code, message) => {
  const directory = tempDir();
  const where = args.includes('--dir') ? [] : ['--dir', directory];
  const result = await runCli(['bench', ...where, ...args]);
  expect(result.code).toBe(code);
  expect(result.stdout.toString()).toBe('');
  expect(result.stderr).toMatch(/^error: .*\n {2}try: .*\n/);
  expect(result.stderr).toContain(message);
  expect(readdirSync(directory)).toEqual([]);
});

it.runIf(process.getuid?.() !== 0)('refuses a directory it may not write', async () => {
  const directory = tempDir();
  chmodSync(directory, 0o500);
  expect(await runCli([...FEW, '--dir', directory])).toMatchObject({
    code: 73,
    stderr: expect.stringContaining('EACCES'),
  });
});

it('a failure during the run prints one line and leaves no files', async () => {
  const directory = tempDir();
  // without the shell that creates the pipes
  const result = await runCli([...FEW, '--dir', directory], { env: { PATH: '/nowhere' } });
  expect(result.code).toBe(74);
  expect(result.stderr).toMatch(/^error: .*\n {2}try: .*\n$/);
  expect(readdirSync(directory)).toEqual([]);
});

it.runIf(hasTerminal && isSoak)('shows on a terminal what is being measured', async () => {
  const directory = tempDir();
  const written = await runOnTerminal(`completengine bench --events 40 --dir '${directory}' | cat`);
  expect(written).toContain('4/7  processes of one event');
  expect(written).toContain('7/7  replay | cat');
});

it.skipIf(!hasScreen)('Ctrl-C takes the display from the screen and puts the cursor back', async () => {
  const directory = tempDir();
  const screen = new Screen({ columns: 110, rows: 20, variables: stoppedAt('start.codex') });
  screen.type(`completengine bench --events 40 --dir '${directory}'`);
  await screen.showing(/4\/7 {2}processes of one event/);
  screen.press('C-c');
  await screen.showing(/^stopped; the temporary files were removed$/m);
  screen.type('echo "code $?"');
  const lines = await screen.showing(/^code 130$/m);
  expect(lines.join('\n')).not.toContain('4/7');
  expect(readdirSync(directory)).toEqual([]);
});
