/**
 * Faults of an archive: the process dies at any system call beside an emitter and a group, the disk is full or fails, the lock is held, segments are
 * changed, cut off, exchanged. Nothing is lost and nothing is there twice, and the same command finishes what was begun.
 */

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { SegmentWriter } from '../../src/core/ledger/sqlite/segment/segment-writer.ts';
import { Completengine, type EventReceipt, LedgerError } from '../../src/index.ts';
import { BIN, runCli, spawnCli } from '../support/cli.ts';
import { FakeClock, payloadsOf } from '../support/engines.ts';
import { needs, SMALL_DISK_PROBE, SmallDisk, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { holdWriteLock } from '../support/lock-holder.ts';
import { seededForTest } from '../support/seeded.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, traced, wasKilled } from '../support/traced.ts';

const UNTIL = '2026-05-01';
const COMMITS = 24;
const ARCHIVED = 20;
const EVENTS_PER_COMMIT = 10;
const FLIPS = quick(25, 200);
const PAD_BYTES = quick(2000, 60_000);
/** Before the cut, and after it. */
const DAYS = [Date.UTC(2026, 3, 1), Date.UTC(2026, 4, 10)] as const;

/** Text that does not compress to nothing. */
function pad(seed: number): string {
  return Array.from({ length: PAD_BYTES / 6 }, (_, at) =>
    Math.imul(at + 1, seed * 2_654_435_761 + 1).toString(36),
  ).join('');
}

let template = '';
let history: string[] = [];

async function fresh(): Promise<string> {
  const ledger = join(tempDir(), 'events.codex');
  copyFileSync(template, ledger);
  return ledger;
}

beforeAll(async () => {
  template = join(mkdtempSync(join(tmpdir(), 'completengine-test-')), 'template.codex');
  const clock = new FakeClock();
  const engine = await Completengine.open({ ledger: template, partition: 'hash:k', partitions: 3, clock });
  for (let commit = 0; commit < COMMITS; commit++) {
    clock.micros = (DAYS[commit < ARCHIVED ? 0 : 1] + commit) * 1000;
    await engine.emit(
      Array.from({ length: EVENTS_PER_COMMIT }, (_, nth) => ({ k: nth, commit, nth, pad: pad(commit * 100 + nth) })),
    );
  }
  history = await payloadsOf(engine.replay());
  await engine.close();
});

afterAll(() => rmSync(dirname(template), { recursive: true, force: true }));

const args = (ledger: string, ...more: string[]): string[] => ['archive', '-l', ledger, '--until', UNTIL, ...more];

async function replayedBy(ledger: string): Promise<string[]> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  try {
    return await payloadsOf(engine.replay());
  } finally {
    await engine.close();
  }
}

/** What works beside an archive waits for it, and it for them, longer than a test may take. */
const LOCK_WAIT_MS = 1_800_000;
const LONG_WAIT = ['--busy-timeout', `${LOCK_WAIT_MS}ms`] as const;

/** Emits and consumes until it is stopped; the receipts and the sequences that the group got. */
async function traffic(ledger: string): Promise<{ stop(): Promise<{ receipts: EventReceipt[]; seen: number[] }> }> {
  const engine = await Completengine.open({ ledger, create: false, busyTimeoutMs: LOCK_WAIT_MS });
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
    return engine.close();
  });
  const receipts: EventReceipt[] = [];
  const seen: number[] = [];
  const subscription = await engine.subscribe({ group: 'g', from: 'end' }, (delivery) => {
    for (const { sequence } of delivery) seen.push(sequence);
  });
  const emitting = (async () => {
    while (!isOver) receipts.push(await engine.emit({ k: receipts.length, live: receipts.length }));
  })();
  return {
    stop: async () => {
      isOver = true;
      await emitting;
      await subscription.close();
      const rest = await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => {
        for (const { sequence } of delivery) seen.push(sequence);
      });
      await rest.finished;
      await engine.close();
      return { receipts, seen };
    },
  };
}

async function expectWhole(ledger: string, receipts: readonly EventReceipt[], where: string): Promise<void> {
  const all = await replayedBy(ledger);
  expect(all.slice(0, history.length), where).toEqual(history);
  expect(all.slice(history.length), where).toEqual(receipts.map((_, at) => JSON.stringify({ k: at, live: at })));
  expect(
    receipts.map(({ sequence }) => sequence),
    where,
  ).toEqual(receipts.map((_, at) => history.length + at + 1));
  const sound = await succeed(['inspect', '-l', ledger, '--verify']);
  expect(sound.stdout.toString(), where).toMatch(/^OK: /);
}

describe('killed at any system call, beside an emitter and a group', { timeout: 600_000 }, () => {
  it.each([
    ['pwrite64', quick(3, 36)],
    ['fsync', quick(2, 12)],
    ['ftruncate', quick(2, 4)],
    ['unlink', quick(2, 8)],
  ])('%s: nothing is lost or double, and the next run finishes', async (call, rounds) => {
    const context = { task: { name: call }, skip: (reason: string) => expect.unreachable(reason) };
    needs(context as never, ...STRACE_PROBE);
    const log = join(tempDir(), 'strace.log');
    const plain = await traced(log, call, null, args(await fresh(), '--yes'));
    expect(plain.code, plain.stderr).toBe(0);
    const left = { nothing: 0, recorded: 0 };
    let fired = 0;
    const trials = spread(rounds, plain.calls.length);
    expect(trials).not.toEqual([]);
    for (const nth of trials) {
      const where = `killed at ${call} ${nth} of ${plain.calls.length}`;
      const ledger = await fresh();
      const live = await traffic(ledger);
      const run = await traced(log, call, `signal=KILL:when=${nth}`, args(ledger, '--yes', ...LONG_WAIT));
      if (wasKilled(run)) fired++;
      // busy is an answer, too, where the emitter leaves no moment to open beside it: nothing was done
      else expect([0, 75], `${where}: ${run.stderr}`).toContain(run.code);
      const { receipts, seen } = await live.stop();
      await expectWhole(ledger, receipts, where);
      expect(
        [...seen].sort((one, other) => one - other),
        where,
      ).toEqual(receipts.map(({ sequence }) => sequence));

      const engine = await Completengine.open({ ledger, create: false, access: 'read' });
      left[(await engine.archivedRuns()).length === 0 ? 'nothing' : 'recorded']++;
      await engine.close();
      const again = await runCli(args(ledger, '--yes', '--json'));
      expect(again.code, `${where}: ${again.stderr}`).toBe(0);
      await expectWhole(ledger, receipts, `${where}, and run again`);
      expect(rowsBefore(ledger), where).toBe(0);
      const files = readdirSync(`${ledger}.archive`);
      expect(files, where).toEqual([expect.stringMatching(/-000000000001-000000000200\.segment$/)]);
    }
    // another process may write back what this one would have, and the last one that closes removes the log
    const atLeast = call === 'unlink' ? 1 : Math.ceil(trials.length / 2);
    expect(fired, JSON.stringify(left)).toBeGreaterThanOrEqual(atLeast);
  });
});

/** Commits of archived runs that are still in the ledger. */
function rowsBefore(ledger: string): number {
  const db = new Database(ledger, { readonly: true });
  try {
    return db
      .prepare('SELECT count(*) FROM commits WHERE first_sequence <= (SELECT max(through) FROM segments)')
      .pluck()
      .get() as number;
  } finally {
    db.close();
  }
}

describe('a disk', () => {
  it('that is full: nothing is archived, and with more space it is', async (context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, '100k');
    const ledger = await fresh();
    const run = (...more: string[]) => disk.run(process.execPath, [BIN, ...args(ledger, '--to', directory, ...more)]);
    expectFailure(await run('--yes'), 74, 'no room for the segment');
    expect(await replayedBy(ledger)).toEqual(history);
    const listed = await disk.run('ls', ['-A', directory]);
    expect(listed.stdout.toString()).toBe('');
    await disk.resize('100m');
    expect((await run('--yes')).code).toBe(0);
    const all = await disk.run(process.execPath, [BIN, 'replay', '-q', '-l', ledger, '--archive', directory]);
    expect(all.stdout.toString()).toBe(`${history.join('\n')}\n`);
  });

  it.for([
    { name: 'archive --drop', command: ['archive', '--until', UNTIL, '--drop', '--yes'], left: COMMITS - ARCHIVED },
    ...quick([], [{ name: 'compact', command: ['compact', '--compression', 'zstd'], left: COMMITS }]),
  ])(
    'that has no room for the log of $name: nothing changes, and with more space it is done',
    async ({ command, left }, context) => {
      needs(context, ...SMALL_DISK_PROBE);
      const directory = tempDir();
      const source = await fresh();
      const kib = Math.ceil(statSync(source).size / 1024);
      // the ledger and the index of its log, which SQLite makes first
      const disk = await SmallDisk.mount(directory, `${kib + 36}k`);
      const ledger = join(directory, 'events.codex');
      expect((await disk.run('cp', [source, ledger])).code).toBe(0);
      const run = (...args: readonly string[]) => disk.run(process.execPath, [BIN, ...args, '-l', ledger]);
      expectFailure(await run(...command), 74, /the disk is full/);
      await disk.resize('100m');
      expect((await run('replay', '-q')).stdout.toString()).toBe(`${history.join('\n')}\n`);
      expect((await run(...command)).code).toBe(0);
      const verified = JSON.parse((await run('inspect', '--verify', '--json')).stdout.toString()) as { events: number };
      expect(verified.events).toBe(left * EVENTS_PER_COMMIT);
    },
  );
});

describe('others at work', () => {
  it('two archives at once: one run is recorded', async () => {
    const ledger = await fresh();
    const both = await Promise.all([1, 2].map(() => spawnCli(args(ledger, '--yes', ...LONG_WAIT))));
    for (const { code, stderr } of both) expect([0, 75], stderr).toContain(code);
    expect(both.map(({ code }) => code)).toContain(0);
    await expectWhole(ledger, [], 'two at once');
    expect(readdirSync(`${ledger}.archive`)).toHaveLength(1);
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    expect(await engine.archivedRuns()).toHaveLength(1);
    await engine.close();
  });

  it('a segment that another process writes is not touched', async () => {
    const ledger = await fresh();
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    const { uuid } = engine.identity;
    await engine.close();
    mkdirSync(`${ledger}.archive`);
    const partial = join(`${ledger}.archive`, `${uuid.slice(0, 8)}.partial`);
    writeFileSync(partial, '');
    const writer = new SegmentWriter(partial, Buffer.alloc(32), []);
    expectFailure(await spawnCli(args(ledger, '--yes')), 75, 'another process is archiving this ledger');
    writer.discard();
    await succeed(args(ledger, '--yes'));
    expect(existsSync(partial)).toBe(false);
    expect(await replayedBy(ledger)).toEqual(history);
  });

  it('a writer that holds the lock: busy, and the next run takes the segment that is there', async () => {
    const ledger = await fresh();
    const lock = await holdWriteLock(ledger);
    expectFailure(await spawnCli(args(ledger, '--yes', '--busy-timeout', '50ms')), 75, 'was held by another process');
    const [file] = readdirSync(`${ledger}.archive`);
    await lock.release();
    const before = readFileSync(join(`${ledger}.archive`, file as string));
    await succeed(args(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([file]);
    expect(readFileSync(join(`${ledger}.archive`, file as string)).equals(before)).toBe(true);
    await expectWhole(ledger, [], 'after the lock');
  });
});

describe('what a killed archive leaves', () => {
  it('is replaced by the next one, also if that archives another range', async () => {
    const ledger = await fresh();
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    const { uuid } = engine.identity;
    await engine.close();
    mkdirSync(`${ledger}.archive`);
    const partial = join(`${ledger}.archive`, `${uuid.slice(0, 8)}.partial`);
    const lefts = [Buffer.alloc(0), Buffer.alloc(3 * 4096, 'half a segment'), readFileSync(template)];
    for (const [nth, left] of lefts.entries()) {
      writeFileSync(partial, left);
      const until = new Date(DAYS[0] + 2 * (nth + 1)).toISOString();
      await succeed(['archive', '-l', ledger, '--until', until, '--yes']);
      expect(readdirSync(`${ledger}.archive`)).not.toContain(basename(partial));
    }
    await succeed(args(ledger, '--yes'));
    await expectWhole(ledger, [], 'after all of them');
  });

  it('is taken if it has both names of the segment, and read before that', async () => {
    const ledger = await fresh();
    const log = join(tempDir(), 'strace.log');
    const killed = await traced(log, 'link', 'signal=KILL:when=1', args(ledger, '--yes'));
    expect(wasKilled(killed)).toBe(true);
    const [partial, ...rest] = readdirSync(`${ledger}.archive`);
    expect(rest).toEqual([]);
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    const { segment } = await engine.planArchive({ until: UNTIL });
    await engine.close();
    linkSync(join(`${ledger}.archive`, partial as string), segment as string);
    const alone = await succeed(['replay', '-q', '-l', segment as string]);
    expect(alone.stdout.toString()).toBe(
      history
        .slice(0, ARCHIVED * EVENTS_PER_COMMIT)
        .map((it) => `${it}\n`)
        .join(''),
    );
    await succeed(args(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([basename(segment as string)]);
    await expectWhole(ledger, [], 'the segment of the killed run');
  });

  it('is an empty file on a file system without hard links, and the next one writes the segment', async () => {
    const ledger = await fresh();
    const faults = ['link:error=EPERM', 'rename:signal=KILL'];
    const killed = await runTraced(['link', 'rename'], faults, args(ledger, '--yes'));
    expect(wasKilled(killed)).toBe(true);
    const [segment] = readdirSync(`${ledger}.archive`).filter((file) => file.endsWith('.segment'));
    expect(statSync(join(`${ledger}.archive`, segment as string)).size).toBe(0);
    await succeed(args(ledger, '--yes'));
    expect(readdirSync(`${ledger}.archive`)).toEqual([segment]);
    await expectWhole(ledger, [], 'without hard links');
  });
});

describe('a segment', () => {
  it('with a changed byte: its block is named, and everything before it is printed', async () => {
    const ledger = await fresh();
    await succeed(args(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    const db = new Database(path, { readonly: true });
    const block = db.prepare<[], { sequence: number; bodies: Buffer }>(
      'SELECT block AS sequence, bodies FROM part ORDER BY block DESC, length(bodies) DESC LIMIT 1',
    );
    const { sequence, bodies } = block.get() as { sequence: number; bodies: Buffer };
    db.close();
    // in an overflow page: the first page of a body may have an outdated copy
    const at = bytes.indexOf(bodies.subarray(5000, 5200)) + 50;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x5a, at);
    writeFileSync(path, bytes);
    const broken = await runCli(['replay', '-q', '-l', ledger]);
    expectFailure(broken, 3, `the block of sequences ${sequence} to `);
    expect(broken.stdout.toString()).toBe(
      history
        .slice(0, sequence - 1)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expectFailure(await runCli(['inspect', '-l', ledger, '--verify']), 3, `the block of sequences ${sequence} to `);
    expectFailure(await runCli(['inspect', '-l', path, '--verify']), 3, `the block of sequences ${sequence} to `);
  });

  it('with a flipped bit anywhere: named by verification, or of no effect; no other event is ever printed', async () => {
    const random = seededForTest();
    const ledger = await fresh();
    await succeed(args(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    let named = 0;
    for (let flip = 0; flip < FLIPS; flip++) {
      const [at, bit] = [random.between(0, bytes.length - 1), random.between(0, 7)];
      const where = `seed ${random.seed}, byte ${at} of ${bytes.length}, bit ${bit}`;
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ (1 << bit);
      writeFileSync(path, altered);
      const engine = await Completengine.open({ ledger, create: false, access: 'read' });
      onTestFinished(() => engine.close());
      const failure: unknown = await engine.verify().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null) {
        named++;
        expect(failure, where).toBeInstanceOf(LedgerError);
        const { code, message } = failure as LedgerError;
        expect(EXIT_CODES[code], `${where}: ${message}`).toBe(3);
        expect(message, where).toContain(basename(path));
      }
      const printed: string[] = [];
      try {
        for await (const { payload } of engine.replay()) printed.push(payload.toString());
        expect(printed, where).toHaveLength(history.length);
      } catch (error) {
        expect(error, where).toBeInstanceOf(LedgerError);
        expect(EXIT_CODES[(error as LedgerError).code], where).toBe(3);
        expect(failure, `${where}: verification passed`).not.toBeNull();
      }
      expect(printed, where).toEqual(history.slice(0, printed.length));
      await engine.close();
    }
    // the rest was in bytes that SQLite does not use
    expect(named).toBeGreaterThan(FLIPS / 2);
  }, 600_000);

  it('that was cut off, is empty, is something else, or of another ledger', async () => {
    const ledger = await fresh();
    await succeed(args(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    truncateSync(path, bytes.length - 4096);
    expectFailure(await runCli(['replay', '-l', ledger]), 3, basename(path));
    writeFileSync(path, '');
    expectFailure(await runCli(['replay', '-l', ledger]), 3, 'has 0 bytes');
    writeFileSync(path, Buffer.alloc(bytes.length, 'x'));
    expectFailure(await runCli(['replay', '-l', ledger]), 3, basename(path));
    writeFileSync(path, bytes);
    const other = join(tempDir(), 'other.codex');
    await succeed(['replay', '-q', '-l', ledger, '--into', other, '--partition', 'hash:k', '--partitions', '3']);
    await succeed(args(other, '--yes'));
    copyFileSync(segmentOf(other), path);
    expectFailure(await runCli(['replay', '-l', ledger]), 3, /of another ledger|has \d+ bytes/);
    writeFileSync(path, bytes);
    const changed = new Database(path);
    changed.prepare("UPDATE partition SET name = 'q0' WHERE id = 0").run();
    changed.close();
    expectFailure(await runCli(['replay', '-l', path]), 3, 'has changed');
    writeFileSync(path, bytes);
    expect(await replayedBy(ledger)).toEqual(history);
  });

  it('whose record was changed does not pass', async () => {
    const ledger = await fresh();
    await succeed(args(ledger, '--yes'));
    for (const change of [
      'commits = commits + 1',
      "file = 'x.segment'",
      "ends = '[[1,1,1],[1,1,1],[1,1,1]]'",
      'through = through - 1',
    ]) {
      const copy = join(tempDir(), 'events.codex');
      copyFileSync(ledger, copy);
      const db = new Database(copy);
      db.prepare(`UPDATE segments SET ${change}`).run();
      db.close();
      expectFailure(await runCli(['inspect', '-l', copy, '--verify']), 3, /record|corrupt|sequence/);
      const refused = await runCli(['emit', '-q', '-l', copy], { input: '{"k":1}\n' });
      expect(refused.code, change).toBe(3);
    }
  });
});

function segmentOf(ledger: string): string {
  const [file] = readdirSync(`${ledger}.archive`);
  return join(`${ledger}.archive`, file as string);
}
