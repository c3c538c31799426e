import { expect, test } from 'vitest';
import { payloadsOfParked } from '../../src/cli/group/parked-payloads.ts';
import type { Completengine, ParkedEventDescription } from '../../src/index.ts';
import { failureOf, openEngine } from '../support/engines.ts';

async function* parkedAt(sequences: Iterable<number>): AsyncGenerator<ParkedEventDescription, void, undefined> {
  for (const sequence of sequences) {
    yield {
      sequence,
      partition: 'p0',
      offset: sequence - 1,
      attempts: 1,
      reason: 'no',
      details: '',
      parkedAt: 0,
      redeliveryDue: false,
    };
  }
}

async function read(
  engine: Completengine,
  sequences: Iterable<number>,
): Promise<[sequence: number, payload: string][]> {
  const found: [number, string][] = [];
  for await (const { event, payload } of payloadsOfParked(engine, parkedAt(sequences)))
    found.push([event.sequence, payload.toString()]);
  return found;
}

/** The number of reads of the ledger. */
function countReplays(engine: Completengine): () => number {
  let replays = 0;
  const replay = engine.replay.bind(engine);
  engine.replay = (options) => {
    replays++;
    return replay(options);
  };
  return () => replays;
}

test('payloads of parked events come in order, close ones with one read', async () => {
  const engine = await openEngine({ partitions: 3 });
  await engine.emit(Array.from({ length: 120_000 }, (_, at) => String(at + 1)));
  const replays = countReplays(engine);
  const near = [1, 2, 5, 700, 40_000, 89_999];
  expect(await read(engine, near)).toEqual(near.map((sequence) => [sequence, String(sequence)]));
  expect(replays()).toBe(1);
  const far = [1, 2, 60_000, 60_001, 120_000];
  expect(await read(engine, far)).toEqual(far.map((sequence) => [sequence, String(sequence)]));
  expect(replays()).toBe(4);
  expect(await read(engine, [])).toEqual([]);
});

test('an event parked after the read began is read alone', async () => {
  const engine = await openEngine();
  await engine.emit(['1', '2']);
  async function* growing() {
    yield* parkedAt([1]);
    await engine.emit(['3', '4']);
    yield* parkedAt([3, 4]);
  }
  const found: string[] = [];
  for await (const { payload } of payloadsOfParked(engine, growing())) found.push(payload.toString());
  expect(found).toEqual(['1', '3', '4']);
});

test('a sequence past the head is named', async () => {
  const engine = await openEngine();
  await engine.emit(['1', '2']);
  expect((await failureOf(() => read(engine, [2, 7]), 'INVALID_RANGE')).message).toBe('there is no sequence 7');
});
