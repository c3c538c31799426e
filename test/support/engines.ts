/** Opens engines of the library on temporary ledgers, closed after the test, and provides a manual clock. */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  type Clock,
  Completengine,
  hashOf,
  LedgerError,
  type LedgerErrorCode,
  type OpenOptions,
  type ParkedEventDescription,
  type RoutingSpec,
} from '../../src/index.ts';
import { EARTHQUAKES } from './cli.ts';
import { copyOfFresh } from './fresh-ledgers.ts';
import { tempDir } from './temp-dir.ts';

/** Settings that a ledger stores. */
const STORED = new Set(['routing', 'partitions', 'time', 'zone', 'unique', 'durability', 'compression']);

/** A routing may be an object, with numbers that JSON does not have. */
const isPlain = (value: unknown): boolean => Array.isArray(value) || typeof value !== 'object';

export function ledgerPath(): string {
  return join(tempDir(), 'events.codex');
}

/** Opens an engine, on a new ledger unless one is given. */
export async function openEngine({ ledger, ...options }: Partial<OpenOptions> = {}): Promise<Completengine> {
  const engine = await Completengine.open({ ...options, ledger: ledger ?? (await newLedgerFor(options)) });
  onTestFinished(() => engine.close());
  return engine;
}

/** A path, where there is a new ledger already if its settings are all that is given, and plain: to make one takes longer than to open it. */
function newLedgerFor(options: Omit<Partial<OpenOptions>, 'ledger'>): Promise<string> {
  const isKnown = Object.entries(options).every(([name, value]) => STORED.has(name) && isPlain(value));
  if (!isKnown) return Promise.resolve(ledgerPath());
  return copyOfFresh(['by the library', JSON.stringify(options)], async (ledger) => {
    await (await Completengine.open({ ...options, ledger })).close();
  });
}

/** Opens an engine on a ledger with the earthquakes of the fixture, with their own times. */
export async function earthquakeEngine(partition: RoutingSpec = hashOf('properties.net')): Promise<Completengine> {
  const engine = await openEngine({ routing: partition, time: 'properties.time' });
  await engine.emit(createReadStream(EARTHQUAKES));
  return engine;
}

/** Returns the error of a call that must fail. */
export async function failureOf(
  work: () => Promise<unknown> | PromiseLike<unknown>,
  code: LedgerErrorCode,
): Promise<LedgerError> {
  const outcome = await Promise.resolve()
    .then(work)
    .catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(LedgerError);
  expect((outcome as LedgerError).code).toBe(code);
  return outcome as LedgerError;
}

export class FakeClock implements Clock {
  /** Microseconds since 1970. */
  micros = Date.UTC(2026, 3, 12) * 1000;

  nowMicros(): number {
    return this.micros;
  }
}

/** The payloads of an iteration, as text. */
export async function payloadsOf(events: AsyncIterable<{ readonly payload: Buffer }>): Promise<string[]> {
  const payloads: string[] = [];
  for await (const { payload } of events) payloads.push(payload.toString('utf8'));
  return payloads;
}

/** All parked events of a group. */
export async function parkedBy(engine: Completengine, group: string): Promise<ParkedEventDescription[]> {
  const parked: ParkedEventDescription[] = [];
  for await (const event of engine.parked(group)) parked.push(event);
  return parked;
}
