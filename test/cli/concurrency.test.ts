import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type CliResult, finished, startCli } from '../support/cli.ts';
import { expectSoundLedger, type StoredEvent } from '../support/invariants.ts';
import { newLedger, replayed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { quick } from '../support/test-size.ts';

const EMITTERS = ['anna', 'bert', 'cleo', 'dora'];
const EVENTS_EACH = quick(1500, 3000);
const EVENTS = EMITTERS.length * EVENTS_EACH;
const PIECE_EVENTS = 60;
/** Rounds in which each emitter has a piece: at least three changes of the emitter in each. */
const ROUNDS = 10;

/** Emits a separate stream in pieces, each after the receipts of the one before, so that commits of several emitters alternate. */
class PieceEmitter {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #receipts: LineReader;
  readonly #result: Promise<CliResult>;
  #emitted = 0;

  constructor(ledger: string, name: string) {
    this.#name = name;
    this.#child = startCli(['emit', '-q', '--receipts', '-l', ledger]);
    this.#receipts = new LineReader(this.#child.stdout);
    this.#result = finished(this.#child);
  }

  async emitPiece(): Promise<void> {
    const piece = Array.from(
      { length: PIECE_EVENTS },
      (_, at) => `${JSON.stringify({ emitter: this.#name, n: this.#emitted + at, at: Date.now() })}\n`,
    );
    this.#child.stdin.write(piece.join(''));
    this.#emitted += PIECE_EVENTS;
    expect(await this.#receipts.take(PIECE_EVENTS)).toHaveLength(PIECE_EVENTS);
  }

  async emitRest(): Promise<void> {
    while (this.#emitted < EVENTS_EACH) await this.emitPiece();
    this.#child.stdin.end();
    expect(await this.#result).toMatchObject({ code: 0, stderr: '' });
  }
}

/** Whether a delivered sequence can be read through a new connection. */
function isReadable(ledger: string, sequence: number): boolean {
  const db = new Database(ledger, { readonly: true });
  try {
    return (
      db
        .prepare('SELECT 1 FROM commits WHERE first_sequence <= ? AND ? < first_sequence + count')
        .get(sequence, sequence) !== undefined
    );
  } finally {
    db.close();
  }
}

/** Follows from the start until everything is delivered, and samples whether it is committed. */
async function follow(ledger: string): Promise<string> {
  const child = startCli(['tail', '-f', '-n', 'all', '-o', 'envelope', '-l', ledger]);
  const lines = new LineReader(child.stdout);
  const result = finished(child);
  const delivered: string[] = [];
  while (delivered.length < EVENTS) {
    const line = await lines.next();
    if (line === null) break;
    delivered.push(line);
    if (delivered.length % 200 === 0) expect(isReadable(ledger, JSON.parse(line).sequence)).toBe(true);
  }
  child.kill('SIGINT');
  const { code, stderr, stdout } = await result;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  return stdout.toString();
}

function expectOwnOrder(events: readonly StoredEvent[]): void {
  const next = new Map(EMITTERS.map((emitter) => [emitter, 0]));
  for (const { payload } of events) {
    const { emitter, n } = JSON.parse(payload) as { emitter: string; n: number };
    expect(n).toBe(next.get(emitter));
    next.set(emitter, n + 1);
  }
  expect([...next.values()]).toEqual(EMITTERS.map(() => EVENTS_EACH));
}

test.each([
  ['arrival times', ['--routing', 'hash:emitter', '--partitions', '3']],
  ['times of their own', ['--routing', 'hash:emitter', '--partitions', '3', '--time', 'at']],
])('four emitters with %s and two followers agree on one history', async (_, init) => {
  const ledger = await newLedger(...init);
  const followers = [follow(ledger), follow(ledger)];
  const emitters = EMITTERS.map((name) => new PieceEmitter(ledger, name));
  // round by round at first: else the commits of a fast emitter might all come before those of the others
  for (let round = 0; round < ROUNDS; round++) await Promise.all(emitters.map((emitter) => emitter.emitPiece()));
  await Promise.all(emitters.map((emitter) => emitter.emitRest()));
  const delivered = await Promise.all(followers);
  const events = await expectSoundLedger(ledger);
  expect(events).toHaveLength(EVENTS);
  expectOwnOrder(events);
  const history = await replayed(ledger, '-o', 'envelope');
  for (const one of delivered) expect(one === history).toBe(true);
  // the emitters did alternate
  const changes = events.filter(
    ({ payload }, at) => JSON.parse(payload).emitter !== JSON.parse(events[at - 1]?.payload ?? payload).emitter,
  );
  expect(changes.length).toBeGreaterThanOrEqual(3 * ROUNDS);
});
