/** Faults of an archive: the disk is full, another process holds the lock or archives as well, a killed run has left something. */

import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SegmentWriter } from '../../src/core/ledger/sqlite/segment/segment-writer.ts';
import { Completengine } from '../../src/index.ts';
import {
  ARCHIVED,
  ArchiveTemplate,
  archiveArgs,
  COMMITS,
  DAYS,
  EVENTS_PER_COMMIT,
  replayedBy,
  UNTIL,
} from '../support/archive-template.ts';
import { BIN, finished, spawnCli } from '../support/cli.ts';
import { needs, SMALL_DISK_PROBE, SmallDisk, STRACE_PROBE, startProgram } from '../support/fault-tools.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { holdWriteLock } from '../support/lock-holder.ts';
import { untilStopped } from '../support/process-state.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { traced, wasKilled } from '../support/traced.ts';
import { until } from '../support/until.ts';

/** Two that archive wait for each other longer than a test may take. */
const LONG_WAIT = ['--busy-timeout', '1800s'] as const;

let template: ArchiveTemplate;

beforeAll(async () => {
  template = await ArchiveTemplate.make();
});

afterAll(() => template.remove());

it('gives the segment its name after it is synced, and syncs the names before it is recorded', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = template.fresh();
  const { code, calls } = await runTraced(['fsync', 'fdatasync', 'link'], [], archiveArgs(ledger, '--yes'));
  expect(code).toBe(0);
  const named = calls.findIndex(({ name }) => name === 'link');
  const isSyncOf = (ends: string) => (call: (typeof calls)[number]) => call.name !== 'link' && call.file.endsWith(ends);
  expect(calls.slice(0, named).findLast(isSyncOf(''))?.file).toMatch(/\.partial$/);
  const behind = calls.slice(named + 1);
  const synced = behind.findIndex(isSyncOf('.archive'));
  // the record is a commit, and rows are deleted behind it
  const recorded = behind.findIndex(isSyncOf('-wal'));
  expect(synced).toBeGreaterThanOrEqual(0);
  expect(recorded).toBeGreaterThan(synced);
});

describe('a disk', () => {
  it('that is full: nothing is archived, and with more space it is', async (context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, '100k');
    const ledger = template.fresh();
    const run = (...more: string[]) =>
      disk.run(process.execPath, [BIN, ...archiveArgs(ledger, '--to', directory, ...more)]);
    expectFailure(await run('--yes'), 74, 'no room for the segment');
    expect(await replayedBy(ledger)).toEqual(template.history);
    const listed = await disk.run('ls', ['-A', directory]);
    expect(listed.stdout.toString()).toBe('');
    await disk.resize('100m');
    expect((await run('--yes')).code).toBe(0);
    const all = await disk.run(process.execPath, [BIN, 'replay', '-q', '-l', ledger, '--archive', directory]);
    expect(all.stdout.toString()).toBe(`${template.history.join('\n')}\n`);
  });

  it.for([
    { name: 'archive --drop', command: ['archive', '--until', UNTIL, '--drop', '--yes'], left: COMMITS - ARCHIVED },
    ...quick([], [{ name: 'compact', command: ['compact', '--compression', 'zstd'], left: COMMITS }]),
  ])(
    'that has no room for the log of $name: nothing changes, and with more space it is done',
    async ({ command, left }, context) => {
      needs(context, ...SMALL_DISK_PROBE);
      const directory = tempDir();
      const source = template.fresh();
      const kib = Math.ceil(statSync(source).size / 1024);
      // the ledger and the index of its log, which SQLite makes first
      const disk = await SmallDisk.mount(directory, `${kib + 36}k`);
      const ledger = join(directory, 'events.codex');
      expect((await disk.run('cp', [source, ledger])).code).toBe(0);
      const run = (...args: readonly string[]) => disk.run(process.execPath, [BIN, ...args, '-l', ledger]);
      expectFailure(await run(...command), 74, /the disk is full/);
      await disk.resize('100m');
      expect((await run('replay', '-q')).stdout.toString()).toBe(`${template.history.join('\n')}\n`);
      expect((await run(...command)).code).toBe(0);
      const verified = JSON.parse((await run('inspect', '--verify', '--json')).stdout.toString()) as { events: number };
      expect(verified.events).toBe(left * EVENTS_PER_COMMIT);
    },
  );
});

/** Makes the archive's directory. Returns where a run writes its segment until that is whole. */
async function makePartialPath(ledger: string): Promise<string> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  const { uuid } = engine.identity;
  await engine.close();
  mkdirSync(`${ledger}.archive`);
  return join(`${ledger}.archive`, `${uuid.slice(0, 8)}.partial`);
}

describe('others at work', () => {
  it('two archives at once: one run is recorded', async () => {
    const ledger = template.fresh();
    const both = await Promise.all([1, 2].map(() => spawnCli(archiveArgs(ledger, '--yes', ...LONG_WAIT))));
    for (const { code, stderr } of both) expect([0, 75], stderr).toContain(code);
    expect(both.map(({ code }) => code)).toContain(0);
    await template.expectWhole(ledger, [], 'two at once');
    expect(readdirSync(`${ledger}.archive`)).toHaveLength(1);
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    expect(await engine.archivedRuns()).toHaveLength(1);
    await engine.close();
  });

  it('a segment that another process writes is not touched', async () => {
    const ledger = template.fresh();
    const partial = await makePartialPath(ledger);
    writeFileSync(partial, '');
    const writer = new SegmentWriter(partial, Buffer.alloc(32), []);
    expectFailure(await spawnCli(archiveArgs(ledger, '--yes')), 75, 'another process is archiving this ledger');
    writer.close();
    await succeed(archiveArgs(ledger, '--yes'));
    expect(existsSync(partial)).toBe(false);
    expect(await replayedBy(ledger)).toEqual(template.history);
  });

  it('a segment that another process has written, and not named yet, is not touched', async (context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = template.fresh();
    const partial = await makePartialPath(ledger);
    const log = join(tempDir(), 'strace.log');
    // it stands still after its segment is whole and synced
    const stop = ['-P', partial, '-e', 'trace=fsync', '-e', 'inject=fsync:signal=STOP:when=1'];
    const command = [process.execPath, BIN, ...archiveArgs(ledger, '--yes')];
    const first = startProgram('strace', ['-D', '-f', '-qq', '-o', log, ...stop, ...command]);
    const result = finished(first);
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('stopped by SIGSTOP'));
    await untilStopped(first.pid);
    expectFailure(await spawnCli(archiveArgs(ledger, '--yes')), 75, 'another process is archiving this ledger');
    first.kill('SIGCONT');
    const { code, stderr } = await result;
    expect(code, stderr).toBe(0);
    expect(readdirSync(`${ledger}.archive`)).toHaveLength(1);
    await template.expectWhole(ledger, [], 'after the one that was stopped');
  });

  it('a writer that holds the lock: busy, and the next run takes the segment that is there', async () => {
    const ledger = template.fresh();
    const lock = await holdWriteLock(ledger);
    expectFailure(
      await spawnCli(archiveArgs(ledger, '--yes', '--busy-timeout', '50ms')),
      75,
      'was held by another process',
    );
    const [file] = readdirSync(`${ledger}.archive`);
    await lock.release();
    const before = readFileSync(join(`${ledger}.archive`, file as string));
    await succeed(archiveArgs(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([file]);
    expect(readFileSync(join(`${ledger}.archive`, file as string)).equals(before)).toBe(true);
    await template.expectWhole(ledger, [], 'after the lock');
  });
});

describe('what a killed archive leaves', () => {
  it('is replaced by the next one, also if that archives another range', async () => {
    const ledger = template.fresh();
    const partial = await makePartialPath(ledger);
    const lefts = [Buffer.alloc(0), Buffer.alloc(3 * 4096, 'half a segment'), readFileSync(template.path)];
    for (const [nth, left] of lefts.entries()) {
      writeFileSync(partial, left);
      const until = new Date(DAYS[0] + 2 * (nth + 1)).toISOString();
      await succeed(['archive', '-l', ledger, '--until', until, '--yes']);
      expect(readdirSync(`${ledger}.archive`)).not.toContain(basename(partial));
    }
    await succeed(archiveArgs(ledger, '--yes'));
    await template.expectWhole(ledger, [], 'after all of them');
  });

  it('is removed by one that drops, or has nothing to move, and not while another process writes it', async () => {
    const ledger = template.fresh();
    const partial = await makePartialPath(ledger);
    const nothing = ['archive', '-l', ledger, '--until', '2020-01-01', '--yes'];
    for (const command of [nothing, archiveArgs(ledger, '--drop', '--yes')]) {
      writeFileSync(partial, '');
      const writer = new SegmentWriter(partial, Buffer.alloc(32), []);
      await spawnCli(nothing);
      expect(existsSync(partial)).toBe(true);
      writer.close();
      writeFileSync(partial, Buffer.alloc(3 * 4096, 'half a segment'));
      await succeed(command);
      expect(existsSync(partial)).toBe(false);
    }
  });

  it('is taken if it has both names of the segment, and read before that', async () => {
    const ledger = template.fresh();
    const log = join(tempDir(), 'strace.log');
    const killed = await traced(log, 'link', 'signal=KILL:when=1', archiveArgs(ledger, '--yes'));
    expect(wasKilled(killed)).toBe(true);
    const [partial, ...rest] = readdirSync(`${ledger}.archive`);
    expect(rest).toEqual([]);
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    const { segment } = await engine.planArchive({ until: UNTIL });
    await engine.close();
    linkSync(join(`${ledger}.archive`, partial as string), segment as string);
    const alone = await succeed(['replay', '-q', '-l', segment as string]);
    expect(alone.stdout.toString()).toBe(
      template.history
        .slice(0, ARCHIVED * EVENTS_PER_COMMIT)
        .map((it) => `${it}\n`)
        .join(''),
    );
    await succeed(archiveArgs(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([basename(segment as string)]);
    await template.expectWhole(ledger, [], 'the segment of the killed run');
  });

  it('is an empty file on a file system without hard links, and the next one writes the segment', async () => {
    const ledger = template.fresh();
    const faults = ['link:error=EPERM', 'rename:signal=KILL'];
    const killed = await runTraced(['link', 'rename'], faults, archiveArgs(ledger, '--yes'));
    expect(wasKilled(killed)).toBe(true);
    const [segment] = readdirSync(`${ledger}.archive`).filter((file) => file.endsWith('.segment'));
    expect(statSync(join(`${ledger}.archive`, segment as string)).size).toBe(0);
    await succeed(archiveArgs(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([segment]);
    await template.expectWhole(ledger, [], 'without hard links');
  });
});
