/**
 * Fault model: the disk gives back one bit otherwise than it was written, anywhere in a ledger that nobody has open, or in the -wal that a kill
 * left behind. What must never be: verification that passes over content that has changed.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { type CliResult, runCli, spawnCli, startCli } from '../support/cli.ts';
import { type GeneratedEvents, streamText } from '../support/event-stream.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { compressedFrames, rawCommits, rawContent, rawIdentity } from '../support/raw-ledger.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { inProcesses, type ResidentCli } from '../support/resident-cli.ts';
import { type Seeded, seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { isSoak, quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const EVENTS = quick(600, 2000);
const FLIPS_PER_LEDGER = quick(16, 250);
const KILLED_EVENTS = quick(200, 400);
const FLIPS_OF_WAL = quick(10, 150);
/** One of this many attempts runs in a process of its own. */
const OWN_PROCESS_EVERY = quick(16, 8);
/** The start of one costs as much as three attempts. */
const PROCESSES = quick(1, 2);
const PAGE_BYTES = 16384;

interface Original {
  readonly path: string;
  readonly bytes: Buffer;
  readonly identity: string;
  readonly content: string;
  readonly replayed: Buffer;
}

interface Flip {
  readonly number: number;
  readonly byte: number;
  readonly bit: number;
}

/** `crash` and `hang` are what no command may do. */
interface Outcome {
  readonly code: number | 'crash' | 'hang';
  readonly stdout: Buffer;
  readonly stderr: string;
}

const LIMIT = { timeout: 30_000 };

/** What the ledgers hold besides events. */
const KINDS = {
  unique: {
    delivered: 'unique ids and a producer',
    options: { routing: 'hash:tenant', partitions: ['herring', 'cod', 'squid'], unique: 'id' },
  },
  sticky: {
    delivered: 'pins of sessions, compressed',
    options: { routing: 'sticky:id,idle=1h', partitions: 3, compression: 'zstd' },
  },
  plain: { delivered: 'plain', options: { routing: 'hash', partitions: 4 } },
} as const;
type Kind = keyof typeof KINDS;

async function makeLedger(path: string, kind: Kind, random: Seeded): Promise<void> {
  const engine = await Completengine.open({ ledger: path, ...KINDS[kind].options });
  try {
    const stream: GeneratedEvents = { name: kind, seed: random.seed, count: EVENTS, piecesMax: 160 };
    await engine.ingest(
      [{ name: 'stream', open: () => piecesOf(engine, stream, random) }],
      kind === 'unique' ? { producer: 'feeder' } : {},
    );
  } finally {
    await engine.close();
  }
}

/** The next piece when the one before is committed, so that each is a commit. */
async function* piecesOf(engine: Completengine, stream: GeneratedEvents, random: Seeded): AsyncGenerator<Buffer> {
  for (let n = 1; n <= stream.count; ) {
    const through = Math.min(stream.count, n + random.between(0, 40));
    yield Buffer.from(streamText(stream, n, through));
    await until(async () => (await engine.head()).sequence === through);
    n = through + 1;
  }
}

/** Mostly anywhere; the rest where a bit means most: in the header, in the schema, at the beginnings of pages. */
function chooseFlip(number: number, size: number, random: Seeded): Flip {
  const chance = random.unit();
  const bit = random.between(0, 7);
  if (chance < 0.06) return { number, byte: random.between(0, 99), bit };
  if (chance < 0.12) return { number, byte: random.between(0, PAGE_BYTES - 1), bit };
  if (chance < 0.22)
    return { number, byte: random.between(0, size / PAGE_BYTES - 1) * PAGE_BYTES + random.between(0, 255), bit };
  return { number, byte: random.between(0, size - 1), bit };
}

function flipped(bytes: Buffer, { byte, bit }: Flip): Buffer {
  const copy = Buffer.from(bytes);
  copy[byte] = (copy[byte] as number) ^ (1 << bit);
  return copy;
}

/** Flips that must be found: of the file's first byte, and of the hash of a commit, at a place that SQLite reads. Where those by chance fall is chance. */
function certainFlips({ path, bytes, content }: Original, directory: string): Flip[] {
  const copy = join(directory, 'certain.codex');
  const { hash } = rawCommits(path).at(-1) as { hash: Buffer };
  for (let at = bytes.indexOf(hash); at >= 0; at = bytes.indexOf(hash, at + 1)) {
    const flip = { number: FLIPS_PER_LEDGER + 1, byte: at, bit: 0 };
    writeFileSync(copy, flipped(bytes, flip), { mode: 0o600 });
    const isRead = attempt(rawContent, copy) !== content;
    removeLedger(copy);
    if (isRead) return [{ number: FLIPS_PER_LEDGER, byte: 0, bit: 0 }, flip];
  }
  return expect.fail('no hash of a commit is in the file');
}

/** What raw SQLite says of the copy; the error's text where it cannot read it. */
function attempt(look: (path: string) => string, path: string): string {
  try {
    return look(path);
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

function removeLedger(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
}

function outcomeOf({ code, signal, stdout, stderr }: CliResult): Outcome {
  return { code: code ?? (signal === 'SIGTERM' || signal === 'SIGKILL' ? 'hang' : 'crash'), stdout, stderr };
}

const runnerOf = (cli: ResidentCli, isOwnProcess: boolean) => async (args: string[]) =>
  outcomeOf(await (isOwnProcess ? spawnCli(args, LIMIT) : cli.run(args, LIMIT)));

/** The first kind is plain, too. */
const CHOSEN: readonly Kind[] = quick(['unique', 'sticky'], ['unique', 'sticky', 'plain']);

for (const kind of CHOSEN) {
  it(`finds every single-bit flip that changes what a ledger holds (${KINDS[kind].delivered})`, async () => {
    const directory = tempDir();
    const random = seededForTest();
    const path = join(directory, 'original.codex');
    await makeLedger(path, kind, random.fork(1));
    await expectSoundLedger(path);
    expect(rawCommits(path).length).toBeGreaterThan(20);
    if (kind === 'sticky') expect(compressedFrames(path)).toBeGreaterThan(20);
    const replay = await runCli(['replay', '--quiet', '--ledger', path]);
    const original: Original = {
      path,
      bytes: readFileSync(path),
      identity: rawIdentity(path),
      content: rawContent(path),
      replayed: replay.stdout,
    };
    expect(original.bytes.length % PAGE_BYTES).toBe(0);

    const certain = certainFlips(original, directory);
    const chosen = Array.from({ length: FLIPS_PER_LEDGER }, (_, number) =>
      chooseFlip(number, original.bytes.length, random),
    );
    const codes = new Map<unknown, number>();
    let ownProcesses = 0;
    const attemptAt = async (cli: ResidentCli, flip: Flip): Promise<void> => {
      const copy = join(directory, `flip-${flip.number}.codex`);
      writeFileSync(copy, flipped(original.bytes, flip), { mode: 0o600 });
      const isOwnProcess = flip.number % OWN_PROCESS_EVERY === 0;
      const run = runnerOf(cli, isOwnProcess);
      const outcome = await run(['inspect', '--verify', '--ledger', copy]);
      codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
      if (isOwnProcess) ownProcesses++;

      const where = `seed ${random.seed}, ${kind} ledger, byte ${flip.byte} (page ${Math.floor(flip.byte / PAGE_BYTES) + 1}, byte ${flip.byte % PAGE_BYTES}), bit ${flip.bit}: ${outcome.stderr}`;
      expect(certain.includes(flip) ? [3, 76] : [0, 3, 76], where).toContain(outcome.code);
      if (outcome.code === 76)
        expect(attempt(rawIdentity, copy), `refused, and it is a ledger still: ${where}`).not.toBe(original.identity);
      if (outcome.code === 0) {
        expect(attempt(rawIdentity, copy), `passed with another identity: ${where}`).toBe(original.identity);
        expect(attempt(rawContent, copy), `passed with other content: ${where}`).toBe(original.content);
        const again = await run(['replay', '--quiet', '--ledger', copy]);
        expect(again.code, `passed, and does not replay: ${where} ${again.stderr}`).toBe(0);
        expect(again.stdout.equals(original.replayed), `passed, and replays otherwise: ${where}`).toBe(true);
      }
      removeLedger(copy);
    };
    await inProcesses(PROCESSES, [...certain, ...chosen], attemptAt);

    const seen = JSON.stringify([...codes]);
    expect(ownProcesses, seen).toBeGreaterThanOrEqual(Math.floor(FLIPS_PER_LEDGER / OWN_PROCESS_EVERY));
    // about half of them hit what counts, which says something of many alone
    if (isSoak) expect((codes.get(3) ?? 0) + (codes.get(76) ?? 0), seen).toBeGreaterThan(FLIPS_PER_LEDGER * 0.3);
    if (isSoak) expect(codes.get(3) ?? 0, seen).toBeGreaterThan(FLIPS_PER_LEDGER * 0.2);
    if (process.env['COMPLETENGINE_TEST_REPORT'] !== undefined) process.stderr.write(`bit-flips, ${kind}: ${seen}\n`);
  }, 180_000);
}

/** A ledger whose last commits lie in the -wal, as a kill leaves it. */
async function makeKilledLedger(path: string, random: Seeded): Promise<void> {
  expect((await runCli(['init', '--ledger', path, '--partitions', '2'])).code).toBe(0);
  const closed: GeneratedEvents = { name: 'closed', seed: random.seed, count: 50 };
  expect((await runCli(['emit', '--ledger', path], { input: streamText(closed) })).code).toBe(0);
  const killed: GeneratedEvents = { name: 'killed', seed: random.seed + 1, count: KILLED_EVENTS };
  const child = startCli(['emit', '--receipts', '--quiet', '--ledger', path]);
  const reader = new ReceiptReader(child.stdout);
  for (let n = 1; n <= killed.count; n += 5) {
    child.stdin.write(streamText(killed, n, n + 4));
    await reader.atLeast(n + 4, () => child.exitCode !== null);
  }
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_, signal) => resolve(signal));
  });
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}

it('opens a ledger with a flipped bit in its -wal as a shorter prefix of whole commits, and shows it against a head kept elsewhere', async () => {
  const directory = tempDir();
  const random = seededForTest();
  const path = join(directory, 'original.codex');
  await makeKilledLedger(path, random.fork(1));
  const bytes = readFileSync(path);
  const wal = readFileSync(`${path}-wal`);
  expect(wal.length).toBeGreaterThan(100_000);

  const place = (number: number): string => {
    const copy = join(directory, `flip-${number}.codex`);
    writeFileSync(copy, bytes, { mode: 0o600 });
    return copy;
  };
  const sound = place(-1);
  writeFileSync(`${sound}-wal`, wal, { mode: 0o600 });
  const events = await expectSoundLedger(sound);
  const ends = new Set([0, ...rawCommits(sound).map(({ first_sequence: first, count }) => first + count - 1)]);
  const document = JSON.parse((await runCli(['inspect', '--json', '--ledger', sound])).stdout.toString('utf8')) as {
    head: string;
  };
  expect(document.head.startsWith(`${50 + KILLED_EVENTS}:`)).toBe(true);

  const flips = Array.from({ length: FLIPS_OF_WAL }, (_, number) => ({
    number,
    byte: random.between(0, wal.length - 1),
    bit: random.between(0, 7),
  }));
  let cut = 0;
  let lost = 0;
  let ownProcesses = 0;
  await inProcesses(PROCESSES, flips, async (cli, flip) => {
    const copy = place(flip.number);
    writeFileSync(`${copy}-wal`, flipped(wal, flip), { mode: 0o600 });
    const isOwnProcess = flip.number % OWN_PROCESS_EVERY === 0;
    if (isOwnProcess) ownProcesses++;
    const run = runnerOf(cli, isOwnProcess);
    const where = `seed ${random.seed}, byte ${flip.byte} of the -wal, bit ${flip.bit}`;

    const anchored = await run(['inspect', '--expect-head', document.head, '--ledger', copy]);
    const verified = await run(['inspect', '--verify', '--ledger', copy]);
    expect(verified.code, `${where}: ${verified.stderr}`).toBe(0);
    const kept = storedEvents(copy);
    expect(kept, where).toEqual(events.slice(0, kept.length));
    expect(ends.has(kept.length), `${where}: ${kept.length} events are no whole commits`).toBe(true);
    const isWhole = kept.length === events.length;
    expect(anchored.code, `${where}, ${kept.length} of ${events.length} events kept: ${anchored.stderr}`).toBe(
      isWhole ? 0 : 3,
    );
    if (!isWhole) cut++;
    lost += events.length - kept.length;
    removeLedger(copy);
  });
  const seen = `${cut} of ${flips.length} flips cut the ledger short, by ${lost} events in all`;
  expect(ownProcesses, seen).toBeGreaterThanOrEqual(Math.floor(FLIPS_OF_WAL / OWN_PROCESS_EVERY));
  // nearly every one does
  expect(cut, seen).toBeGreaterThan(flips.length * quick(0, 0.9));
  if (process.env['COMPLETENGINE_TEST_REPORT'] !== undefined) process.stderr.write(`bit-flips, -wal: ${seen}\n`);
}, 180_000);

it.each([
  ['type', 2],
  ['table name', 7],
])('does not pass a ledger whose schema has another %s for a partition', async (_, at) => {
  const path = join(tempDir(), 'events.codex');
  expect(await runCli(['init', '--partitions', '2', '--ledger', path])).toMatchObject({ code: 0 });
  const original = rawIdentity(path);
  const bytes = readFileSync(path);
  // the row of p0 in the schema: type, name, table name, and its SQL; the bit makes a capital letter
  const row = bytes.indexOf('tablep0p0');
  expect(row).toBeGreaterThan(0);
  writeFileSync(path, flipped(bytes, { number: 0, byte: row + at, bit: 5 }));
  expect(attempt(rawIdentity, path)).not.toBe(original);
  const { code, stderr } = await runCli(['inspect', '--verify', '--ledger', path]);
  expect([3, 76], stderr).toContain(code);
});
