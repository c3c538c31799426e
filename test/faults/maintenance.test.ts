/**
 * Fault model: a ledger that is archived, compacted and backed up for years beside emitters and a consumer group, while any of these processes is killed at
 * any call by which it changes a file. Afterwards every event is there once, at the sequence of its receipt, and was delivered; each segment by itself is a
 * sound ledger of its range; and runs that are not disturbed finish what was begun.
 */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Completengine, type EventReceipt, formatTime } from '../../src/index.ts';
import { FaultShim, type Injection, SHIM_PROBE, type ShimmedRun } from '../support/fault-shim.ts';
import { needs } from '../support/fault-tools.ts';
import { type Envelope, parseLines, succeed } from '../support/ledger-cli.ts';
import { type Seeded, seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { wasKilled } from '../support/traced.ts';
import { until } from '../support/until.ts';

const ROUNDS = quick(3, 60);
const LINES_PER_FILE = 30;
const GROUP = 'g';
/** Events that are emitted beside each round, one commit each. */
const EVENTS_PER_ROUND = 120;
/** Numbers of the calls that are the last ones: near the beginning, or anywhere; a command that makes fewer ends by itself. */
const LAST_CALLS = [40, 300] as const;
const GROUP_BEHIND = 4;
const pad = 'x'.repeat(700);

interface Line {
  readonly source: string;
  readonly n: number;
}

function opened(ledger: string): Promise<Completengine> {
  return Completengine.open({ ledger, create: false });
}

/** An emitter of single events, and a member of the group, in this process. */
class Traffic {
  readonly receipts: EventReceipt[] = [];
  readonly seen: number[] = [];
  readonly #engine: Completengine;
  readonly #emitting: Promise<void>;
  readonly #consuming: Promise<{ close(): Promise<void> }>;
  #allowed = 0;
  #isOver = false;

  constructor(engine: Completengine) {
    this.#engine = engine;
    this.#consuming = engine.subscribe({ group: GROUP }, (delivery) => {
      for (const { sequence } of delivery) this.seen.push(sequence);
    });
    this.#emitting = this.#emit();
  }

  /** Emits the events of one more round, and resolves when it has begun. */
  async more(): Promise<void> {
    this.#allowed = this.receipts.length + EVENTS_PER_ROUND;
    const wanted = this.receipts.length + EVENTS_PER_ROUND / 4;
    await until(() => this.receipts.length >= wanted || this.#isOver);
  }

  /** Resolves when the group has acknowledged everything. Does nothing the second time. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#emitting;
    await (await this.#consuming).close();
    const rest = await this.#engine.subscribe({ group: GROUP, until: { head: true } }, (delivery) => {
      for (const { sequence } of delivery) this.seen.push(sequence);
    });
    await rest.finished;
    await this.#engine.close();
  }

  async #emit(): Promise<void> {
    while (!this.#isOver) {
      await until(() => this.receipts.length < this.#allowed || this.#isOver);
      if (!this.#isOver)
        this.receipts.push(await this.#engine.emit({ source: 'library', n: this.receipts.length, pad }));
    }
  }
}

/** The commands that keep a ledger small, and a copy of it. `cut`: the time before which is archived. */
function maintenance(ledger: string, cut: string, round: number, random: Seeded): string[] {
  const copy = join(tempDir(), `round-${round}.codex`);
  return random.pick([
    ['archive', '-l', ledger, '--until', cut, '--yes'],
    ['archive', '-l', ledger, '--until', cut, '--yes'],
    ['compact', '-l', ledger, '--compression', 'zstd'],
    ['compact', '-l', ledger, '--compression', 'none'],
    ['compact', '-l', ledger],
    ['backup', copy, '-l', ledger],
  ]);
}

async function expectSegments(ledger: string, all: readonly string[], deep: boolean): Promise<number> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  const runs = await engine.archivedRuns();
  await engine.close();
  for (const [at, { range, file, isAtHand }] of runs.entries()) {
    expect(isAtHand).toBe(true);
    if (!deep && at < runs.length - 1) continue;
    const segment = join(`${ledger}.archive`, file as string);
    const { stdout } = await succeed(['replay', '-q', '-l', segment]);
    expect(stdout.toString()).toBe(
      all
        .slice(range.from - 1, range.through)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await succeed(['inspect', '--verify', '-l', segment]);
  }
  return runs.length;
}

async function storedLines(ledger: string): Promise<string[]> {
  return (await succeed(['replay', '-q', '-l', ledger])).stdout.toString().split('\n').slice(0, -1);
}

test('a ledger lives through years of archives, compactions, backups and kills', async (context) => {
  needs(context, ...SHIM_PROBE);
  const random = seededForTest();
  const ledger = join(tempDir(), 'events.codex');
  const directory = join(ledger, '..');
  await succeed(['init', '-l', ledger, '--routing', 'hash:n', '--partitions', '3']);
  const traffic = new Traffic(await opened(ledger));
  const [keeper, worker] = [new FaultShim(), new FaultShim()];
  onTestFinished(async () => {
    await traffic.stop();
    keeper.close();
    worker.close();
  });
  const killed = { keeper: 0, emitter: 0, member: 0 };
  const printed: number[] = [];
  let emitted = 0;

  /** Runs it again until all members have read what it would archive. */
  const keep = async (args: readonly string[], injection: Injection | null): Promise<ShimmedRun> => {
    for (;;) {
      const run = await keeper.run(args, directory, injection);
      if (run.code !== GROUP_BEHIND) return run;
      await traffic.more();
    }
  };
  const anyCall = (): Injection => ({ fault: 'kill', at: random.between(1, random.pick(LAST_CALLS)) });

  /** A member that prints what it gets, killed or not. */
  const consume = async (injection: Injection | null): Promise<void> => {
    const run = await worker.run(
      ['tail', '-g', GROUP, '--exit-at-head', '-o', 'envelope', '-l', ledger],
      directory,
      injection,
    );
    if (wasKilled(run)) killed.member++;
    else expect(run.code, run.stderr).toBe(0);
    const lines = run.stdout.toString().split('\n').slice(0, -1).join('\n');
    printed.push(...parseLines<Envelope>(lines).map(({ sequence }) => sequence));
  };

  /** An emission that is killed, and made again by the same producer. */
  const emit = async (round: number): Promise<void> => {
    const file = join(tempDir(), 'input.jsonl');
    const lines = Array.from({ length: LINES_PER_FILE }, () =>
      JSON.stringify({ source: 'command', n: emitted++, pad }),
    );
    writeFileSync(file, lines.join('\n'));
    const args = ['emit', '-q', '-l', ledger, '--producer', `round-${round}`, file];
    if (wasKilled(await worker.run(args, directory, { fault: 'kill', at: random.between(1, 6) }))) killed.emitter++;
    const again = await worker.run(args, directory);
    expect(again.code, again.stderr).toBe(0);
  };

  for (let round = 0; round < ROUNDS; round++) {
    await traffic.more();
    const cut = formatTime((traffic.receipts.at(-10) as EventReceipt).time);
    const args =
      round === 0 ? ['archive', '-l', ledger, '--until', cut, '--yes'] : maintenance(ledger, cut, round, random);
    const beside = round % 2 === 0 ? emit(round) : consume(round % 4 === 1 ? anyCall() : null);
    const isDisturbed = round === 0 || random.unit() < 0.6;
    const injection: Injection = round === 0 ? { fault: 'kill', at: 10 } : anyCall();
    const run = await keep(args, isDisturbed ? injection : null);
    if (wasKilled(run)) killed.keeper++;
    else expect(run.code, `round ${round}, ${args.join(' ')}: ${run.stderr}`).toBe(0);
    await beside;
    if (round % quick(2, 6) === 1) await expectSegments(ledger, await storedLines(ledger), false);
  }

  await traffic.stop();
  const lines = await storedLines(ledger);
  const stored = lines.map((line) => JSON.parse(line) as Line);
  // every receipt at its sequence, and every line of the commands once and in order
  expect(traffic.receipts.map(({ sequence }) => stored[sequence - 1])).toMatchObject(
    traffic.receipts.map((_, n) => ({ source: 'library', n })),
  );
  const ofCommands = stored.filter(({ source }) => source === 'command').map(({ n }) => n);
  expect(ofCommands).toEqual(Array.from({ length: emitted }, (_, n) => n));
  expect(lines).toHaveLength(traffic.receipts.length + emitted);
  // to the group all, and twice only what a member printed before it was killed
  const delivered = [...traffic.seen, ...printed].sort((one, other) => one - other);
  expect([...new Set(delivered)]).toEqual(Array.from({ length: lines.length }, (_, at) => at + 1));
  const twice = new Set(delivered.filter((sequence, at) => sequence === delivered[at - 1]));
  if (killed.member === 0) expect(twice.size).toBe(0);
  for (const sequence of twice) expect(printed).toContain(sequence);

  const cut = formatTime((traffic.receipts.at(-1) as EventReceipt).time);
  for (const args of [
    ['archive', '--until', cut, '--yes'],
    ['compact', '--compression', 'zstd'],
  ])
    await succeed([...args, '-l', ledger]);
  expect(await storedLines(ledger)).toEqual(lines);
  expect((await succeed(['inspect', '--verify', '-l', ledger])).stdout.toString()).toMatch(/^OK: /);
  const runs = await expectSegments(ledger, lines, true);
  const files = readdirSync(`${ledger}.archive`);
  // a run that was killed between the name of its segment and the record of it leaves a whole one, which nothing ever removes
  expect(files.length).toBeGreaterThanOrEqual(runs);
  expect(files.length).toBeLessThanOrEqual(runs + killed.keeper);
  expect(files.filter((file) => !file.endsWith('.segment'))).toEqual([]);
  expect(killed.keeper, JSON.stringify(killed)).toBeGreaterThan(0);
  expect(runs).toBeGreaterThan(0);
}, 900_000);
