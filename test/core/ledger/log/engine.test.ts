/** A ledger in a log through the engine: volume, inputs that are resumed, unique ids, sessions, transactions, and copies into a file and back. */

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import { Completengine, type OpenOptions } from '../../../../src/index.ts';
import { failureOf, ledgerPath } from '../../../support/engines.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { quick } from '../../../support/test-size.ts';

const memory = newMemory({ sealEvery: { messages: 4, bytes: 1 << 30 }, recent: 3 });
let number = 0;

beforeAll(() => registerDriver('log', async () => memory.driver));

const location = (): string => `log://engine/${number++}`;

async function open(options: OpenOptions): Promise<Completengine> {
  const engine = await Completengine.open(options);
  onTestFinished(() => engine.close());
  return engine;
}

const source = (text: string) => [
  {
    name: 'input',
    open: () =>
      (async function* () {
        yield Buffer.from(text);
      })(),
  },
];

/** Lines of many lengths, most of them tiny: their frames are several times as long. */
function linesOf(count: number): string {
  return Array.from(
    { length: count },
    (_, at) =>
      `{"k":${at % 13},"t":${1e9 + at - 3 * (at % 7)}${at % 1000 === 0 ? `,"x":"${'y'.repeat(5000)}"` : ''}}\n`,
  ).join('');
}

const digestOf = async (engine: Completengine) => {
  const { digest, events } = await engine.replay().deliver(null);
  return { digest, events };
};

describe('a ledger in a log', () => {
  it('takes volume in messages of its size, and holds the same events as a file; each copies into the other', async () => {
    const text = linesOf(quick(30_000, 600_000));
    const settings = { routing: 'hash:k', time: 't', partitions: 4 };
    const [at, path] = [location(), ledgerPath()];
    const log = await open({ ledger: at, ...settings });
    const file = await open({ ledger: path, ...settings });
    const reports = [await log.ingest(source(text), {}), await file.ingest(source(text), {})];
    expect(reports[0]).toMatchObject({ events: reports[1]?.events, late: reports[1]?.late, isComplete: true });
    expect(reports[0]?.commits).toBeGreaterThan(2);
    for (const { bodyBytes, header } of memory.messagesOf(at).all)
      expect(bodyBytes + header.length).toBeLessThan(1024 * 1024);
    const expected = await digestOf(file);
    expect(await digestOf(log)).toEqual(expected);
    const copies = [ledgerPath(), location()];
    for (const [nth, from] of [log, file].entries()) {
      const into = await open({ ledger: copies[nth] as string, routing: 'hash:t', time: 't', partitions: 3 });
      await from.replayInto(into, {});
      expect(await digestOf(into)).toEqual(expected);
      await into.verify();
    }
  });

  it('goes on behind what a producer has stored, and refuses a transaction that no message takes', async () => {
    const text = linesOf(quick(20_000, 100_000));
    const engine = await open({ ledger: location(), routing: 'hash:k' });
    const half = text.indexOf('\n', text.length / 2) + 1;
    await engine.ingest(source(text.slice(0, half)), { producer: 'p' });
    const rest = await engine.ingest(source(text), { producer: 'p' });
    expect(rest.events + text.slice(0, half).split('\n').length - 1).toBe(text.split('\n').length - 1);
    await engine.verify();
    const before = await engine.head();
    const failure = await failureOf(() => engine.ingest(source(text.repeat(4)), { atomic: true }), 'INVALID_ARGUMENT');
    expect(failure.message).toContain('1048576');
    expect(await engine.head()).toEqual(before);
    expect(await engine.ingest(source('{"k":1}\n{"k":2}\n'), { atomic: true })).toMatchObject({ events: 2 });
  });

  it('stores a unique id once, and keeps sessions where they are, with two writers', async () => {
    const at = location();
    const options = { ledger: at, routing: 'sticky:k', unique: 'id', partitions: 3 };
    const [one, other] = [await open(options), await open(options)];
    const events = Array.from({ length: 40 }, (_, id) => ({ id: `${id}`, k: id % 5 }));
    const receipts = await Promise.all(events.flatMap((event) => [one.emit([event]), other.emit([event])]));
    expect(receipts.flat().filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(40);
    const partitions = new Map<number, Set<string>>();
    for await (const { payload, partition } of one.replay()) {
      const { k } = JSON.parse(payload.toString()) as { k: number };
      partitions.set(k, (partitions.get(k) ?? new Set()).add(partition));
    }
    expect([...partitions.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1]);
    await failureOf(() => one.emit([{ id: '1', k: 9 }]), 'ID_CONFLICT');
    await other.verify();
  });
});
