/**
 * Fault model: what lies at the path is not the ledger one believes it to be: nothing, something else, something newer, a second name, a file that
 * was put in its place while it was open, a file one may not write, a leftover of a crash.
 */

import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, type TestContext } from 'vitest';
import { BIN, type CliResult, finished, runCli, startCli } from '../support/cli.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { untilRead } from '../support/process-state.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const EVENT = '{"n":1}\n';
const NOBODY = 65534;

function cli(ledger: string, ...args: string[]): Promise<CliResult> {
  return runCli([...args, '--ledger', ledger], { input: EVENT });
}

async function newLedger(events = 3): Promise<string> {
  const ledger = join(tempDir(), 'events.codex');
  expect(await cli(ledger, 'init', '--partitions', '2')).toMatchObject({ code: 0 });
  const input = Array.from({ length: events }, (_, at) => `{"n":${at}}\n`).join('');
  if (events > 0) expect(await runCli(['emit', '--ledger', ledger], { input })).toMatchObject({ code: 0 });
  return ledger;
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** One error line with the path, no stack, nothing on standard output. */
function expectRefusal(result: CliResult, code: number, path: string): void {
  expect(result.code, result.stderr).toBe(code);
  expect(result.stdout.toString('utf8')).toBe('');
  expect(result.stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
  expect(result.stderr).toContain(path);
  expect(result.stderr).not.toMatch(/\n\s+at /);
}

const VERBS = [['emit'], ['tail'], ['replay'], ['inspect'], ['inspect', '--verify']] as const;

/** Each as a process of another user, for which the resident command line is no help; what reads opens a ledger in one way. */
const VERBS_OF_NOBODY = quick<readonly (readonly string[])[]>(VERBS.slice(0, 2), VERBS);

/** Every verb refuses the file, and no byte of it changes. */
async function expectRefusedUntouched(path: string, code: number, verifyCode = code): Promise<void> {
  const before = sha256(path);
  for (const verb of VERBS) {
    const result = await cli(path, ...verb);
    expectRefusal(result, verb.length === 2 ? verifyCode : code, path);
  }
  expect(sha256(path), 'the file was changed').toBe(before);
  expect(existsSync(`${path}-journal`)).toBe(false);
}

it('says 66 of a ledger that is not there, and makes none', async () => {
  const path = join(tempDir(), 'none.codex');
  for (const verb of VERBS) expectRefusal(await cli(path, ...verb), 66, path);
  expect(existsSync(path)).toBe(false);
  const missing = join(tempDir(), 'no-directory', 'events.codex');
  for (const verb of VERBS) expectRefusal(await cli(missing, ...verb), 66, missing);
  expectRefusal(await cli(missing, 'init'), 73, missing);
});

it('says 76 of a directory', async () => {
  const path = tempDir();
  for (const verb of VERBS) expectRefusal(await cli(path, ...verb), 76, path);
  expectRefusal(await cli(path, 'init'), 76, path);
});

it('says 76 of a text file, 3 when it was to verify it, and leaves it as it is', async () => {
  const path = join(tempDir(), 'notes.txt');
  writeFileSync(path, 'not a database at all\n'.repeat(2000));
  await expectRefusedUntouched(path, 76, 3);
});

it('says 76 of a database of something else, and leaves it as it is', async () => {
  const path = join(tempDir(), 'other.db');
  const db = new Database(path);
  db.exec("CREATE TABLE fish (name TEXT); INSERT INTO fish VALUES ('cod')");
  db.close();
  await expectRefusedUntouched(path, 76);
  expectRefusal(await cli(path, 'init'), 73, path);
});

it('says 76 of an empty file, and init makes it a ledger', async () => {
  const path = join(tempDir(), 'empty.codex');
  writeFileSync(path, '', { mode: 0o600 });
  for (const verb of VERBS.slice(0, 4)) expectRefusal(await cli(path, ...verb), 76, path);
  expect([3, 76]).toContain((await cli(path, 'inspect', '--verify')).code);
  expect(statSync(path).size).toBe(0);
  expect(await cli(path, 'init')).toMatchObject({ code: 0 });
  expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
  expect(await expectSoundLedger(path)).toHaveLength(1);
  expectRefusal(await cli(path, 'init'), 73, path);
});

it('says 76 of a ledger with a newer format, and not a byte of it changes', async () => {
  const path = await newLedger();
  const db = new Database(path);
  db.pragma('user_version = 2');
  db.close();
  await expectRefusedUntouched(path, 76);
  expectRefusal(await cli(path, 'init'), 73, path);
});

for (const [what, sql] of [
  [
    'a trigger',
    'CREATE TRIGGER foreign_one AFTER INSERT ON commits BEGIN DELETE FROM commits WHERE first_sequence < new.first_sequence; END',
  ],
  ['a table that refers to one of ours', 'CREATE TABLE foreign_one (name TEXT REFERENCES partition (name))'],
  ['an index', 'CREATE INDEX foreign_one ON commits (producer)'],
  ['a partition of its own', 'CREATE TABLE p9 (sequence INTEGER PRIMARY KEY)'],
] as const) {
  it(`refuses a ledger with ${what} added with 76, and leaves it as it is`, async () => {
    const path = await newLedger();
    const db = new Database(path);
    db.exec(sql);
    db.close();
    await expectRefusedUntouched(path, 76);
  });
}

it('says 76 of a ledger with two names, by either of them, and works again when one is gone', async () => {
  const path = await newLedger();
  const second = join(dirname(path), 'second.codex');
  linkSync(path, second);
  await expectRefusedUntouched(path, 76);
  await expectRefusedUntouched(second, 76);
  rmSync(second);
  expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
  expect(await expectSoundLedger(path)).toHaveLength(4);
});

it('stops with 74, before any further receipt, when a second name is given to the ledger under it', async () => {
  const { path, emit, reader, result } = await emitting();
  linkSync(path, join(dirname(path), 'second.codex'));
  emit.stdin.end(EVENT);
  const { code, stderr } = await result;
  expect([74, 76], stderr).toContain(code);
  expect(reader.receipts).toHaveLength(1);
});

it('follows a symbolic link to a ledger', async () => {
  const path = await newLedger();
  const link = join(tempDir(), 'link.codex');
  symlinkSync(path, link);
  expect(await cli(link, 'emit')).toMatchObject({ code: 0 });
  expect(await expectSoundLedger(path)).toHaveLength(4);
  expect(existsSync(`${link}-wal`)).toBe(false);
});

for (const path of ['', '  ', ':memory:']) {
  it(`says 2 of the path '${path}'`, async () => {
    for (const verb of [...VERBS, ['init']]) {
      const result = await cli(path, ...verb);
      expect(result.code, `${verb.join(' ')}: ${result.stderr}`).toBe(2);
      expect(result.stderr).toMatch(/^error: /);
    }
  });
}

/** An emission in the middle of its input: one event has its receipt. */
async function emitting() {
  const path = await newLedger(0);
  const emit = startCli(['emit', '--receipts', '--ledger', path]);
  killAfterTest(emit);
  const result = finished(emit);
  const reader = new ReceiptReader(emit.stdout);
  emit.stdin.write(EVENT);
  await reader.atLeast(1, () => emit.exitCode !== null);
  expect(reader.receipts).toHaveLength(1);
  return { path, emit, reader, result };
}

async function following() {
  const path = await newLedger(1);
  const tail = startCli(['tail', '--follow', '--ledger', path]);
  killAfterTest(tail);
  const result = finished(tail);
  const reader = new ReceiptReader(tail.stdout);
  await reader.atLeast(1, () => tail.exitCode !== null);
  return { path, result };
}

/** What can happen to the file of a running process; `other` is another ledger. */
const ENDS: readonly (readonly [string, (path: string, other: string) => void])[] = [
  ['removed', (path) => rmSync(path)],
  [
    'removed together with its -wal',
    (path) => {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    },
  ],
  ['moved away', (path) => renameSync(path, `${path}.away`)],
  ['replaced by another ledger', (path, other) => renameSync(other, path)],
  [
    'replaced by a text file',
    (path) => {
      writeFileSync(`${path}.other`, 'no ledger\n');
      renameSync(`${path}.other`, path);
    },
  ],
];

for (const [what, happen] of ENDS) {
  it(`ends emit with 74 before any further receipt when the ledger is ${what}`, async () => {
    const other = await newLedger();
    const { path, emit, reader, result } = await emitting();
    happen(path, other);
    for (let n = 0; n < 5; n++) await untilRead(emit.pid, EVENT, (bytes) => emit.stdin.write(bytes));
    emit.stdin.end();
    const { code, stderr } = await result;
    expect(code, stderr).toBe(74);
    expect(stderr).toMatch(/removed|replaced/);
    expect(reader.receipts, 'a receipt into the void').toHaveLength(1);
  });

  it(`ends tail -f with 74 when the ledger is ${what}`, async () => {
    const other = await newLedger();
    const { path, result } = await following();
    happen(path, other);
    const { code, stderr, stdout } = await result;
    expect(code, `it did not notice: ${stderr}`).toBe(74);
    expect(stderr).toMatch(/removed|replaced/);
    expect(stdout.toString('utf8')).toBe('{"n":0}\n');
  });
}

/** The first command of another user, for all tests. */
let probe: CliResult | undefined;

/** A ledger that is nobody's, in a directory that others may go through. */
async function nobodysView(
  context: TestContext,
): Promise<{ path: string; asNobody: (...args: string[]) => Promise<CliResult> }> {
  const path = await newLedger();
  if (process.getuid?.() !== 0) {
    process.stderr.write(
      `\nSKIPPED: '${context.task.name}' proves nothing here, because only root can become another user\n`,
    );
    context.skip('only root can become another user');
  }
  chmodSync(dirname(path), 0o755);
  probe ??= await runCli(['--version'], {
    uid: NOBODY,
    gid: NOBODY,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  if (probe.code !== 0) {
    process.stderr.write(
      `\nSKIPPED: '${context.task.name}' proves nothing here, because another user cannot read ${BIN}\n`,
    );
    context.skip('another user cannot read the command');
  }
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const asNobody = (...args: string[]) =>
    runCli([...args, '--ledger', path], { input: EVENT, uid: NOBODY, gid: NOBODY, env });
  return { path, asNobody };
}

it('says 77 of a ledger one may not read, and gives a hint', async (context) => {
  const { path, asNobody } = await nobodysView(context);
  for (const verb of VERBS_OF_NOBODY) {
    const result = await asNobody(...verb);
    expectRefusal(result, 77, path);
    expect(result.stderr).toMatch(/try: .*(owner|mode|permission)/);
  }
});

for (const [what, fileMode, directoryMode] of [
  ['a ledger one may only read', 0o644, 0o755],
  ['a ledger one may only read in a directory one may write', 0o644, 0o777],
  ['a directory one may only read', 0o666, 0o755],
] as const) {
  it(`does not emit to ${what}: 77; what reads works, or says 77 with a hint`, async (context) => {
    const { path, asNobody } = await nobodysView(context);
    chmodSync(path, fileMode);
    chmodSync(dirname(path), directoryMode);
    const before = sha256(path);
    const emit = await asNobody('emit');
    expectRefusal(emit, 77, path);
    expect(emit.stderr).toMatch(/try: /);
    for (const verb of VERBS_OF_NOBODY.slice(1)) {
      const result = await asNobody(...verb);
      if (result.code === 0) continue;
      expectRefusal(result, 77, path);
      expect(result.stderr).toMatch(/try: /);
    }
    expect(sha256(path)).toBe(before);
    // what another user left behind must not stand in the owner's way
    expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
    expect(await expectSoundLedger(path)).toHaveLength(4);
  });
}

it('says 77 of an input, a cursor, a key or a measurement one may not read, and gives a hint', async (context) => {
  const { path, asNobody } = await nobodysView(context);
  chmodSync(path, 0o644);
  const secret = join(dirname(path), 'secret');
  writeFileSync(secret, '{}', { mode: 0o600 });
  for (const args of [
    ['emit', secret],
    ['emit', '--merge', secret, secret],
    ['replay', '--cursor-file', secret],
    ['replay', '--digest-file', secret],
    ['inspect', '--verify', '--checkpoint', secret, '--public-key', secret],
    ['inspect', '--sign', secret],
  ])
    expectUnreadable(await asNobody(...args), secret);
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  for (const args of [
    ['proof', secret, '--public-key', secret],
    ['bench', '--compare', secret],
  ])
    expectUnreadable(await runCli(args, { uid: NOBODY, gid: NOBODY, env }), secret);
});

function expectUnreadable(result: CliResult, path: string): void {
  expectRefusal(result, 77, `${path} cannot be read: EACCES`);
  expect(result.stderr).toContain('try: check the owner and the mode of the file and of its directory\n');
}

it('says of archived history in a directory one may not enter what keeps it', async (context) => {
  const { path, asNobody } = await nobodysView(context);
  chmodSync(path, 0o644);
  // the last commit stays
  expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
  expect(await cli(path, 'archive', '--through-sequence', '3', '--yes')).toMatchObject({ code: 0 });
  const result = await asNobody('replay');
  expectRefusal(result, 66, `there is no permission to look into ${path}.archive: EACCES`);
  expect(result.stderr).toContain('try: check the owner and the mode of that directory and of its segments, or begin');
  chmodSync(`${path}.archive`, 0o755);
  expectRefusal(await asNobody('replay'), 77, '.segment');
  for (const name of readdirSync(`${path}.archive`)) chmodSync(join(`${path}.archive`, name), 0o644);
  expect(await asNobody('replay')).toMatchObject({ code: 0 });
});

it('cannot make a ledger in a directory one may not write: 73 or 77, with a hint', async (context) => {
  const { path } = await nobodysView(context);
  const elsewhere = join(dirname(path), 'closed');
  mkdirSync(elsewhere, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', COMPLETENGINE_LEDGER: join(elsewhere, 'new.codex') };
  const result = await runCli(['init'], { uid: NOBODY, gid: NOBODY, env });
  expect([73, 77], result.stderr).toContain(result.code);
  expect(result.stderr).toMatch(/try: /);
});

/** What a killed emission leaves, by the end of the file's name. */
let left: { readonly files: ReadonlyMap<string, Buffer>; readonly receipts: number } | undefined;

async function killEmission(): Promise<NonNullable<typeof left>> {
  const { path, emit, reader, result } = await emitting();
  for (let n = 2; n <= 20; n++) {
    emit.stdin.write(EVENT);
    await reader.atLeast(n, () => emit.exitCode !== null);
  }
  emit.kill('SIGKILL');
  expect((await result).signal).toBe('SIGKILL');
  expect(statSync(`${path}-wal`).size, 'nothing was left in the -wal').toBeGreaterThan(20 * 1000);
  const files = new Map(['', '-wal', '-shm'].map((end) => [end, readFileSync(path + end)]));
  return { files, receipts: reader.receipts.length };
}

/** Killed with its commits in the -wal: one ledger, as it was left, for each test. */
async function killedLedger(): Promise<{ path: string; receipts: number }> {
  left ??= await killEmission();
  const path = join(tempDir(), 'events.codex');
  for (const [end, bytes] of left.files) writeFileSync(path + end, bytes, { mode: 0o600 });
  return { path, receipts: left.receipts };
}

for (const [what, damage] of [
  ['is garbage', (path: string) => writeFileSync(`${path}-shm`, randomBytes(32_768))],
  ['is garbage of another size', (path: string) => writeFileSync(`${path}-shm`, randomBytes(777))],
  ['is gone', (path: string) => rmSync(`${path}-shm`)],
  ['is empty', (path: string) => writeFileSync(`${path}-shm`, '')],
] as const) {
  it(`recovers everything after a kill when the -shm ${what}`, async () => {
    const { path, receipts } = await killedLedger();
    damage(path);
    const tail = await cli(path, 'tail', '-n', 'all');
    expect(tail, tail.stderr).toMatchObject({ code: 0 });
    expect(tail.stdout.toString('utf8')).toBe(EVENT.repeat(receipts));
    expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
    expect(await expectSoundLedger(path)).toHaveLength(receipts + 1);
  });
}

it('shows a -wal that was lost after a kill against a head kept elsewhere', async () => {
  const { path } = await killedLedger();
  const copy = join(tempDir(), 'copy.codex');
  writeFileSync(copy, readFileSync(path), { mode: 0o600 });
  const { head } = JSON.parse((await cli(path, 'inspect', '--json')).stdout.toString('utf8')) as { head: string };
  expect(head.startsWith('20:')).toBe(true);
  const lost = await cli(copy, 'inspect', '--expect-head', head);
  expect(lost.code, lost.stderr).toBe(3);
  expect(lost.stderr).toMatch(/older copy|cut off/);
  expect((await cli(path, 'inspect', '--expect-head', head)).code).toBe(0);
});

it('reads a ledger that another program has taken out of WAL mode, and emits to it again', async () => {
  const path = await newLedger();
  const db = new Database(path);
  expect(db.pragma('journal_mode = DELETE', { simple: true })).toBe('delete');
  db.close();
  for (const verb of VERBS.slice(1)) expect(await cli(path, ...verb), verb.join(' ')).toMatchObject({ code: 0 });
  expect(await cli(path, 'emit')).toMatchObject({ code: 0 });
  const check = new Database(path, { readonly: true });
  expect(check.pragma('journal_mode', { simple: true })).toBe('wal');
  check.close();
  expect(await expectSoundLedger(path)).toHaveLength(4);
});

it.each([
  ['a backup', ['backup', 'loop'], 73],
  ['a page', ['inspect', '--html=loop'], 2],
  ['a copy', ['replay', '--into', 'loop'], 74],
  ['rejects', ['emit', '--rejects', 'loop'], 73],
])('a link to itself in the place of %s is named', async (_, args, code) => {
  const directory = tempDir();
  const ledger = join(directory, 'events.codex');
  expect((await runCli(['init', '-l', ledger])).code).toBe(0);
  symlinkSync('loop', join(directory, 'loop'));
  expectFailure(await runCli([...args, '-l', ledger], { cwd: directory, input: '1\n' }), code, 'loop');
});
