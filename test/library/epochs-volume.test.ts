/**
 * Large inputs in flight to the writing thread while the routing changes; with the built package, because threads run
 * only built files.
 */

import { subscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import type { Completengine as Engine, OpenOptions } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';
import { expectRoutedByEpochs } from '../support/epochs.ts';
import { quick } from '../support/test-size.ts';

const { Completengine } = (await import(
  new URL('../../dist/lib/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

let threads = 0;
subscribe('worker_threads', () => threads++);

/** A chunk of its own, large enough for the kernel and for the thread. */
const LINES = quick(1200, 10_000);
const PAD = 'x'.repeat(quick(320, 90));
const CHUNK = Array.from({ length: LINES }, (_, n) => `{"k":"k${n % 101}","n":${n},"pad":"${PAD}"}\n`).join('');

async function open(options: OpenOptions): Promise<Engine> {
  const engine = await Completengine.open(options);
  onTestFinished(() => engine.close());
  return engine;
}

/** Emits chunks, and lets `change` happen when each of them has been taken. */
async function emitWhile(
  ledger: string,
  chunks: readonly string[],
  change: (nth: number) => Promise<unknown>,
): ReturnType<typeof emit> {
  async function* input() {
    for (const [nth, chunk] of chunks.entries()) {
      yield chunk;
      await change(nth);
    }
  }
  return emit(await open({ ledger }), input());
}

const emit = (engine: Engine, input: AsyncIterable<string>) => engine.emit(input);

test('is rebuilt by the new rule, in the kernel and beside it', async () => {
  const ledger = ledgerPath();
  const other = await open({ ledger, routing: 'hash:k', partitions: 3 });
  const specs = ['composite:k+n', 'hash:k', 'range:n=1000,8000', 'hash', 'hash:n'];
  const started = threads;
  const report = await emitWhile(ledger, new Array<string>(24).fill(CHUNK), async (nth) => {
    if (nth % 4 === 0)
      await other.partitioning.reroute(specs[(nth / 4) % specs.length] as string, { partitions: ['x', 'p1', 'p0'] });
    if (nth % 4 === 1) await other.partitioning.reroute('hash:k', { partitions: ['p0', 'x', 'p2'] });
    if (nth % 4 === 2) await other.partitioning.add([`a${nth}`]);
    if (nth % 4 === 3) await other.partitioning.place([{ key: `k${nth}`, partition: 'p1' }]);
  });
  expect(threads).toBeGreaterThan(started);
  expect(report.events).toBe(24 * LINES);
  const events = await expectRoutedByEpochs(ledger);
  expect(events.map(({ payload }) => `${payload}\n`).join('') === CHUNK.repeat(24)).toBe(true);
  expect(new Set(events.map(({ partition }) => partition)).size).toBeGreaterThan(5);
}, 120_000);

test('loses nothing where a line that stopped it is taken in the new epoch', async () => {
  const ledger = ledgerPath();
  const names = Array.from({ length: 100 }, (_, nth) => `k${nth}`);
  const other = await open({ ledger, routing: 'manual:k', partitions: names });
  const sound = CHUNK.replaceAll('"k100"', '"k0"');
  const started = threads;
  // the emission has not heard of the name when it meets it, and stops there
  const report = await emitWhile(ledger, [sound, sound, sound, sound, sound, CHUNK, CHUNK, CHUNK], async (nth) => {
    if (nth === 4) await other.partitioning.add(['k100']);
  });
  expect(threads).toBeGreaterThan(started);
  expect(report).toMatchObject({ events: 8 * LINES, isComplete: true });
  await expectRoutedByEpochs(ledger);
}, 120_000);

test('commits nothing after a line that the new rule rejects', async () => {
  const ledger = ledgerPath();
  const other = await open({ ledger, routing: 'hash:k', partitions: 3 });
  const outcome = await emitWhile(ledger, new Array<string>(12).fill(CHUNK), async (nth) => {
    if (nth === 7) await other.partitioning.reroute('manual:k', { partitions: ['k0', 'k1'] });
  }).catch((error: unknown) => error);
  expect(outcome).toMatchObject({
    code: 'BAD_LINE',
    message: expect.stringContaining('names an unknown partition'),
  });
  const { epoch } = await other.partitioning.inForce();
  const events = await expectRoutedByEpochs(ledger);
  // two names that follow one another are all there are, wherever the chunk began
  expect(events.length - epoch.fromSequence + 1).toBeLessThanOrEqual(2);
  const input = CHUNK.repeat(12);
  expect(input.startsWith(events.map(({ payload }) => `${payload}\n`).join(''))).toBe(true);
}, 120_000);
