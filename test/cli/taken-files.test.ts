import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refuseTakenFiles } from '../../src/cli/state/taken-files.ts';
import { type CliResult, runCliInto } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { expectFailure, fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { refusalOf } from '../support/refusals.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A directory with a ledger, its -wal, an input, and links to them. */
async function place() {
  const directory = tempDir();
  const ledger = join(directory, 'events.codex');
  const engine = await openEngine({ ledger });
  await engine.emit({ n: 1 });
  const input = fileIn(directory, 'in.jsonl', '1\n');
  const linked = (name: string, target: string): string => {
    symlinkSync(target, join(directory, name));
    return join(directory, name);
  };
  return { directory, ledger, input, linked };
}

const check = (ledger: string, input: string, rejects: string) => () =>
  refuseTakenFiles({ ledgers: [ledger], inputs: [{ name: 'in.jsonl', place: input }], outputs: { rejects } });

test('files of the ledger and inputs are refused under each of their names', async () => {
  const { directory, ledger, input, linked } = await place();
  expect(existsSync(`${ledger}-wal`)).toBe(true);
  linkSync(input, join(directory, 'hard.jsonl'));
  const cases: [path: string, fact: string][] = [
    [ledger, 'is the ledger itself'],
    [join(directory, '.', 'x', '..', 'events.codex'), 'is the ledger itself'],
    [linked('link.codex', ledger), 'is the ledger itself'],
    [join(linked('elsewhere', directory), 'events.codex'), 'is the ledger itself'],
    [`${ledger}-wal`, 'is part of the ledger: its -wal'],
    [`${ledger}-shm`, 'is part of the ledger: its -shm'],
    [linked('link-to-wal', `${ledger}-wal`), 'is part of the ledger: its -wal'],
    // which does not exist
    [`${ledger}-journal`, 'is part of the ledger: its -journal'],
    [linked('dangling', 'chained'), 'is part of the ledger: its -journal'],
    [input, 'is an input: in.jsonl'],
    [join(directory, 'hard.jsonl'), 'is an input: in.jsonl'],
  ];
  linked('chained', 'events.codex-journal');
  for (const [path, fact] of cases)
    expect(refusalOf(check(ledger, input, path)).message).toBe(`--rejects ${path} ${fact}`);
  // for a ledger named by a link, the -wal is beside the target of the link
  expect(refusalOf(check(join(directory, 'link.codex'), input, `${ledger}-wal`)).message).toContain('its -wal');
});

test('other files are accepted: missing ones, links to them, devices, and a ledger yet to be created', async () => {
  const { directory, ledger, input, linked } = await place();
  for (const path of [
    join(directory, 'new'),
    linked('to-new', 'new'),
    linked('loop', 'loop'),
    '/dev/null',
    join(directory, 'nowhere', 'file'),
  ])
    check(ledger, input, path)();
  check(join(directory, 'nowhere', 'events.codex'), input, join(directory, 'events'))();
  refuseTakenFiles({ inputs: [{ name: '/dev/null', place: '/dev/null' }], outputs: { rejects: '/dev/null' } });
});

test('two outputs must be two files', () => {
  const file = join(tempDir(), 'state');
  const refusal = refusalOf(() => refuseTakenFiles({ outputs: { 'cursor-file': file, 'digest-file': file } }));
  expect(refusal.message).toBe(`--digest-file ${file} is the same file as --cursor-file ${file}`);
});

test('a hyphen is refused as an output file', () => {
  expect(refusalOf(() => refuseTakenFiles({ outputs: { rejects: '-' } })).message).toBe(
    '--rejects - does not mean standard output',
  );
});

const APPENDING = /^completengine((?: (?![12]?[<>])\S+)*)((?: 2?>> \S+)*)$/;

/** Runs a line of a shell in the directory: in the resident command line if all that the shell does is to append outputs to files. */
function runLine(directory: string, line: string): Promise<CliResult> {
  const [, words, outputs = ''] = APPENDING.exec(line) ?? [];
  if (words === undefined) return runShell(`cd "$directory"; ${line}`, { directory });
  const files = [...outputs.matchAll(/(2?)>> (\S+)/g)].map(([, descriptor, file]) => [descriptor || 1, file]);
  return runCliInto(Object.fromEntries(files), words.trim().split(' '), { cwd: directory });
}

describe('commands', () => {
  test.each([
    ['emit', 'completengine emit in.jsonl --rejects events.codex', '--rejects events.codex is the ledger itself'],
    ['emit', 'completengine emit in.jsonl --rejects in.jsonl', '--rejects in.jsonl is an input: in.jsonl'],
    ['emit', 'completengine emit --rejects in.jsonl < in.jsonl', '--rejects in.jsonl is an input: stdin'],
    ['emit', 'completengine emit --rejects -  < in.jsonl', '--rejects - does not mean standard output'],
    ['emit', 'completengine emit in.jsonl --receipts >> in.jsonl', 'standard output is an input: in.jsonl'],
    ['emit', 'completengine emit in.jsonl --receipts >> events.codex', 'standard output is the ledger itself'],
    ['emit', 'completengine emit in.jsonl events.codex', 'the input events.codex is the ledger itself'],
    ['emit', 'completengine emit < events.codex', 'the input stdin is the ledger itself'],
    ['tail', 'completengine tail -f >> events.codex', 'standard output is the ledger itself'],
    [
      'tail',
      'completengine tail --cursor-file events.codex-wal',
      '--cursor-file events.codex-wal is part of the ledger: its -wal',
    ],
    ['replay', 'completengine replay 1<> events.codex', 'standard output is the ledger itself'],
    [
      'replay',
      'completengine replay --digest-file events.codex-shm',
      '--digest-file events.codex-shm is part of the ledger: its -shm',
    ],
    [
      'replay',
      'completengine replay --into other.codex --digest-file other.codex-wal',
      '--digest-file other.codex-wal is part of the ledger: its -wal',
    ],
    [
      'replay',
      'completengine replay --into events.codex-journal',
      '--into events.codex-journal is part of the ledger: its -journal',
    ],
    ['inspect', 'completengine inspect --json >> events.codex', 'standard output is the ledger itself'],
    ['bench', 'completengine bench --compare in.jsonl --json >> in.jsonl', 'standard output is an input: in.jsonl'],
    [
      'partition explain',
      'completengine partition explain < in.jsonl >> in.jsonl',
      'standard output is an input: stdin',
    ],
    ['partition explain', 'completengine partition explain < events.codex', 'the input stdin is the ledger itself'],
  ])('%s: %s', async (_, script, fact) => {
    const ledger = await newLedger();
    const directory = dirname(ledger);
    const input = fileIn(directory, 'in.jsonl', '1\nbad\n');
    const before = readFileSync(ledger);
    const result = await runLine(directory, script);
    expectFailure(result, 2, fact);
    expect(readFileSync(ledger).equals(before)).toBe(true);
    expect(readFileSync(input, 'utf8')).toBe('1\nbad\n');
    expect(existsSync(join(directory, '-'))).toBe(false);
    expect(existsSync(join(directory, 'other.codex'))).toBe(false);
  });

  test.each([
    ['emit', 'completengine emit in.jsonl 2>> events.codex', 'standard error is the ledger itself'],
    ['emit', 'completengine emit in.jsonl --rejects r.jsonl 2>> in.jsonl', 'standard error is an input: in.jsonl'],
    ['emit', 'completengine emit < in.jsonl 2>> in.jsonl', 'standard error is an input: stdin'],
    ['tail', 'completengine tail 2>> events.codex-wal', 'standard error is part of the ledger: its -wal'],
    ['replay', 'completengine replay --into other.codex 2>> other.codex', 'standard error is a database of SQLite'],
    ['diff', 'completengine diff other.codex events.codex 2>> events.codex', 'standard error is the ledger itself'],
    ['a wrong flag', 'completengine inspect --bogus 2>> events.codex', 'standard error is the ledger itself'],
    ['a wrong flag', 'completengine tail -l ./other.codex -n x 2>> other.codex', 'standard error is the ledger itself'],
    [
      'a wrong flag',
      'completengine diff --bogus events.codex x 2>> events.codex',
      'standard error is the ledger itself',
    ],
  ])('%s: standard error is refused on standard output: %s', async (_, script, fact) => {
    const ledger = await newLedger();
    const directory = dirname(ledger);
    await succeed(['init', '-l', join(directory, 'other.codex')]);
    const holder = await openEngine({ ledger });
    await holder.emit({ n: 1 });
    const input = fileIn(directory, 'in.jsonl', '1\nbad\n');
    const files = [ledger, `${ledger}-wal`, join(directory, 'other.codex'), input];
    const before = files.map((file) => readFileSync(file));
    const result = await runLine(directory, script);
    expectFailure({ ...result, stderr: result.stdout.toString() }, 2, fact);
    expect(result.stderr).toBe('');
    expect(files.filter((file, at) => !readFileSync(file).equals(before[at] as Buffer))).toEqual([]);
  });

  test.each([
    'completengine inspect --bogus --json >> events.codex',
    'completengine inspect --json >> events.codex 2>> events.codex',
    'completengine tail -n x >> events.codex 2>&1',
    'completengine tial >> events.codex 2>&1',
    'completengine --help >> events.codex',
  ])('nothing is written to a stream that is the ledger: %s', async (script) => {
    const ledger = await newLedger();
    const before = readFileSync(ledger);
    const directory = dirname(ledger);
    const result = await runLine(directory, script);
    expect(result.code).toBe(2);
    expect(readFileSync(ledger).subarray(before.length).toString()).toBe('');
  });

  test('with --json a refused standard error is one document on standard output', async () => {
    const directory = dirname(await newLedger());
    const result = await runShell('cd "$directory"; completengine inspect --json 2>> events.codex', { directory });
    expect(JSON.parse(result.stdout.toString()).error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'standard error is the ledger itself',
    });
  });

  test.each([
    ['completengine tail >> other.codex', 'standard output is a database of SQLite'],
    ['completengine replay -q >> archive/x.segment', 'standard output is a database of SQLite'],
    ['completengine emit in.jsonl --receipts >> other.codex', 'standard output is a database of SQLite'],
    ['completengine emit in.jsonl --rejects other.codex', '--rejects other.codex is a database of SQLite'],
    ['completengine inspect --html other.codex', '--html other.codex is a database of SQLite'],
    ['completengine replay --digest-file other.codex', '--digest-file other.codex is a database of SQLite'],
    ['completengine tail -f --cursor-file link', '--cursor-file link is a database of SQLite'],
  ])('another ledger or a segment is no output: %s', async (script, fact) => {
    const ledger = await newLedger();
    const directory = dirname(ledger);
    await succeed(['emit', '-q', '-l', ledger], { input: '1\n' });
    await succeed(['emit', '-q', '-l', ledger], { input: '2\n' });
    await succeed(['init', '-l', join(directory, 'other.codex')]);
    mkdirSync(join(directory, 'archive'));
    await succeed(['archive', '-l', ledger, '--until', 'now', '--yes', '--to', join(directory, 'archive')]);
    const [name = ''] = readdirSync(join(directory, 'archive'));
    const segment = join(directory, 'archive', 'x.segment');
    renameSync(join(directory, 'archive', name), segment);
    symlinkSync('other.codex', join(directory, 'link'));
    fileIn(directory, 'in.jsonl', '1\nbad\n');
    const files = [ledger, segment, join(directory, 'other.codex')];
    const before = files.map((file) => readFileSync(file));
    expectFailure(await runShell(`cd "$directory"; ${script}`, { directory }), 2, fact);
    expect(files.filter((file, at) => !readFileSync(file).equals(before[at] as Buffer))).toEqual([]);
  });

  test('standard error that is another ledger is refused on standard output', async () => {
    const directory = dirname(await newLedger());
    await succeed(['init', '-l', join(directory, 'other.codex')]);
    const before = readFileSync(join(directory, 'other.codex'));
    const result = await runShell('cd "$directory"; completengine inspect 2>> other.codex', { directory });
    expectFailure({ ...result, stderr: result.stdout.toString() }, 2, 'standard error is a database of SQLite');
    expect(readFileSync(join(directory, 'other.codex')).equals(before)).toBe(true);
  });

  test('standard error may share a file with standard output and with rejects', async () => {
    const ledger = await newLedger();
    const directory = dirname(ledger);
    fileIn(directory, 'in.jsonl', '1\nbad\n');
    const script = `cd "$directory"; completengine emit in.jsonl --rejects /dev/stderr 2>> rejects.jsonl
      completengine inspect > log 2>&1`;
    expect((await runShell(script, { directory })).code).toBe(0);
    expect(readFileSync(join(directory, 'rejects.jsonl'), 'utf8')).toContain('"text":"bad"');
    expect(await replayed(ledger)).toBe('1\n');
  });

  test('init does not create a ledger in the file of its own output', async () => {
    const directory = tempDir();
    const result = await runShell('cd "$directory"; completengine init > events.codex', { directory });
    expectFailure(result, 2, 'standard output is the ledger itself');
    expect(readFileSync(join(directory, 'events.codex'))).toHaveLength(0);
  });

  test('the same device for all outputs, and an output beside the ledger, are accepted', async () => {
    const ledger = await newLedger();
    const directory = dirname(ledger);
    writeFileSync(join(directory, 'in.jsonl'), '1\n');
    const { code } = await runShell(
      'cd "$directory"; completengine emit in.jsonl --receipts --rejects /dev/null > receipts; completengine replay -q < /dev/null > /dev/null',
      {
        directory,
      },
    );
    expect(code).toBe(0);
    expect(await replayed(ledger)).toBe('1\n');
    await succeed(['replay', '-q', '-l', ledger, '--digest-file', join(directory, `${basename(ledger)}.digest`)]);
  });
});
