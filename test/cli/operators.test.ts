/** What operators typed and were not understood, or missed: hints, quiet runs, parked payloads, and programs that do not exist. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { tablesOf } from '../../src/cli/group/parked.ts';
import { payloadsOfParked } from '../../src/cli/group/parked-payloads.ts';
import { UTC_CLOCK } from '../../src/cli/terminal/shown-clock.ts';
import { Completengine, readDuration } from '../../src/index.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { expectFailure, newLedger, parseLines, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

let ledger = '';
beforeEach(async () => {
  ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '{"n":1}\n{"n":2}\n{"n":3}\n' });
});

describe('--exec with a program that does not exist', () => {
  test.each(['nosuchprogram --fast', './no-such-script', '/nonexistent/x | cat', '  nosuchprogram'])(
    '%s leaves no group behind',
    async (command) => {
      const result = await runCli(['tail', '-l', ledger, '-g', 'typo', '--exec', command, '-e']);
      expectFailure(result, 69, 'the command was not found');
      expect((await succeed(['group', '-l', ledger])).stdout.toString()).not.toContain('typo');
    },
  );

  test.each([
    'cat>/dev/null',
    '2>/dev/null cat >/dev/null',
    'X=1 true',
    '{ true; }',
    'if true; then true; fi',
    '"true"',
  ])('%s is run', async (command) => {
    const fresh = await newLedger('--partitions', '1');
    await succeed(['emit', '-q', '-l', fresh], { input: '1\n' });
    await succeed(['tail', '-l', fresh, '-g', 'g', '--exec', command, '-e']);
    expect((await succeed(['group', '-l', fresh])).stdout.toString()).toContain('group g: no lag; 0 parked');
  });
});

describe('an empty tail', () => {
  const EMPTY = ['tail', '-l', '', '--from', '2099-01-01'];
  test('says so, as replay does; not with -q', async () => {
    const args = EMPTY.with(2, ledger);
    expect((await succeed(args)).stderr).toMatch(/^no events: the ledger (?:ends at|is empty)/);
    expect((await succeed([...args, '-q'])).stderr).toBe('');
  });

  test('of a cursor that has everything', async () => {
    const cursor = join(tempDir(), 'cursor');
    const args = ['tail', '-l', ledger, '--from', 'start', '--cursor-file', cursor];
    expect((await succeed(args)).stderr).toBe('');
    expect((await succeed(args)).stderr).toBe('no events after the position in the cursor file\n');
  });
});

test('-q of a member prints no notes, and how many events were parked', async () => {
  const fresh = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', fresh], { input: '1\n' });
  const args = ['tail', '-l', fresh, '-g', 'g', '--max-deliver', '1', '--exec', 'exit 1', '-e', '-q'];
  const result = await runCli(args);
  expect([result.code, result.stderr]).toEqual([5, '1 event: 0 delivered, 1 parked\n']);
});

test.each([
  ['tail', '../x.codex', 'is a ledger, not a partition', '--ledger ../x.codex'],
  ['replay', 'other.codex', 'is a ledger, not a partition', '--ledger other.codex'],
  ['tail', 'nats://host/name', 'is a ledger, not a partition', '--ledger nats://host/name'],
  ['tail', '-5', 'is no partition and no range', 'for the last events: completengine tail --ledger LEDGER -n 5'],
  ['replay', '2026-04', 'is no partition and no range', 'for the month: 2026-04-01/P1M'],
  ['tail', '2026', 'is no partition and no range', 'for the year: 2026-01-01/P1Y'],
])('%s %s: one line on what to write', async (verb, word, fact, hint) => {
  const result = await runCli([verb, '-l', ledger, word]);
  expectFailure(result, 2, `'${word}' ${fact}`);
  expect(result.stderr).toContain(`try: ${hint}`.replace('LEDGER', ledger));
});

test('what the hint of a month says is a range', async () => {
  await succeed(['replay', '-l', ledger, '2026-04-01/P1M']);
  await succeed(['replay', '-l', ledger, '2026-01-01/P1Y']);
});

test('a duration may be in years, as ages are shown', async () => {
  expect(readDuration('1y')).toBe(365 * 86_400e6);
  expect((await succeed(['inspect', '-l', ledger, '--check', 'idle<1y'])).stdout.toString()).toBe('ok: idle<1y\n');
  await succeed(['tail', '-l', ledger, '--from', '-1y', '-n', '1']);
});

test('archive names the end that would take the cut commit, too', async () => {
  const fresh = await newLedger('--partitions', '1');
  for (const input of ['1\n2\n3\n', '4\n5\n6\n', '7\n8\n']) await succeed(['emit', '-q', '-l', fresh], { input });
  const planOf = async (through: string, ...flags: string[]) =>
    (await succeed(['archive', '-l', fresh, '--through-sequence', through, ...flags])).stdout.toString();
  expect(await planOf('4')).toContain(
    'before sequence 5: that commit stays whole; to move it, too: --through-sequence 6',
  );
  expect(await planOf('2')).toContain('to move it, too: --through-sequence 3');
  expect(await planOf('2', '--drop')).toContain('to drop it, too: --through-sequence 3');
  expect(await planOf('6')).not.toContain('stays whole');
  expect(await planOf('7')).toContain('it is the last one, which always stays');
});

describe('group parked', () => {
  async function parked(...lines: string[]): Promise<string> {
    const fresh = await newLedger('--partitions', '1');
    await succeed(['emit', '-q', '-l', fresh], { input: `${lines.join('\n')}\n` });
    const args = ['tail', '-l', fresh, '-g', 'g', '--max-deliver', '1', '--exec', 'exit 1', '-e', '-q'];
    expect((await runCli(args)).code).toBe(5);
    return fresh;
  }

  test('shows a shortened payload on a terminal, without its control characters', async () => {
    const fresh = await parked(`{"a":"\u202e${'x'.repeat(300)}"}`, '{"b":2}');
    const engine = await Completengine.open({ ledger: fresh, access: 'read' });
    let text = '';
    for await (const table of tablesOf(payloadsOfParked(engine, engine.parked('g')), UTC_CLOCK)) text += table;
    await engine.close();
    expect(text).toMatch(/payload\n/);
    expect(text).toMatch(/exit code 1 {2}\{"a":"\\u\{202e\}x+…\n/);
    expect(text).toMatch(/\{"b":2\}\n$/);
    expect(text.split('\n').every((line) => line.length < 160)).toBe(true);
  });

  test('--json prints the lines of a pipe', async () => {
    const fresh = await parked('{"b":2}');
    const lines = (await succeed(['group', 'parked', 'g', '--json', '-l', fresh])).stdout;
    expect(parseLines(lines)).toMatchObject([{ sequence: 1, payload: { b: 2 } }]);
    expectFailure(await runCli(['group', 'parked', 'g', '--json', '--drop', 'all', '-l', fresh]), 2, '--json');
  });
});

test('a home that one may not write causes no warning', async () => {
  const home = '/proc/1/no-home';
  expect(existsSync(home)).toBe(false);
  for (const args of [['--version'], ['inspect', '-l', ledger], ['--help']]) {
    const { stderr, code } = await spawnCli(args, { env: { HOME: home, XDG_DATA_HOME: '/proc/1/root/x' } });
    expect([code, stderr]).toEqual([0, '']);
  }
});
