/** Wrong command lines: one line with the fact, one with what to type, exit 2; and `-h` and `-V` wherever they are typed. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const HELP = 'completengine --help';

const RANGE_FOR_A_GROUP =
  'a group has no end; to give it a range: completengine replay RANGE --into FILE, then tail --group NAME -l FILE';

const REFUSALS: readonly [args: readonly string[], fact: string, hint: string][] = [
  [['tali'], "there is no command 'tali'", `completengine tail, or ${HELP}`],
  [['somersault', 'a', 'b'], "there is no command 'somersault'", HELP],
  [
    ['partition', 'ad'],
    "there is no command 'partition ad'",
    'completengine partition add, or completengine partition --help',
  ],
  [['partiton', 'add', 'x'], "there is no command 'partiton add'", `completengine partition add, or ${HELP}`],
  [['help', 'reply'], "there is no command 'reply'", `completengine replay, or ${HELP}`],
  [['help', 'partition', 'ad'], "there is no command 'partition ad'", `completengine partition add, or ${HELP}`],
  [['group', 'list'], "there is no command 'group list'", 'completengine group, or completengine group --help'],
  [
    ['group', 'redeliver', 'mailer'],
    "there is no command 'group redeliver'",
    'completengine group parked GROUP --redeliver, or completengine group --help',
  ],
  [
    ['group', 'nosuch'],
    "there is no command 'group nosuch'",
    'completengine group show nosuch, or completengine group --help',
  ],
  [['verify'], "there is no command 'verify'", `completengine inspect --verify, or ${HELP}`],
  [['import', 'a.jsonl'], "there is no command 'import'", `completengine emit, or ${HELP}`],
  [['--hepl'], 'there is no flag --hepl before a command', '--help'],
  [['-l', 'x.codex', 'tail'], 'there is no flag -l before a command', HELP],
  [['replay', '--frm', 'now'], 'replay has no flag --frm', '--from, or completengine replay --help'],
  [['tail', '--legder=x'], 'tail has no flag --legder', '--ledger, or completengine tail --help'],
  [['replay', '--grep', 'x'], 'replay has no flag --grep', 'completengine replay --help'],
  [['replay', '--rtae', '1/s'], 'replay has no flag --rtae', '--rate, or completengine replay --help'],
  [['tail', '-F'], 'tail has no flag -F', '--follow, or completengine tail --help'],
  [['tail', '-fx'], 'tail has no flag -x', 'completengine tail --help'],
  [
    ['partition', 'add', '--somersault', 'x'],
    'partition add has no flag --somersault',
    'completengine partition add --help',
  ],
  [['tail', '--to', '2026-04-12'], 'tail has no --to', '--until TIME, exclusive, or --through TIME, inclusive'],
  [['tail', '--dry-run'], 'tail has no --dry-run', 'completengine replay --dry-run'],
  [['diff', '-l', 'a', 'b'], 'diff has no --ledger', 'completengine diff A B: both are arguments'],
  [['replay', '-n', '3'], 'replay has no --number', 'completengine tail -n 10, or --limit 10 for the first ones'],
  [['replay', '--group', 'x'], 'replay has no --group', RANGE_FOR_A_GROUP],
  [['tail', '--group', 'x', '--until', 'now'], '--group cannot be combined with --until', RANGE_FOR_A_GROUP],
  [
    ['replay', '-o', 'a b.jsonl'],
    "--output: 'a b.jsonl' is not payload, envelope, cloudevents, csv, tsv, template or pretty",
    "to write into a file: > 'a b.jsonl'",
  ],
  [
    ['init', '--partition', '3'],
    'init has no --partition',
    '--partitions N for their number, or --routing hash:tenant for a rule',
  ],
  [['tail', '-n'], '--number needs a value', '--number N|all'],
  [['tail', '-n', '-f'], '--number needs a value', '--number N|all'],
  [['emit', '--late'], '--late needs a value: record or reject', '--late record'],
  [['tail', '-n', '1', '-n', '2'], '--number is given twice', 'give --number once'],
  [
    ['init', '--durability', 'ful'],
    "--durability: 'ful' is not full or normal",
    '--durability full, or completengine init --help',
  ],
  [['tail', '-f=yes'], "--follow takes no value, and got 'yes'", '--follow'],
  [['tail', '--follow=yes'], "--follow takes no value, and got 'yes'", '--follow'],
  [['inspect', '--json=1'], "--json takes no value, and got '1'", '--json'],
  [['inspect', '--sequence', 'x'], "--sequence: 'x' is not a whole number", '--sequence N'],
  [['inspect', 'a', 'b'], "inspect takes no argument, and got 'a'", 'completengine inspect --help'],
  [
    ['inspect', 'a b.codex'],
    "inspect takes no argument, and got 'a b.codex'",
    "completengine inspect --ledger 'a b.codex'",
  ],
  [['backup', 'a', 'b'], "backup takes one argument, and got also 'b'", 'completengine backup --help'],
  [['backup'], 'backup needs FILE (the new file, in an existing directory)', 'completengine backup FILE'],
  [
    ['group', '-l', 'x.codex', 'parked', 'mailer'],
    "'group parked' is written without flags in between",
    'completengine group parked --ledger x.codex, and the flags behind it',
  ],
  [['partition', 'add'], 'partition add needs NAME (names of the new partitions)', 'completengine partition add NAME'],
  [
    ['inspect', '--verify', '--watch'],
    '--verify cannot be combined with --watch',
    'give --verify or --watch, not both',
  ],
  [['tail', '--batch', '3'], '--batch needs --exec', 'add --exec COMMAND, or drop --batch'],
  [['inspect', '--every', '1s'], '--every needs --watch', 'add --watch, or drop --every'],
];

test.each(REFUSALS)('%j', async (args, fact, hint) => {
  expect(await runCli(args)).toMatchObject({ code: 2, stderr: `error: ${fact}\n  try: ${hint}\n` });
});

const SIZE_HINT = 'use 64kB, 30MB, 16MiB or a number of bytes';
const COUNT_HINT = 'use 100, 200_000, 200k, 1.5M or 2e5';
const DURATION_HINT = 'write 5s, 500ms, 30m, 24h, 7d, 1y or 1h30m; a number alone is seconds';

test.each([
  [['tail', '--busy-timeout', 'soon'], "--busy-timeout: 'soon' is not a duration", DURATION_HINT],
  [['tail', '-g', 'g', '--lease', '5q'], "--lease: '5q' is not a duration", DURATION_HINT],
  [['emit', '--max-skew', '1h-2m'], "--max-skew: '1h-2m' is not a duration", DURATION_HINT],
  [['replay', '--max-gap', 'x'], "--max-gap: 'x' is not a duration", DURATION_HINT],
  [['inspect', '--watch', '--every', '-1s'], "--every: '-1s' is not a duration", DURATION_HINT],
  [['emit', '--max-line', '30MBit'], "--max-line: '30MBit' is not a size in bytes", SIZE_HINT],
  [['tail', '-g', 'g', '--exec', 'cat', '--batch-bytes', '0'], "--batch-bytes: '0' is not a size in bytes", SIZE_HINT],
  [['bench', '--size', '1.5'], "--size: '1.5' is not a size in bytes", SIZE_HINT],
  [['bench', '--events', 'many'], "--events: 'many' is not a whole number from 1", COUNT_HINT],
  [['tail', '-c', '0'], "--limit: '0' is not a whole number from 1", COUNT_HINT],
  [['tail', '-g', 'g', '--exec', 'cat', '--batch', '1.5'], "--batch: '1.5' is not a whole number from 1", COUNT_HINT],
])('%j is refused by the name of its flag', async (args, fact, hint) => {
  expect(await runCli(args)).toMatchObject({ code: 2, stderr: `error: ${fact}\n  try: ${hint}\n` });
});

test('durations, sizes and counts are taken as people write them', async () => {
  const ledger = await newLedger('--max-line', '16KiB', '--busy-timeout', '5');
  const { config } = JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString());
  expect(config).toMatchObject({ lineBytesMax: 16_384 });
  await succeed(['emit', '-l', ledger, '--max-skew', '1.5h', '--max-line', '2kB'], { input: '1\n2\n' });
  const tail = ['tail', '-l', ledger, '-g', 'Mailer', '--member', 'ip-10-0-0-7.Example.com', '--exec', 'cat'];
  const { stdout } = await succeed([
    ...tail,
    '--batch',
    '1k',
    '--batch-bytes',
    '1MB',
    '-c',
    '2',
    '--backoff',
    '0.5',
    '--lease',
    '10',
  ]);
  expect(stdout.toString().split('\n').sort()).toEqual(['', '1', '2']);
});

test('the messages are the same for developers of oclif', async () => {
  const env = { ...process.env, NODE_ENV: 'development' };
  const { code, stderr } = await runCli(['tail', '-o', 'xml'], { env });
  expect({ code, fact: stderr.split('\n')[0] }).toEqual({
    code: 2,
    fact: expect.stringContaining("--output: 'xml' is not"),
  });
});

test('under --json the document has the fact and the hint', async () => {
  const { code, stdout } = await runCli(['inspect', '--json', '--every', '1s']);
  expect({ code, document: JSON.parse(stdout.toString()) }).toEqual({
    code: 2,
    document: { error: { code: 'USAGE', message: '--every needs --watch', hint: 'add --watch, or drop --every' } },
  });
});

test('an argument is never read from a pipe', async () => {
  const copy = fileIn(tempDir(), 'name', 'copy.codex');
  const result = await runCli(['backup', '-l', await newLedger()], { input: readFileSync(copy) });
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('backup needs FILE') });
});

test.each([[['-h']], [['tail', '-h']], [['partition', 'add', '-h']], [['tail', '-f', '-h']], [['help', '-h']]])(
  '%j prints help',
  async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr, help: stdout.toString() }).toMatchObject({
      code: 0,
      stderr: '',
      help: expect.stringContaining('USAGE'),
    });
  },
);

test.each([[['-V']], [['--version']], [['tail', '-V']], [['partition', 'add', '--version']]])(
  '%j prints the version',
  async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString()).toMatch(/^completengine\/\d+\.\d+\.\d+ \S+ node-v\S+\n$/);
  },
);

test('behind -- the words are arguments', async () => {
  const result = await runCli(['tail', '-l', await newLedger(), '--', '-h']);
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining("'-h'") });
  await succeed(['tail', '-l', await newLedger(), '--', 'p0']);
});
