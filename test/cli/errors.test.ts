import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { BIN, type CliResult, EARTHQUAKES, runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const READERS = [['tail'], ['replay'], ['inspect'], ['partition']] as const;

/** Changes a ledger by other means than the engine. */
function tamper(ledger: string, sql: string): void {
  const db = new Database(ledger);
  db.exec(sql);
  db.close();
}

test.each([...READERS, ['emit'], ['inspect', '--verify']])(
  '%s %s without a ledger exits with 66, and prints the path and how to create one',
  async (...args) => {
    const ledger = join(tempDir(), 'none.codex');
    const result = await runCli([...args.filter(Boolean), '-l', ledger]);
    expectFailure(result, 66, `there is no ledger at ${ledger}`);
    expect(result.stderr).toContain(`completengine init --ledger ${ledger}\n`);
  },
);

test('opens ./events.codex, or the path of COMPLETENGINE_LEDGER, or that of -l', async () => {
  const cwd = tempDir();
  const env = { ...process.env, COMPLETENGINE_LEDGER: undefined };
  expectFailure(await runCli(['tail'], { cwd, env }), 66, join(cwd, 'events.codex'));
  const ledger = await newLedger();
  await succeed(['emit'], { cwd, env: { ...env, COMPLETENGINE_LEDGER: ledger }, input: '1\n' });
  expect((await succeed(['tail'], { cwd, env: { ...env, COMPLETENGINE_LEDGER: ledger } })).stdout.toString()).toBe(
    '1\n',
  );
  expect(
    (
      await succeed(['tail', '-l', ledger], { cwd, env: { ...env, COMPLETENGINE_LEDGER: '/nowhere' } })
    ).stdout.toString(),
  ).toBe('1\n');
});

test.each(['', ' ', ':memory:'])('%j is not a valid ledger path', async (ledger) => {
  for (const verb of ['init', 'tail'])
    expectFailure(await runCli([verb, `--ledger=${ledger}`]), 2, 'cannot name a ledger');
});

test('a ledger cannot be created in a missing directory: 73, with the command that makes it', async () => {
  const directory = join(tempDir(), "it's", 'missing');
  const ledger = join(directory, 'events.codex');
  const refused = await runCli(['init', '-l', ledger]);
  expectFailure(refused, 73, `cannot create ${ledger}: ENOENT`);
  const [, command = ''] = /^ {2}try: make the directory first: (mkdir -p .*)$/m.exec(refused.stderr) ?? [];
  expect(await runShell(command)).toMatchObject({ code: 0 });
  await succeed(['init', '-l', ledger]);
});

test.each([
  ['backup', (path: string) => ['backup', path]],
  ['replay --into', (path: string) => ['replay', '--into', path]],
  ['archive --to', (path: string) => ['archive', '--until', 'now', '--yes', '--to', dirname(path)]],
  ['emit --rejects', (path: string) => ['emit', '--rejects', path]],
  ['replay --cursor-file', (path: string) => ['replay', '--cursor-file', path]],
  ['tail --cursor-file', (path: string) => ['tail', '--cursor-file', path]],
  ['replay --digest-file', (path: string) => ['replay', '--digest-file', path]],
  ['inspect --html', (path: string) => ['inspect', '--html', path]],
] as const)('%s in a missing directory cannot create a file, and hints at mkdir', async (_, args) => {
  const ledger = await newLedger();
  for (const input of ['1\n', '2\n']) await succeed(['emit', '-q', '-l', ledger], { input });
  const directory = join(tempDir(), 'missing');
  const result = await runCli([...args(join(directory, 'file')), '-l', ledger]);
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 73, stderr: expect.stringContaining('ENOENT') });
  expect(result.stderr).toContain(`try: make the directory first: mkdir -p ${directory}`);
});

test('a directory is not a ledger: 76', async () => {
  const directory = join(tempDir(), 'directory');
  mkdirSync(directory);
  for (const verb of ['tail', 'emit', 'init'])
    expectFailure(await runCli([verb, '-l', directory]), 76, `${directory} is a directory`);
});

test.each([
  [
    'text',
    'no database, only some text that is longer than a header of one hundred bytes, so that it could be taken for one',
  ],
  ['a short text', 'xyz'],
])('%s is not a ledger: 76', async (_, content) => {
  const path = fileIn(tempDir(), 'file', content);
  for (const args of [...READERS, ['emit'], ['init']]) expectFailure(await runCli([...args, '-l', path]), 76, path);
});

test.each<readonly [content: string, name: string, bytes: string | Buffer, fact: string, hint: string]>([
  [
    'JSON lines',
    'a.jsonl',
    '{"n":1}\n{"n":2}\n',
    'it looks like JSON',
    'to commit its lines as events: completengine emit PATH',
  ],
  ['an array', 'a.json', '[\n{"n":1}]', 'it looks like JSON', 'completengine emit PATH'],
  ['text', 'a.log', 'Jan 1 one\nJan 1 two, é\n', 'it is text', 'completengine emit --text PATH'],
  ['gzip', 'a.codex.gz', gzipSync('{}'), 'it is compressed by gzip', 'gzip -dk PATH'],
  [
    'zstd',
    'a.zst',
    Buffer.from('28b52ffd00', 'hex'),
    'it is compressed by zstd',
    'if it has events: completengine emit PATH',
  ],
  ['xz', 'a.xz', Buffer.from('fd377a585a0000', 'hex'), 'it is compressed by xz', 'xz -dc < PATH | completengine emit'],
  ['UTF-16', 'a.txt', Buffer.from('\ufeffx', 'utf16le'), 'it is text in UTF-16', 'iconv -f UTF-16 -t UTF-8 < PATH'],
  ['zero bytes', 'a.codex', Buffer.alloc(5000), 'it is zero bytes at its beginning', 'restore an intact copy'],
  ['a -wal', 'a.codex', Buffer.from('377f0682002de218', 'hex'), 'it is the -wal of a database', 'without -wal'],
  [
    'a cut database',
    'a.codex',
    'SQLite format 3\0'.repeat(9),
    'it begins as a database of SQLite',
    'restore an intact copy',
  ],
  ['bytes', 'a.bin', Buffer.from('01fe03fd05', 'hex'), 'it is binary data that is no database', 'check the path'],
])('%s in place of a ledger is named, with what to do: 76', async (_, name, bytes, fact, hint) => {
  const path = join(tempDir(), name);
  writeFileSync(path, bytes);
  for (const verb of ['inspect', 'init']) {
    const result = await runCli([verb, '-l', path]);
    expectFailure(result, 76, `${path} is not a ledger: ${fact}`);
    expect(result.stderr).toContain(hint.replace('PATH', path));
  }
  expect(readFileSync(path)).toEqual(Buffer.from(bytes));
});

test('a directory with one ledger in it names that', async () => {
  const directory = tempDir();
  writeFileSync(join(directory, 'my.codex'), '');
  const { stderr } = await runCli(['inspect', '-l', directory]);
  expect(stderr).toContain(`for the ledger in it: --ledger ${join(directory, 'my.codex')}`);
});

test('another database is not a ledger, and stays unchanged: 76', async () => {
  const path = join(tempDir(), 'other.sqlite');
  tamper(path, 'CREATE TABLE other (x); INSERT INTO other VALUES (1)');
  for (const args of [...READERS, ['emit']])
    expectFailure(await runCli([...args, '-l', path]), 76, 'a SQLite database of something else');
  const result = await runCli(['init', '-l', path]);
  expectFailure(result, 73, `${path} exists already: it is a SQLite database of something else`);
  expect(result.stderr).not.toContain('use it');
});

test('an empty file is not a ledger: 76, with a hint how to create one', async () => {
  const path = fileIn(tempDir(), 'empty', '');
  const result = await runCli(['tail', '-l', path]);
  expectFailure(result, 76, 'it is empty');
  expect(result.stderr).toContain('completengine init');
});

test('a ledger with a foreign trigger is refused: 76', async () => {
  const ledger = await newLedger();
  tamper(ledger, 'CREATE TRIGGER foreign_one AFTER INSERT ON p0 BEGIN SELECT 1; END');
  for (const args of [...READERS, ['emit']])
    expectFailure(await runCli([...args, '-l', ledger]), 76, 'is not a ledger');
});

test('a newer format is refused with 76', async () => {
  const ledger = await newLedger();
  tamper(ledger, 'PRAGMA user_version = 2');
  for (const args of [...READERS, ['emit']])
    expectFailure(await runCli([...args, '-l', ledger]), 76, 'has format 2, and this completengine reads up to 1');
});

test('a ledger with two hard links is refused with 76', async () => {
  const ledger = await newLedger();
  linkSync(ledger, `${ledger}-other`);
  for (const args of [...READERS, ['emit']])
    expectFailure(await runCli([...args, '-l', ledger]), 76, 'has 2 hard links');
});

test('a damaged file is 3', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger, EARTHQUAKES]);
  const { open } = await import('node:fs/promises');
  const file = await open(ledger, 'r+');
  await file.write(Buffer.alloc(16384 * 40, 0xff), 0, 16384 * 40, 16384);
  await file.close();
  for (const args of [['replay'], ['inspect'], ['inspect', '--verify'], ['emit']])
    expectFailure(await runCli([...args, '-l', ledger]), 3, /damaged|broken/);
});

test('a ledger that another process holds is busy: 75, after --busy-timeout', async () => {
  const ledger = await newLedger();
  const db = new Database(ledger);
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = await runCli(['emit', '--busy-timeout', '200ms', '-l', ledger], { input: '1\n' });
    expectFailure(result, 75, `${ledger} was held by another process for 200 ms`);
    expect((await succeed(['tail', '-l', ledger])).stdout.length).toBe(0);
  } finally {
    db.exec('ROLLBACK');
    db.close();
  }
  await succeed(['emit', '-l', ledger], { input: '1\n' });
});

test('--busy-timeout waits until the other process is done', async () => {
  const ledger = await newLedger();
  const db = new Database(ledger);
  db.exec('BEGIN IMMEDIATE');
  const emitting = succeed(['emit', '--busy-timeout', '1m', '-l', ledger], { input: '1\n' });
  setTimeout(() => {
    db.exec('ROLLBACK');
    db.close();
  }, 200);
  await emitting;
  for (const args of [...READERS, ['emit'], ['init']])
    expectFailure(
      await runCli([...args, '--busy-timeout', 'soon', '-l', ledger]),
      2,
      "--busy-timeout: 'soon' is not a duration",
    );
});

describe.skipIf(process.getuid?.() !== 0)('for another user', () => {
  /** The output of `tail` for a user without permissions, after oclif's lines about the home directory. */
  async function tailAsNobody(ledger: string, prepare: string): Promise<CliResult> {
    const script = `${prepare}; exec setpriv --reuid 65534 --clear-groups '${process.execPath}' "$BIN" tail -l "$ledger"`;
    const result = await runShell(script, { ledger, BIN, HOME: '/nonexistent' });
    return { ...result, stderr: result.stderr.replace(/^\(node:.*\n|^\(Use `node.*\n/gm, '') };
  }

  test('a ledger without read permission is 77', async () => {
    const ledger = await newLedger();
    expectFailure(await tailAsNobody(ledger, 'chmod 755 "$(dirname "$ledger")"'), 77, `${ledger} cannot be opened`);
  });

  test('a readable ledger in a directory that cannot be written is read', async () => {
    const ledger = await newLedger();
    await succeed(['emit', '-l', ledger], { input: '1\n' });
    const result = await tailAsNobody(ledger, 'chmod 755 "$(dirname "$ledger")"; chmod 644 "$ledger"');
    expect({ code: result.code, stdout: result.stdout.toString() }, result.stderr).toEqual({ code: 0, stdout: '1\n' });
  });
});

test.each([...READERS.map(([verb]) => verb), 'emit', 'init'])('%s refuses an unknown flag: 2', async (verb) => {
  expectFailure(await runCli([verb, '--bogus']), 2, '--bogus');
});

test.each([
  ['a flag without its value', ['tail', '-n'], '--number'],
  ['an option there is none of', ['tail', '-o', 'xml'], "--output: 'xml'"],
  ['a command there is none of', ['explode'], 'explode'],
])('refuses %s: 2', async (_, args, fact) => {
  expectFailure(await runCli(args), 2, fact);
});

const EVIL = 'e\u001b[31mvil\u0007\u009b2J\u202e';

test.each([
  ['a ledger', ['tail', '-l', `/nowhere/${EVIL}`]],
  ['a file', ['emit', `/nowhere/${EVIL}`]],
  ['a file of rejects', ['emit', '--rejects', `/nowhere/${EVIL}`]],
  ['a partition', ['tail', EVIL]],
  ['a producer', ['emit', '--producer', EVIL]],
  ['a time', ['replay', '--from', EVIL]],
  ['a zone', ['replay', '--from', '2026-01-01', '--tz', EVIL]],
  ['a head', ['inspect', '--expect-head', EVIL]],
  ['a duration', ['tail', '--busy-timeout', EVIL]],
  ['a flag', ['tail', `--${EVIL}`]],
  ['an option', ['tail', '-o', EVIL]],
  ['a number', ['inspect', '--sequence', EVIL]],
  ['a command', [EVIL]],
])('the name of %s cannot drive the terminal', async (_, args) => {
  const result = await runCli(args, { cwd: dirname(await newLedger()) });
  expect(result.code).not.toBe(0);
  expectFailure(result, result.code ?? -1, /^error: /);
  expect(result.stderr).not.toContain('\u202e');
});

test('neither the name nor the content of a file can control the terminal', async () => {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', 'herring');
  const file = fileIn(tempDir(), EVIL, '{"to":"\u009b31m\\u001b[31m\u202e"}\n');
  const result = await runCli(['emit', '-l', ledger, file]);
  expectFailure(result, 65, '\\x1b[31mvil\\x07\\x9b2J\\u{202e}: line 1');
  expect(result.stderr).not.toContain('\u202e');
});

test('inspect shows a path with control characters escaped', async () => {
  const ledger = join(tempDir(), EVIL);
  await succeed(['init', '-l', ledger]);
  for (const args of [['inspect'], ['inspect', '--verify'], ['partition']]) {
    const shown = (await succeed([...args, '-l', ledger])).stdout.toString();
    for (const control of ['\u001b', '\u0007', '\u009b', '\u202e']) expect(shown).not.toContain(control);
  }
});

test('a failure under --json is a document with its code, and the exit code is the same', async () => {
  const missing = join(tempDir(), 'none.codex');
  for (const verb of ['inspect', 'partition', 'emit']) {
    const result = await runCli([verb, '--json', '-l', missing]);
    expect(result.code).toBe(66);
    expect(JSON.parse(result.stdout.toString()).error).toMatchObject({ code: 'NO_LEDGER', details: { path: missing } });
  }
  const usage = await runCli(['inspect', '--json', '--bogus']);
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.stdout.toString()).error).toMatchObject({ code: 'USAGE' });
});

test('an unreadable input is 65, and the input before it is committed', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  writeFileSync(join(directory, 'good'), '1\n');
  const result = await runShell('completengine emit -l "$ledger" "$good" - < /proc/self/mem', {
    ledger,
    good: join(directory, 'good'),
  });
  expectFailure(result, 65, 'cannot be read');
  expect((await succeed(['tail', '-l', ledger])).stdout.toString()).toBe('1\n');
});

test.each(["it's here", '-dash', 'two\nlines \x1b[2J', '$(touch pwned)'])(
  'a hint can be pasted into a shell, whatever the path contains: %j',
  async (name) => {
    const directory = tempDir();
    const refused = await runCli(['replay', `--ledger=./${name}`], { cwd: directory });
    expectFailure(refused, 66, 'there is no ledger');
    const [, command] = /^ {2}try: check the path; to make one: (completengine init .*)$/m.exec(refused.stderr) ?? [];
    const made = await runShell(`cd "$directory"; ${command}`, { directory });
    expect(made.code, made.stderr).toBe(0);
    expect(readdirSync(directory)).toEqual([name]);
  },
);

test.each([
  ['partition add extra', 'the change was made'],
  ['partition place acme p0 --json', 'the change was made'],
  ['init -l new.codex', 'the ledger was created: '],
])('%s whose result cannot be printed reports that the work is done', async (command, done) => {
  const directory = dirname(await newLedger('--routing', 'hash:k'));
  const result = await runShell(`cd "$directory"; completengine ${command} > /dev/full`, { directory });
  expectFailure(result, 74, 'the output cannot be written: ENOSPC');
  expect(result.stderr).toContain(done);
  expect(result.stderr).toContain('try: the disk that the output goes to is full: free some space there');
});
