import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { ResidentCli } from '../support/resident-cli.ts';

const COMMON = ['archive', 'busy-timeout', 'color', 'ledger', 'verbose'];

/** What follows from the registry of formats. */
const OUTPUT = ['append', 'fields', 'format', 'source', 'type'];

/** All commands and flags: they are part of the interface, so a change of them must also change this table. */
const SURFACE: Readonly<Record<string, readonly string[]>> = {
  archive: [...COMMON, 'drop', 'force', 'json', 'limit', 'through', 'through-sequence', 'to', 'tz', 'until', 'yes'],
  backup: [...COMMON, 'json'],
  bench: [
    'color',
    'compare',
    'dir',
    'durability',
    'events',
    'json',
    'ledger',
    'partitions',
    'routing',
    'size',
    'verbose',
  ],
  compact: [...COMMON, 'before', 'compression', 'json', 'tz'],
  completion: ['color', 'verbose'],
  diff: ['busy-timeout', 'chain-only', 'color', 'json', 'verbose'],
  emit: [
    ...COMMON,
    'atomic',
    'checkpoint',
    'checkpoint-every',
    'envelope',
    'expect-head',
    'json',
    'keep-cr',
    'key',
    'late',
    'max-line',
    'max-skew',
    'merge',
    'name',
    'producer',
    'quiet',
    'receipts',
    'rejects',
    'sign',
    'text',
    'to',
    'trust-clock',
  ],
  group: [...COMMON, 'json', 'tz'],
  'group delete': [...COMMON, 'force', 'json', 'yes'],
  'group parked': [...COMMON, ...OUTPUT, 'drop', 'json', 'limit', 'output', 'redeliver', 'tz', 'yes'],
  'group reset': [...COMMON, 'force', 'from', 'from-sequence', 'json', 'partition', 'tz', 'yes'],
  'group show': [...COMMON, 'json', 'tz'],
  'group skip': [...COMMON, 'force', 'json', 'sequence', 'tz', 'yes'],
  init: [
    'tz',
    ...COMMON,
    'compression',
    'determinism',
    'durability',
    'json',
    'layout',
    'max-line',
    'missing',
    'partitions',
    'replicas',
    'routing',
    'time',
    'unique',
  ],
  inspect: [
    ...COMMON,
    'check',
    'checkpoint',
    'cosign',
    'every',
    'expect-head',
    'html',
    'json',
    'metrics',
    'name',
    'next-key',
    'permissions',
    'proof',
    'public-key',
    'quiet',
    'sequence',
    'sign',
    'state',
    'timeline',
    'tz',
    'verify',
    'watch',
    'witnesses',
  ],
  partition: [...COMMON, 'json'],
  'partition add': [...COMMON, 'dry-run', 'json', 'sample'],
  'partition explain': [...COMMON, 'envelope', 'json'],
  'partition place': [...COMMON, 'dry-run', 'json', 'sample'],
  'partition reroute': [...COMMON, 'dry-run', 'json', 'missing', 'partitions', 'sample'],
  proof: ['color', 'json', 'public-key', 'verbose', 'witnesses'],
  replay: [
    ...COMMON,
    ...OUTPUT,
    'cursor-file',
    'determinism',
    'digest-file',
    'dry-run',
    'exec',
    'expect-digest',
    'follow',
    'from',
    'from-sequence',
    'into',
    'json',
    'key',
    'limit',
    'max-gap',
    'output',
    'partition',
    'partitions',
    'quiet',
    'rate',
    'routing',
    'speed',
    'step',
    'through',
    'through-sequence',
    'tz',
    'until',
    'where',
  ],
  tail: [
    ...[
      ...COMMON,
      ...OUTPUT,
      'ack-timeout',
      'backoff',
      'batch',
      'batch-bytes',
      'concurrency',
      'cursor-file',
      'exec',
      'exit-at-head',
      'follow',
      'from',
      'from-sequence',
    ],
    ...[
      'group',
      'idle',
      'key',
      'lease',
      'limit',
      'max-deliver',
      'member',
      'number',
      'output',
      'partition',
      'quiet',
      'through',
      'through-sequence',
      'tz',
      'until',
      'where',
    ],
  ],
};

const SHORT: Readonly<Record<string, string>> = {
  c: 'limit',
  e: 'exit-at-head',
  f: 'follow',
  g: 'group',
  l: 'ledger',
  n: 'number',
  o: 'output',
  p: 'partition',
  q: 'quiet',
  v: 'verbose',
};

interface Option {
  readonly char?: string;
  readonly description?: string;
}

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly summary: string;
        readonly description?: string;
        readonly flags: Readonly<Record<string, Option>>;
        readonly args: Readonly<Record<string, Option>>;
      }
    >
  >;
}

const idOf = (verb: string) => verb.replaceAll(' ', ':');

const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as Manifest;

test('the commands and flags are exactly those of the table', () => {
  const sorted = (names: readonly string[]) => [...names].sort();
  expect(sorted(Object.keys(manifest.commands))).toEqual(sorted(Object.keys(SURFACE).map(idOf)));
  for (const [verb, flags] of Object.entries(SURFACE))
    expect([verb, sorted(Object.keys(manifest.commands[idOf(verb)]?.flags ?? {}))]).toEqual([verb, sorted(flags)]);
});

test('a short flag means the same in every command', () => {
  for (const { flags } of Object.values(manifest.commands)) {
    for (const [name, { char }] of Object.entries(flags))
      if (char !== undefined) expect([char, SHORT[char]]).toEqual([char, name]);
  }
});

test.each(Object.entries(SURFACE))('%s --help names each of its flags and ends with 0', async (verb, flags) => {
  const words = verb.split(' ');
  for (const args of [
    [...words, '--help'],
    ['help', ...words],
  ]) {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const flag of flags) expect(stdout.toString()).toMatch(new RegExp(`--${flag}\\b`));
    expect(stdout.toString()).toContain('EXAMPLES');
  }
});

test.each([[['--help']], [['help']], [[]]])('%j lists the verbs', async (args) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const verb of Object.keys(SURFACE).filter((name) => !name.includes(' ')))
    expect(stdout.toString()).toMatch(new RegExp(`^ +${verb} +[A-Z]`, 'm'));
});

test('no sentence of the help is longer than 30 words, and none has a retired word', () => {
  for (const [id, { summary, description = '', flags, args }] of Object.entries(manifest.commands)) {
    const options = [...Object.values(flags), ...Object.values(args)].map((option) => option.description ?? '');
    for (const text of [summary, description, ...options]) {
      for (const sentence of text.split(/(?<=[.!?])\s+/))
        expect([id, sentence, sentence.split(/\s+/).length > 30]).toEqual([id, sentence, false]);
      expect([id, text]).toEqual([
        id,
        expect.not.stringMatching(/\b(t(old|ells?)|who(ever)|(a)new|(m)end|go(es)? on|for (ever))\b/i),
      ]);
    }
  }
});

test('help fits into eighty columns', async () => {
  const narrow = new ResidentCli({ env: { ...process.env, COLUMNS: '80', OCLIF_COLUMNS: '80' } });
  onTestFinished(() => narrow.close());
  for (const verb of Object.keys(SURFACE)) {
    const { stdout } = await narrow.run([...verb.split(' '), '--help']);
    const [usage = ''] = stdout.toString().split('EXAMPLES');
    expect(usage).toContain('USAGE');
    expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('help shows the groups of flags in the order of the command, GLOBAL last', async () => {
  const { stdout } = await runCli(['replay', '--help']);
  const headings = stdout.toString().match(/^([A-Z]+ )?FLAGS$/gm);
  expect(headings).toEqual([
    'FLAGS',
    'RANGE FLAGS',
    'FILTER FLAGS',
    'PACE FLAGS',
    'TARGET FLAGS',
    'PROOF FLAGS',
    'GLOBAL FLAGS',
  ]);
});

test('the root help lists each verb once, and the first steps', async () => {
  const { stdout } = await runCli(['--help']);
  const text = stdout.toString();
  expect(text.match(/^ {2}partition /gm)).toHaveLength(1);
  expect(text).toMatch(/^FIRST STEPS\n {2}\$ completengine init /m);
});

test('--version names the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await runCli(['--version'])).stdout.toString()).toMatch(
    new RegExp(`^completengine/${version.replaceAll('.', '\\.')} `),
  );
});
