/** Commands that write and read a ledger beside a fault, and what must hold of it afterwards. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { expect, onTestFinished } from 'vitest';
import { Completengine } from '../../../src/index.ts';
import { startCli } from '../../support/cli.ts';
import { type GeneratedEvents, streamText } from '../../support/event-stream.ts';
import { expectInOrder, type StoredEvent } from '../../support/invariants.ts';
import { succeed } from '../../support/ledger-cli.ts';
import { expectPrefix, expectReceipted, ReceiptReader } from '../../support/receipts.ts';
import { until } from '../../support/until.ts';

/** Longer than an election on a loaded machine, and than any fault. */
export const PATIENT = ['--busy-timeout', '120s'] as const;

/** Lines that a writer has got and not answered yet, at most. */
const AHEAD_MAX = 10;
/** Between two portions of lines, so that a soak does not write millions of events. */
const PORTION_MS = 25;

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<ProcessEnd>;
  stderr = '';

  constructor(args: readonly string[]) {
    this.child = startCli(args);
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (piece: Buffer) => {
      this.stderr += piece.toString('utf8');
    });
    this.ended = new Promise((resolve) => this.child.on('close', (code, signal) => resolve({ code, signal })));
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** An `emit --receipts` that gets its lines while it answers them. */
export class Writer extends Running {
  readonly stream: GeneratedEvents;
  readonly #reader: ReceiptReader;
  #feeding: NodeJS.Timeout;
  #fed = 0;

  constructor(location: string, stream: Omit<GeneratedEvents, 'count'>, args: readonly string[] = PATIENT) {
    super(['emit', '-q', '--receipts', '-l', location, ...args]);
    this.stream = { ...stream, count: Number.MAX_SAFE_INTEGER };
    this.#reader = new ReceiptReader(this.child.stdout);
    this.#feeding = setInterval(() => this.#feed(), PORTION_MS);
    onTestFinished(() => clearInterval(this.#feeding));
  }

  get receipts() {
    return this.#reader.receipts;
  }

  /** Lines that it has got. */
  get fed(): number {
    return this.#fed;
  }

  async moreReceipts(count: number): Promise<void> {
    const goal = this.receipts.length + count;
    await this.#reader.atLeast(goal, () => this.hasEnded);
    if (this.hasEnded) expect.fail(`emit has ended with ${(await this.ended).code}: ${this.stderr}`);
  }

  stopFeeding(): void {
    clearInterval(this.#feeding);
  }

  goOn(): void {
    this.#feeding = setInterval(() => this.#feed(), PORTION_MS);
  }

  async areAllAnswered(): Promise<void> {
    await this.#reader.atLeast(this.#fed, () => this.hasEnded);
  }

  /** Ends its input, and expects that all of it was answered. */
  async finish(): Promise<void> {
    this.stopFeeding();
    this.child.stdin.end();
    const ending = await this.ended;
    expect({ ...ending, stderr: this.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    expect(this.receipts.map(({ line }) => line)).toEqual(Array.from({ length: this.#fed }, (_, at) => at + 1));
  }

  async kill(): Promise<void> {
    this.stopFeeding();
    this.child.kill('SIGKILL');
    await this.ended;
  }

  #feed(): void {
    const through = this.receipts.length + AHEAD_MAX;
    if (through <= this.#fed || this.hasEnded) return;
    this.child.stdin.write(streamText(this.stream, this.#fed + 1, through));
    this.#fed = through;
  }
}

/** A `tail -f` of the whole ledger. */
export class Tail extends Running {
  #output = '';

  constructor(location: string) {
    super(['tail', '-f', '-n', 'all', '-o', 'envelope', '-l', location, ...PATIENT]);
    this.child.stdout.on('data', (piece: Buffer) => {
      this.#output += piece.toString('latin1');
    });
  }

  /** Waits until it has printed as many bytes as the whole ledger, and expects that they are the same. */
  async expectAll(replayed: Buffer): Promise<void> {
    await until(() => this.#output.length >= replayed.length || this.hasEnded);
    expect(this.stderr).toBe('');
    expect(this.#output === replayed.toString('latin1'), 'tail -f has every event once, in order').toBe(true);
    this.child.kill('SIGINT');
    await this.ended;
  }
}

export async function eventsAt(location: string): Promise<StoredEvent[]> {
  const engine = await Completengine.open({ ledger: location, create: false, access: 'read', busyTimeoutMs: 60_000 });
  const events: StoredEvent[] = [];
  try {
    for await (const { sequence, partition, offset, time, payload } of engine.replay())
      events.push({ sequence, partition, offset, time, payload: payload.toString('utf8') });
  } finally {
    await engine.close();
  }
  return events;
}

/** `SEQUENCE:HASH`. */
/** `SEQUENCE:HASH`, after a verification of everything. */
export async function headAt(location: string): Promise<string> {
  const { stdout } = await succeed(['inspect', '--verify', '--json', '-l', location, ...PATIENT]);
  return (JSON.parse(stdout.toString('utf8')) as { head: string }).head;
}

/**
 * Ends the writers, and expects of the ledger: every receipt's event at its place, every line once and in the order of its writer, nothing else; time that
 * never falls; a chain that verifies; one head for all readers, whichever server they ask; and the same output of every tail. Returns the events' number.
 */
export async function expectNothingLost(
  locations: readonly [string, ...string[]],
  writers: readonly Writer[],
  tails: readonly Tail[],
): Promise<number> {
  for (const writer of writers) await writer.finish();
  const [location] = locations;
  const events = await eventsAt(location);
  expectInOrder(events);
  let known = 0;
  for (const { stream, receipts } of writers) {
    expectReceipted(events, stream, receipts);
    const stored = expectPrefix(events, stream);
    expect(stored, `events of ${stream.name}`).toBe(receipts.length);
    known += stored;
  }
  expect(events.length, 'events that no writer accounts for').toBe(known);
  const head = await headAt(location);
  expect(Number.parseInt(head, 10)).toBe(events.length);
  for (const each of locations) expect(await headAt(each)).toBe(head);
  const replayed = await succeed(['replay', '-q', '-o', 'envelope', '-l', location, ...PATIENT]);
  for (const tail of tails) await tail.expectAll(replayed.stdout);
  return events.length;
}
