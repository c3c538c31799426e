/** csv, tsv, templates and CloudEvents on every command that prints events: replay, tail, groups, parked events and --exec. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { earthquakeLedger, expectFailure, newLedger, parseLines, succeed } from '../support/ledger-cli.ts';
import { hasTerminal, runOnTerminal } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const CSV = ['-o', 'csv', '--fields', 'sequence,time,key,properties.mag'];

test('real events as columns are what jq would take from the envelopes', async () => {
  const ledger = await earthquakeLedger();
  const envelopes = parseLines<{
    sequence: number;
    time: string;
    key: string;
    payload: { properties: { mag: number | null } };
  }>((await succeed(['replay', '-q', '-l', ledger, '-o', 'envelope'])).stdout);
  const rows = parse((await succeed(['replay', '-q', '-l', ledger, ...CSV])).stdout, { columns: true });
  expect(rows).toEqual(
    envelopes.map(({ sequence, time, key, payload }) => ({
      sequence: String(sequence),
      time,
      key,
      'properties.mag': payload.properties.mag === null ? '' : expect.stringMatching(/^-?[\d.]+$/),
    })),
  );
  expect(rows.map((row) => Number((row as Record<string, string>)['properties.mag']))).toEqual(
    envelopes.map(({ payload }) => payload.properties.mag ?? 0),
  );
});

test('tail, a group, a command of a group and parked events have the formats, in the zone of --tz', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '1', '--time', 't');
  await succeed(['emit', '-q', '-l', ledger], {
    input: '{"k":"a","t":"2026-01-15T12:00:00Z"}\n{"k":"b","t":"2026-07-15T12:00:00Z"}\n',
  });
  const format = ['--tz', 'Europe/Berlin', '--format', '%s %t %k\\n'];
  const expected = '1 2026-01-15T13:00:00.000000+01:00 a\n2 2026-07-15T14:00:00.000000+02:00 b\n';
  const output = async (...args: string[]) => (await succeed([...args, '-l', ledger])).stdout.toString();
  expect(await output('tail', ...format)).toBe(expected);
  expect(await output('tail', ...format, '--group', 'one', '--from', 'start', '-e')).toBe(expected);
  const file = join(tempDir(), 'out');
  await output(
    'tail',
    ...format,
    '--group',
    'two',
    '--from',
    'start',
    '-e',
    '--exec',
    `cat >> ${file}`,
    '--batch',
    '9',
  );
  expect(readFileSync(file, 'utf8')).toBe(expected);
  const parking = [
    'tail',
    '-l',
    ledger,
    '--group',
    'three',
    '--from',
    'start',
    '-e',
    '--exec',
    'false',
    '--max-deliver',
    '1',
  ];
  expect((await runCli(parking)).code).toBe(5);
  expect(await output('group', 'parked', 'three', ...format)).toBe(expected);
  expect(await output('tail', '-o', 'pretty', '--tz', 'Europe/Berlin', '-n', '1')).toBe(
    '2026-07-15T14:00:00.000000+02:00 p0/1 b {"k":"b","t":"2026-07-15T12:00:00Z"}\n',
  );
  expect(await output('tail', '-o', 'envelope', '--tz', 'Europe/Berlin', '-n', '1')).toContain(
    '"2026-07-15T12:00:00.000000Z"',
  );
  const cloud = parseLines(await output('tail', '-o', 'cloudevents', '--type', 'com.example.t'));
  expect(cloud).toMatchObject([
    { type: 'com.example.t', subject: 'a' },
    { specversion: '1.0', data: { k: 'b' } },
  ]);
});

test('a replay that resumes has one header', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n2\n' });
  const replay = ['replay', '-q', '-l', ledger, '-o', 'csv', '--fields', 'sequence'];
  const cursor = join(tempDir(), 'cursor');
  expect((await succeed([...replay, '--cursor-file', cursor])).stdout.toString()).toBe('sequence\r\n1\r\n2\r\n');
  expect((await succeed([...replay, '--from-sequence', '2', '--append'])).stdout.toString()).toBe('2\r\n');
});

test('combinations that make no sense are one line each', async () => {
  const ledger = await newLedger();
  for (const [args, fact] of [
    [['-o', 'csv'], '-o csv needs --fields'],
    [['-o', 'payload', '--fields', 'key'], '--fields is not a setting of -o payload'],
    [['--fields', 'key'], '--fields without a format'],
    [['-o', 'csv', '--fields', 'a..b'], "'a..b' is not a field path"],
    [['--format', '%q'], 'no token %q'],
    [['--format', '%s', '--tz', 'Nowhere'], "'Nowhere' is not a time zone"],
    [['--into', 'x.codex', '--format', '%s'], /--format/],
  ] as const)
    expectFailure(await runCli(['replay', '-l', ledger, ...args]), 2, fact);
});

test('a column that no event has is said on standard error, whatever the run is, and -q is silent', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], { input: '{"n":1,"a.b":2}\n{"n":2}\n' });
  const cursor = (name: string) => ['--cursor-file', join(tempDir(), name)];
  const columns = ['-l', ledger, '-o', 'csv', '--fields', 'n,a.b,zz'];
  const note = 'no event read has the field a.b or zz; a.b is there as "a.b"';
  for (const run of [
    ['replay'],
    ['replay', '--limit', '2', ...cursor('replay')],
    ['replay', '--exec', 'cat > /dev/null'],
    ['tail'],
    ['tail', ...cursor('tail')],
  ]) {
    expect((await succeed([...run, ...columns])).stderr, run.join(' ')).toContain(note);
    expect((await succeed([run[0] as string, '-q', ...columns])).stderr).toBe('');
  }
});

test.runIf(hasTerminal)('a terminal gets no control byte of a payload in any format', async () => {
  const ledger = await newLedger('--routing', 'hash:k');
  const file = join(tempDir(), 'in');
  writeFileSync(file, `${JSON.stringify({ k: '\u001b]0;x\u0007\r\u009b', t: 'a\nb' })}\n`);
  await succeed(['emit', '-q', '-l', ledger, file]);
  for (const args of ['-o csv --fields key,t', '-o tsv --fields key,t', "--format '%k %v %{t}\\n'", '-o cloudevents']) {
    const shown = await runOnTerminal(`completengine tail -l "$ledger" ${args}`, { variables: { ledger } });
    expect(shown).toContain(']0;x');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
    expect(shown.replaceAll('\r\n', '\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
});
