/**
 * Fault model: somebody has made the file, or a disk has changed it: any column of any table, its schema, its header, its pages, its log, its segments. What
 * must never be: a hang, a crash, an event that was not committed, a character that a terminal obeys, or a failed command that changes anything.
 *
 * `COMPLETENGINE_TEST_SEED` makes the same files again, and `COMPLETENGINE_TEST_FILE=SEED:NUMBER` one of them, which stays in the directory that is named.
 */

import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ResidentCli } from '../../support/resident-cli.ts';
import { Seeded } from '../../support/seeded.ts';
import { isSoak, quick } from '../../support/test-size.ts';
import type { History } from './laws.ts';
import { makeOriginals, type Original, place } from './originals.ts';
import { type Probe, Prober } from './prober.ts';
import { faultOfMemory, Tally } from './tally.ts';
import { type Bench, damagedCopy, soundCopy, tried } from './trial.ts';

/** Of the quick run: files and the turns of commands are the same in each. */
const SEED = 20_261_127;
/** In a quick run at least four of each kind of damage. */
const FILES = quick(200, 5000);
/** Commands that read, and as many that write, for each file. */
const COMMANDS = quick(1, 3);
const LIMIT_MS = quick(20_000, 60_000);
/** Heap of a process, and its whole memory: two bodies of the largest size, a heap, and the program. */
const HEAP_MB = 256;
const MEMORY_MB_MAX = 700;

let directory: string;
let originals: readonly Original[];
const histories: History[] = [];
const prober = new Prober(LIMIT_MS, HEAP_MB);
const cli = new ResidentCli({
  env: { ...process.env, NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  runsHundreds: true,
});

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  const workshop = join(directory, 'making');
  mkdirSync(workshop);
  originals = await makeOriginals(workshop);
  for (const [at, original] of originals.entries()) {
    const ledger = soundCopy(directory, at);
    mkdirSync(dirname(ledger));
    place(original, dirname(ledger));
    const probe = await prober.probe(ledger);
    expect(probe, original.name).toMatchObject({ failure: null, verified: { events: expect.any(Number) } });
    const { stdout, code, stderr } = await cli.run(['replay', '-q', '-o', 'envelope', '-l', ledger]);
    expect(code, stderr).toBe(0);
    const { events } = probe as Probe;
    expect(events.length, original.name).toBeGreaterThan(3);
    histories.push({ events, output: stdout.toString() });
  }
});

afterAll(() => {
  prober.close();
  cli.close();
  rmSync(directory, { recursive: true, force: true });
});

const bench = (commands: number): Bench => ({
  directory,
  originals,
  histories,
  prober,
  cli,
  limitMs: LIMIT_MS,
  commands,
});

function report(line: string): void {
  if (process.env['COMPLETENGINE_TEST_REPORT'] !== undefined) process.stderr.write(`hostile files: ${line}\n`);
}

const given = process.env['COMPLETENGINE_TEST_FILE'];

it.runIf(given !== undefined)('makes the file of a failure again', async () => {
  const [seed, number] = (given as string).split(':').map(Number) as [number, number];
  const kept = { ...bench(1), directory: mkdtempSync(join(tmpdir(), 'completengine-hostile-')) };
  const made = damagedCopy(kept, number, new Seeded(seed).fork(number));
  process.stderr.write(`\n${made?.site.ledger}: ${made?.what}\n`);
  expect((await tried(bench(COMMANDS), number, new Seeded(seed).fork(number)))?.faults).toEqual([]);
});

it.skipIf(given !== undefined)(
  'no command and no call goes wrong, whatever a ledger and its segments hold',
  async () => {
    const seed = Number(process.env['COMPLETENGINE_TEST_SEED'] ?? (isSoak ? randomInt(2 ** 31) : SEED));
    const random = new Seeded(seed);
    const tally = new Tally(seed, report);
    const trials = bench(COMMANDS);
    for (let number = 0; number < FILES && !tally.isEnough; number++) {
      const outcome = await tried(trials, number, random.fork(number));
      if (outcome === null) continue;
      tally.add(number, { ...outcome, faults: [...outcome.faults, ...faultOfMemory(trials, MEMORY_MB_MAX)] });
      if (tally.files % 500 === 0) report(String(tally));
    }
    report(String(tally));
    const { files, endings, faults } = tally;
    const seen = String(tally);
    expect(faults.join('\n\n'), seen).toBe('');
    // the damages hit what counts, and not only that
    expect(files).toBeGreaterThan(FILES * 0.9);
    expect(endings.get('VERIFICATION_FAILED') ?? 0, seen).toBeGreaterThan(files * 0.1);
    expect(endings.get('NOT_A_LEDGER') ?? 0, seen).toBeGreaterThan(0);
    expect(endings.get('whole') ?? 0, seen).toBeGreaterThan(0);
  },
  quick(300_000, 14_400_000),
);
