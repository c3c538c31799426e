/**
 * Fault model: a ledger on a file system that cannot be written, or in a directory that one may not write, where SQLite cannot make a -wal and a -shm. It is
 * read as a file that nobody writes; a write by another process is noticed.
 */

import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { BIN, type CliResult, finished, spawnCli, startCli } from '../support/cli.ts';
import { killAfterTest, needs, runProgram } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { wideLedgers } from '../support/large-ledger.ts';
import { earthquakeLedger, expectFailure, newLedger, numbers, replayed, succeed } from '../support/ledger-cli.ts';
import { ledgerCopies } from '../support/ledger-copies.ts';
import { READ_ONLY_PROBE, readOnlyCommand } from '../support/read-only.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { ResidentCli } from '../support/resident-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url));
const NOBODY = 65534;
const CANNOT_FOLLOW = /events\.codex cannot be followed: its directory cannot be written/;
const copyOfEarthquakes = ledgerCopies(earthquakeLedger);
/** The first page is one commit of 2 MiB, and the thread reads the others. */
const largeLedger = wideLedgers(quick(4500, 7500));

type Run = (args: readonly string[], input?: string) => Promise<CliResult>;

/** Runs commands in one resident process for which the directory is read-only. */
function onReadOnlyMount(directory: string): Run {
  const cli = new ResidentCli({ command: (program, args) => readOnlyCommand(directory, program, args) });
  onTestFinished(() => cli.close());
  return (args, input) => cli.run(args, { input });
}

function readOnly(ledger: string): Run {
  const run = onReadOnlyMount(dirname(ledger));
  return (args, input) => run([...args, '-l', ledger], input);
}

const READING = [['tail'], ['replay', '-q'], ['inspect', '--verify'], ['partition'], ['tail', 'p1', '-n', 'all']];

async function expectReadable(ledger: string, run: Run, commands = READING): Promise<void> {
  const files = readdirSync(dirname(ledger));
  const elsewhere = tempDir();
  chmodSync(elsewhere, 0o777);
  for (const args of commands) {
    const here = await succeed([...args, '-l', ledger]);
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout: stdout.toString() }, stderr).toEqual({ code: 0, stdout: here.stdout.toString() });
  }
  const { code, stdout, stderr } = await run(['inspect', '--json']);
  expect({ code }, stderr).toEqual({ code: 0 });
  expect(JSON.parse(stdout.toString())).toMatchObject({ events: 1707, storage: { settings: { immutable: 1 } } });
  const copy = join(elsewhere, 'copy.codex');
  expect(await run(['backup', copy])).toMatchObject({ code: 0, stderr: '' });
  expect(await expectSoundLedger(copy)).toHaveLength(1707);
  expect(readdirSync(dirname(ledger))).toEqual(files);
}

it('on a read-only file system every command reads, whatever characters its path has', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const directory = join(tempDir(), 'a b?c=d&e#f%41ü');
  mkdirSync(directory);
  const ledger = join(directory, 'events.codex');
  copyFileSync(await copyOfEarthquakes(), ledger);
  const run = onReadOnlyMount(directory);
  await expectReadable(ledger, (args, input) => run([...args, '-l', ledger], input));
  const link = join(tempDir(), 'link.codex');
  symlinkSync(ledger, link);
  const linked = await run(['tail', '-n', '1', '-l', link]);
  expect(linked).toMatchObject({ code: 0, stderr: '' });
});

it('a replay that reads ahead in a thread is the same on a read-only file system', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const ledger = await largeLedger();
  const { code, stdout, stderr } = await readOnly(ledger)(['replay', '-q']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toBe(await replayed(ledger));
});

it('what would write or follow it there is refused with one line, and nothing is read before', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n' });
  const run = readOnly(ledger);
  for (const args of [['emit'], ['partition', 'add', 'more'], ['tail', '-g', 'g', '-e']])
    expectFailure(await run(args, '2\n'), 77, 'the file system is read-only');
  for (const args of [
    ['tail', '-f'],
    ['replay', '--follow'],
  ]) {
    const result = await run(args);
    expectFailure(result, 77, CANNOT_FOLLOW);
    expect(result.stdout.toString()).toBe('');
  }
  expectFailure(await run(['init']), 77, 'the file system is read-only');
});

/** Runs commands as a user who may read, and not write. */
async function asNobody(context: TestContext, ledger: string, mode: number): Promise<Run> {
  if (process.getuid?.() !== 0) context.skip('only root can become another user');
  chmodSync(ledger, mode);
  chmodSync(dirname(ledger), 0o755);
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const probe = await spawnCli(['--version'], { uid: NOBODY, gid: NOBODY, env });
  if (probe.code !== 0) context.skip('another user cannot read the command');
  const cli = new ResidentCli({ env, user: NOBODY });
  onTestFinished(() => cli.close());
  return (args, input) => cli.run([...args, '-l', ledger], { input });
}

it.for([
  { mode: 0o644, commands: READING },
  // all of them open it in the same way
  { mode: 0o666, commands: quick(READING.slice(0, 1), READING) },
])(
  'in a directory that one may not write every command reads a file of mode $mode, and none writes',
  async ({ mode, commands }, context) => {
    const ledger = await copyOfEarthquakes();
    const run = await asNobody(context, ledger, mode);
    await expectReadable(ledger, run, commands);
    const emit = await run(['emit'], '1\n');
    expect({ code: emit.code, stdout: emit.stdout.toString() }, emit.stderr).toEqual({ code: 77, stdout: '' });
    const fact = mode === 0o644 ? 'opened for writing: no permission' : 'the directory cannot be written';
    expect(emit.stderr.split('\n')[0]).toContain(fact);
    const tail = await run(['tail', '-f']);
    expect({ code: tail.code, stdout: tail.stdout.toString() }, tail.stderr).toEqual({ code: 77, stdout: '' });
    expect(tail.stderr).toMatch(CANNOT_FOLLOW);
  },
);

it('beside an emitter it is read, and followed, through the -wal of that one', async (context) => {
  const ledger = await newLedger();
  const run = await asNobody(context, ledger, 0o644);
  const emit = startCli(['emit', '--receipts', '-l', ledger]);
  killAfterTest(emit);
  const result = finished(emit);
  const reader = new ReceiptReader(emit.stdout);
  emit.stdin.write('1\n');
  await reader.atLeast(1, () => emit.exitCode !== null);
  expect(await run(['tail', '-f', '-c', '1'])).toMatchObject({ code: 0, stderr: '', stdout: Buffer.from('1\n') });
  for (const args of [[], ['--check', 'wal<64MiB'], ['--metrics'], ['--timeline'], ['--html', '-'], ['--verify']])
    expect({ args, ...(await run(['inspect', ...args])) }).toMatchObject({ args, code: 0 });
  const { code, stdout, stderr } = await run(['inspect', '--json']);
  expect({ code }, stderr.toString()).toEqual({ code: 0 });
  const { log } = JSON.parse(stdout.toString()).storage;
  // SQLite says it only to who may write the -shm
  expect(log).toEqual({ bytes: statSync(`${ledger}-wal`).size, waitingBytes: null });
  emit.stdin.end();
  await result;
});

it('with commits in a -wal that cannot be used there, it names both files; the copy of both has everything', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const ledger = await newLedger();
  const emit = startCli(['emit', '--receipts', '-l', ledger]);
  killAfterTest(emit);
  const result = finished(emit);
  const reader = new ReceiptReader(emit.stdout);
  emit.stdin.write(numbers(1, 3));
  await reader.atLeast(3, () => emit.exitCode !== null);
  emit.kill('SIGKILL');
  await result;
  rmSync(`${ledger}-shm`);
  expect(statSync(`${ledger}-wal`).size).toBeGreaterThan(0);
  const run = onReadOnlyMount(dirname(ledger));
  for (const args of [['tail'], ['inspect', '--verify'], ['replay']]) {
    const failed = await run([...args, '-l', ledger]);
    expectFailure(failed, 77, `${ledger}-wal has what is not in the ledger yet`);
    expect(failed.stderr).toContain(`cp ${ledger} ${ledger}-wal DIRECTORY`);
  }
  const link = join(tempDir(), 'link.codex');
  symlinkSync(ledger, link);
  const linked = await run(['tail', '-l', link]);
  expectFailure(linked, 77, `${ledger}-wal has what is not in the ledger yet`);
  const copies = tempDir();
  for (const end of ['', '-wal']) copyFileSync(ledger + end, join(copies, basename(ledger) + end));
  expect(await replayed(join(copies, basename(ledger)))).toBe(numbers(1, 3));
});

it('where URIs of SQLite are switched off it says what to do', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const ledger = await newLedger();
  const env = { ...process.env, SQLITE_USE_URI: '0' };
  const command = readOnlyCommand(dirname(ledger), process.execPath, [BIN, 'inspect', '-l', ledger]);
  const result = await runProgram(...command, '', env);
  expectFailure(result, 77, /events\.codex: .*\(SQLITE_\w+\)$/);
  expect(result.stderr).toMatch(/try: .*(copy the ledger|directory)/);
});

it('a commit that comes while it is read so ends every call with BUSY, and no result is handed out', async (context) => {
  needs(context, ...READ_ONLY_PROBE);
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const script = `
    const { Completengine } = await import(${JSON.stringify(LIBRARY)});
    const engine = await Completengine.open({ ledger: ${JSON.stringify(ledger)}, access: 'read' });
    const codes = [(await engine.head()).sequence];
    process.stdout.write('open\\n');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    for (const call of [() => engine.head(), () => engine.verify(), () => engine.inspect(), () => engine.event(1)])
      codes.push(await call().then(() => 'a result', (error) => error.code));
    await engine.close();
    process.stdout.write(JSON.stringify(codes));
    process.exit();`;
  const child = spawn(...readOnlyCommand(dirname(ledger), process.execPath, ['--input-type=module', '--eval', script]));
  killAfterTest(child);
  const result = finished(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await succeed(['emit', '-l', ledger], { input: '4\n' });
  child.stdin.write('go\n');
  const { code, stdout, stderr } = await result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toBe(`open\n${JSON.stringify([3, 'BUSY', 'BUSY', 'BUSY', 'BUSY'])}`);
});
