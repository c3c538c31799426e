/**
 * Fault model: one of the calls by which init and emit with compression, backup, archive or compact write, sync, make, name or remove a file fails with EIO,
 * fails with ENOSPC like all later ones that need space, or is the last thing the process does. In a soak each call meets each fault, in every run one call
 * of each kind meets one. Afterwards the ledger holds what it held, nothing half-made has a final name, and the same command run again leaves the same files
 * as one that met no fault.
 */

import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { Completengine } from '../../src/index.ts';
import { FakeClock, payloadsOf } from '../support/engines.ts';
import {
  FAULTS,
  FaultShim,
  type FileCall,
  type Injection,
  SHIM_PROBE,
  type ShimmedRun,
} from '../support/fault-shim.ts';
import { needs } from '../support/fault-tools.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { compressedFrames } from '../support/raw-ledger.ts';
import { tempDir } from '../support/temp-dir.ts';
import { isSoak } from '../support/test-size.ts';
import { spread, wasKilled } from '../support/traced.ts';

const COMMITS = 6;
const ARCHIVED = 4;
const EVENTS_PER_COMMIT = 8;
const OWN_CALLS = 3;
const UNTIL = '2026-05-01';
/** Before the cut, and after it. */
const DAYS = [Date.UTC(2026, 3, 1), Date.UTC(2026, 4, 10)] as const;
/** Those of failing files and disks; 73 and 77 where SQLite or the system says that a file cannot be made. */
const CODES = [EXIT_CODES.IO_FAILED, EXIT_CODES.CANNOT_CREATE, EXIT_CODES.PERMISSION_DENIED];

const lineOf = (n: number): string => JSON.stringify({ k: n % 5, n, pad: `${n}`.repeat(200) });
const linesOf = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => lineOf(from + at));

type Template = 'plain' | 'zstd' | 'empty' | 'none';

let made: { directory: string; shim: FaultShim; templates: Map<Template, string> } | undefined;

afterAll(() => {
  if (made === undefined) return;
  made.shim.close();
  rmSync(made.directory, { recursive: true, force: true });
});

async function setUp(): Promise<NonNullable<typeof made>> {
  if (made !== undefined) return made;
  const directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  made = { directory, shim: new FaultShim(), templates: new Map() };
  for (const [name, compression, commits] of [
    ['plain', 'none', COMMITS],
    ['zstd', 'zstd', COMMITS],
    ['empty', 'zstd', 0],
  ] as const) {
    const ledger = join(directory, `${name}.codex`);
    const clock = new FakeClock();
    const engine = await Completengine.open({ ledger, routing: 'hash:k', partitions: 3, clock, compression });
    for (let commit = 0; commit < commits; commit++) {
      clock.micros = (DAYS[commit < ARCHIVED ? 0 : 1] + commit) * 1000;
      await engine.emit(
        linesOf(commit * EVENTS_PER_COMMIT, EVENTS_PER_COMMIT).map((line) => JSON.parse(line) as object),
      );
    }
    await engine.close();
    made.templates.set(name, ledger);
  }
  return made;
}

interface Command {
  readonly template: Template;
  /** `directory` has `events.codex`. */
  args(ledger: string, directory: string): string[];
  /** Whether an exit code of the second run means that the first one has done it. */
  readonly isDone?: (code: number | null) => boolean;
}

const exists = (code: number | null): boolean => code === EXIT_CODES.LEDGER_EXISTS;

const COMMANDS: Readonly<Record<string, Command>> = {
  'init --compression zstd': {
    template: 'none',
    args: (ledger) => ['init', '-l', ledger, '--partitions', '3', '--compression', 'zstd'],
    isDone: exists,
  },
  'emit, compressed': {
    template: 'empty',
    args: (ledger, directory) => ['emit', '-q', '-l', ledger, '--producer', 'p', join(directory, 'input.jsonl')],
  },
  backup: {
    template: 'plain',
    args: (ledger, directory) => ['backup', '-l', ledger, join(directory, 'copy.codex')],
    isDone: exists,
  },
  archive: { template: 'plain', args: (ledger) => ['archive', '-l', ledger, '--until', UNTIL, '--yes'] },
  'archive --drop': {
    template: 'plain',
    args: (ledger) => ['archive', '-l', ledger, '--until', UNTIL, '--drop', '--yes'],
  },
  'compact --compression zstd': {
    template: 'plain',
    args: (ledger) => ['compact', '-l', ledger, '--compression', 'zstd'],
  },
  'compact --compression none': {
    template: 'zstd',
    args: (ledger) => ['compact', '-l', ledger, '--compression', 'none'],
  },
};

/** A directory with what the command works on. */
function prepare({ template }: Command, templates: ReadonlyMap<Template, string>): string {
  const directory = tempDir();
  const source = templates.get(template);
  if (source !== undefined) copyFileSync(source, join(directory, 'events.codex'));
  writeFileSync(join(directory, 'input.jsonl'), linesOf(0, COMMITS * EVENTS_PER_COMMIT).join('\n'));
  return directory;
}

/** What can be replayed of a verified ledger. */
async function replayed(ledger: string): Promise<string[]> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  try {
    await engine.verify();
    const [run] = await engine.archivedRuns();
    const isDropped = run !== undefined && run.file === null;
    return await payloadsOf(engine.replay({ fromSequence: isDropped ? run.range.through + 1 : 1 }));
  } finally {
    await engine.close();
  }
}

/** The ledger holds what it held: all of it, or the part that was not to be dropped; of an emission, whole or nothing. */
async function expectHeld(name: string, directory: string, where: string): Promise<void> {
  const ledger = join(directory, 'events.codex');
  if (name.startsWith('init')) {
    if (existsSync(ledger)) expect(await expectSoundLedger(ledger), where).toEqual([]);
    return;
  }
  const all = linesOf(0, COMMITS * EVENTS_PER_COMMIT);
  const rest = name.startsWith('emit') ? [] : all.slice(ARCHIVED * EVENTS_PER_COMMIT);
  const lines = await replayed(ledger);
  if (name.startsWith('emit') || name.endsWith('--drop')) expect([all, rest], where).toContainEqual(lines);
  else expect(lines, where).toEqual(all);
}

/** What has a final name is whole. */
async function expectNothingHalfMade(directory: string, where: string): Promise<void> {
  const copy = join(directory, 'copy.codex');
  if (existsSync(copy)) expect(await expectSoundLedger(copy), where).toHaveLength(COMMITS * EVENTS_PER_COMMIT);
  const archive = join(directory, 'events.codex.archive');
  const segments = existsSync(archive) ? readdirSync(archive).filter((file) => file.endsWith('.segment')) : [];
  for (const segment of segments)
    expect(await replayed(join(archive, segment)), where).toHaveLength(ARCHIVED * EVENTS_PER_COMMIT);
}

/** Of a killed backup or init: whether another one still writes it only the user can know. Returns the paths. */
function removeIncomplete(directory: string): string[] {
  const left = readdirSync(directory).filter((file) => file.includes('.codex.incomplete-'));
  for (const file of left) rmSync(join(directory, file));
  return left.map((file) => join(directory, file));
}

/** What a command without faults leaves. */
function stateOf(directory: string): object {
  const ledger = join(directory, 'events.codex');
  return {
    files: readdirSync(directory, { recursive: true }).sort(),
    stored: storedEvents(ledger).length,
    compressed: compressedFrames(ledger),
  };
}

/** How a run that met a fault has ended; a failure with one line, a code of the table and no stack. */
function endOf(run: ShimmedRun, fault: Injection['fault'], where: string): 'done' | 'failed' | 'killed' {
  expect(run.injected, `${where} was not injected`).toBeGreaterThan(0);
  if (fault === 'kill') {
    expect(wasKilled(run), where).toBe(true);
    return 'killed';
  }
  if (run.code === 0) return 'done';
  expect(CODES, `${where}: ${run.stderr}`).toContain(run.code);
  expectFailure(run, run.code as number, /./);
  expect(run.stderr, where).not.toContain('incomplete-');
  return 'failed';
}

const kindOf = ({ name, file }: FileCall): string =>
  `${name} ${file.replace(/incomplete-[0-9a-f-]{36}/, 'incomplete')}`;

/** The ledger's own files, by which SQLite commits, and its directory; what else there is the command makes. */
const OWN = /^(events\.codex(-wal|-shm|-journal)?|completengine-test-.*)$/;
/** Files of SQLite's own beside any database. */
const COMPANION = /-(shm|wal|journal)$/;

/** In every run a few calls on the ledger's own files, and of the others the middle one of each kind; one fault for each. */
function injectionsOf(calls: readonly FileCall[]): Injection[] {
  const numbered = calls.map((call, at) => ({ at: at + 1, kind: kindOf(call), ...call }));
  const faultsOf = ({ name }: FileCall) => FAULTS.filter((fault) => fault !== 'ENOSPC' || name !== 'unlink');
  if (isSoak) return numbered.flatMap((call) => faultsOf(call).map((fault) => ({ fault, at: call.at })));
  const own = numbered.filter(({ file, name }) => OWN.test(file) && !file.endsWith('-shm') && name !== 'unlink');
  const others = numbered.filter(({ file }) => !OWN.test(file) && !COMPANION.test(file));
  const middles = [...new Set(others.map(({ kind }) => kind))].map((wanted) => {
    const group = others.filter(({ kind }) => kind === wanted);
    return group[group.length >> 1] as (typeof numbered)[number];
  });
  const few = spread(OWN_CALLS, own.length).map((nth) => own[nth - 1] as (typeof numbered)[number]);
  return [...few, ...middles].map((call, nth) => {
    const faults = faultsOf(call);
    return { at: call.at, fault: faults[nth % faults.length] as (typeof faults)[number] };
  });
}

for (const [name, command] of Object.entries(COMMANDS)) {
  test(`${name}: whatever call fails, nothing is lost, and the same command run again does it`, async (context) => {
    needs(context, ...SHIM_PROBE);
    const { shim, templates } = await setUp();
    const runIn = (directory: string, injection: Injection | null = null): Promise<ShimmedRun> =>
      shim.run(command.args(join(directory, 'events.codex'), directory), directory, injection);

    const undisturbed = prepare(command, templates);
    const plain = await runIn(undisturbed);
    expect(plain.code, plain.stderr).toBe(0);
    expect(plain.calls.length).toBeGreaterThan(20);
    const wanted = stateOf(undisturbed);

    const ends = { done: 0, failed: 0, killed: 0 };
    const problems: string[] = [];
    for (const { fault, at } of injectionsOf(plain.calls)) {
      const where = `${fault} at call ${at} of ${plain.calls.length}, ${kindOf(plain.calls[at - 1] as FileCall)}`;
      try {
        const directory = prepare(command, templates);
        const run = await runIn(directory, { fault, at });
        const end = endOf(run, fault, where);
        ends[end]++;
        await expectHeld(name, directory, where);
        await expectNothingHalfMade(directory, where);

        const again = await runIn(directory);
        const isDone = again.code === 0 || (command.isDone?.(again.code) ?? false);
        expect(isDone, `${where}, and run again: ${again.code} ${again.stderr}`).toBe(true);
        // of init, the ledger may have been made before the report of it failed
        if (end === 'failed' && !name.startsWith('init'))
          expect(again.code, `${where}, and run again: ${again.stderr}`).toBe(0);
        await expectHeld(name, directory, `${where}, and run again`);
        await expectNothingHalfMade(directory, `${where}, and run again`);
        const incomplete = removeIncomplete(directory);
        // those of an init have nothing in them
        for (const left of name === 'backup' ? incomplete : [])
          expect(again.stderr, `${where}: the next run names ${left}`).toContain(left);
        expect(stateOf(directory), where).toEqual(wanted);
      } catch (error) {
        problems.push(`${where}: ${(error as Error).message}`);
      }
    }
    expect(problems).toEqual([]);
    expect(ends.failed, JSON.stringify(ends)).toBeGreaterThan(0);
    expect(ends.killed, JSON.stringify(ends)).toBeGreaterThan(0);
  }, 600_000);
}

test.for([
  { name: 'backup', after: 'link' },
  { name: 'archive', after: 'mkdir' },
  { name: 'archive', after: 'link' },
])('$name: a name that cannot be brought to the disk after $after() is none', async ({ name, after }, context) => {
  needs(context, ...SHIM_PROBE);
  const { shim, templates } = await setUp();
  const command = COMMANDS[name] as Command;
  const runIn = (directory: string, injection: Injection | null = null): Promise<ShimmedRun> =>
    shim.run(command.args(join(directory, 'events.codex'), directory), directory, injection);
  const { calls } = await runIn(prepare(command, templates));
  const named = calls.findIndex((call) => call.name === after);
  const synced = calls.findIndex((call, at) => at > named && call.name === 'fsync');
  // before anything is deleted for it, and not by SQLite, which syncs the directory only where it makes a -wal
  expect(calls.slice(named, synced).filter(({ name: call }) => /write|create/.test(call))).toEqual([]);

  const directory = prepare(command, templates);
  const run = await runIn(directory, { fault: 'EIO', at: synced + 1 });
  expect(run.injected).toBe(1);
  expectFailure(run, EXIT_CODES.IO_FAILED, /EIO/);
  expect(readdirSync(directory, { recursive: true })).not.toContainEqual(
    expect.stringMatching(/copy\.codex|\.segment/),
  );
  await expectHeld(name, directory, after);
});

test('nothing is committed to a ledger whose directory cannot be synced', async (context) => {
  needs(context, ...SHIM_PROBE);
  const { shim, templates } = await setUp();
  const command = COMMANDS['emit, compressed'] as Command;
  const runIn = (directory: string, injection: Injection | null = null): Promise<ShimmedRun> =>
    shim.run(command.args(join(directory, 'events.codex'), directory), directory, injection);
  const { calls } = await runIn(prepare(command, templates));
  const synced = calls.findIndex(({ name, file }) => name === 'fsync' && file.startsWith('completengine-test-'));
  const written = calls.findIndex(({ name, file }) => name === 'pwrite' && file === 'events.codex-wal');
  // SQLite syncs it after the first commit is written, and passes over a failure
  expect(synced).toBeGreaterThan(-1);
  expect(synced).toBeLessThan(written);

  const directory = prepare(command, templates);
  const run = await runIn(directory, { fault: 'EIO', at: synced + 1 });
  expect(run.injected).toBe(1);
  expectFailure(run, EXIT_CODES.IO_FAILED, /the directory of .* cannot be synced: an I\/O error \(EIO\)/);
  expect(await replayed(join(directory, 'events.codex'))).toEqual([]);
  expect((await runIn(directory)).code).toBe(0);
});

test('a new ledger that cannot be written back from its -wal gets no name', async (context) => {
  needs(context, ...SHIM_PROBE);
  const { shim } = await setUp();
  const runIn = (directory: string, injection: Injection | null = null): Promise<ShimmedRun> =>
    shim.run(['init', '-l', join(directory, 'events.codex')], directory, injection);
  const { calls } = await runIn(tempDir());
  const writes = calls.flatMap(({ name, file }, at) =>
    name === 'pwrite' && /incomplete-[0-9a-f-]{36}$/.test(file) ? [at + 1] : [],
  );
  expect(writes.length).toBeGreaterThan(5);

  for (const at of [writes[0], writes.at(-1)] as number[]) {
    const directory = tempDir();
    const run = await runIn(directory, { fault: 'EIO', at });
    expect(run.injected).toBe(1);
    expectFailure(run, EXIT_CODES.IO_FAILED, /I\/O error/);
    expect(readdirSync(directory)).toEqual([]);
    expect((await runIn(directory)).code).toBe(0);
  }
});
