/** An atomic input is accepted only right behind the head that it began at: where another writer comes first it begins again, until the busy timeout. */

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import type { AppendOptions, LogEntry } from '../../../../src/core/ledger/log/ordered-log.ts';
import { Completengine, type OpenOptions } from '../../../../src/index.ts';
import { failureOf } from '../../../support/engines.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { MemoryLog } from '../../../support/memory-driver/memory-log.ts';

/** What others do right before each append that must follow a position; taken by the next one. */
const meanwhile: (() => Promise<unknown>)[] = [];
let attempts = 0;

class RacingLog extends MemoryLog {
  override append(entry: LogEntry, options?: AppendOptions): Promise<number | null> {
    return this.appendBatch([entry], options);
  }

  override async appendBatch(entries: readonly LogEntry[], options?: AppendOptions): Promise<number | null> {
    if (options?.after !== undefined && options.after > 0) {
      attempts++;
      await meanwhile.shift()?.();
    }
    return super.appendBatch(entries, options);
  }
}

const memory = newMemory({}, (location, messages) => new RacingLog(location, messages));
let number = 0;

beforeAll(() => registerDriver('racing', async () => memory.driver));

async function openTwice(options: Omit<OpenOptions, 'ledger'> = {}) {
  const ledger = `racing://overtaken/${number++}`;
  const open = async (): Promise<Completengine> => {
    const engine = await Completengine.open({ ledger, routing: 'hash:k', ...options });
    onTestFinished(() => engine.close());
    return engine;
  };
  const [one, other] = [await open(), await open()];
  meanwhile.length = 0;
  attempts = 0;
  return { one, other };
}

const inputOf = (...lines: readonly string[]) => [
  {
    name: 'input',
    open: () =>
      (async function* () {
        yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
      })(),
  },
];

async function payloadsOf(engine: Completengine): Promise<string[]> {
  const payloads: string[] = [];
  for await (const { payload } of engine.replay()) payloads.push(payload.toString('utf8'));
  return payloads;
}

const A = '{"k":"a"}';
const B = '{"k":"b"}';
const OTHER = { k: 'other' };

describe.each([{}, { layout: 'framed' }, { unique: 'k' }, { routing: 'sticky:k' }] as const)(
  'in a log, %o',
  (options) => {
    it('is stored once behind what others commit meanwhile, and reported where it is', async () => {
      const { one, other } = await openTwice(options);
      meanwhile.push(
        () => other.emit({ k: 'first' }),
        // that of `other` itself, where its commits are conditional, too
        ...('unique' in options || 'routing' in options ? [async () => {}] : []),
        () => other.emit({ k: 'second' }),
      );
      const committed: number[] = [];
      const report = await one.ingest(inputOf(A, B), {
        atomic: true,
        onCommit: ({ firstSequence }) => void committed.push(firstSequence),
      });
      const head = await other.head();
      expect(report).toMatchObject({
        events: 2,
        commits: 1,
        firstSequence: 3,
        lastSequence: 4,
        isComplete: true,
        head,
      });
      expect(committed).toEqual([3]);
      expect((await payloadsOf(other)).slice(-2)).toEqual([A, B]);
      expect(await other.verify()).toMatchObject({ events: 4 });
    });
  },
);

it('follows the routing that another writer has begun meanwhile', async () => {
  const { one, other } = await openTwice({ partitions: 1 });
  meanwhile.push(() => other.partitioning.add(['x', 'y', 'z']));
  await one.ingest(inputOf(...Array.from({ length: 64 }, (_, k) => `{"k":${k}}`)), { atomic: true });
  const used = new Set<string>();
  for await (const { partition } of other.replay()) used.add(partition);
  expect(used.size).toBeGreaterThan(1);
});

it('passes over what another run of its producer has stored meanwhile', async () => {
  const { one, other } = await openTwice();
  const input = () => inputOf(A, B);
  meanwhile.push(async () => other.ingest(input(), { producer: 'p' }));
  expect(await one.ingest(input(), { producer: 'p', atomic: true })).toMatchObject({ events: 0, resumed: 2 });
  expect(await payloadsOf(other)).toEqual([A, B]);
});

it('warns once, however often it begins', async () => {
  const { one, other } = await openTwice({ routing: 'hash' });
  meanwhile.push(() => other.emit(OTHER));
  const warnings: string[] = [];
  await one.ingest(inputOf('[{"k":1}]'), { atomic: true, onWarning: ({ code }) => void warnings.push(code) });
  expect([warnings, attempts]).toEqual([['ARRAY_EVENT'], 2]);
});

it('gives up at the busy timeout, and nothing of it is stored', async () => {
  const { one, other } = await openTwice({ busyTimeoutMs: 30 });
  const overtake = async () => {
    await other.emit(OTHER);
    meanwhile.push(overtake);
  };
  meanwhile.push(overtake);
  await failureOf(() => one.ingest(inputOf(A, B), { atomic: true }), 'BUSY');
  expect(attempts).toBeGreaterThan(1);
  expect(new Set(await payloadsOf(other))).toEqual(new Set([JSON.stringify(OTHER)]));
});

it('is not begun again where it expects a head, which is another one now', async () => {
  const { one, other } = await openTwice();
  await other.emit(OTHER);
  const expectHead = await one.head();
  meanwhile.push(() => other.emit(OTHER));
  await failureOf(() => one.ingest(inputOf(A), { atomic: true, expectHead }), 'HEAD_CONFLICT');
  expect([attempts, (await payloadsOf(other)).length]).toEqual([1, 2]);
});

it('ends between two beginnings when it is interrupted', async () => {
  const { one, other } = await openTwice();
  const interrupt = new AbortController();
  meanwhile.push(async () => {
    await other.emit(OTHER);
    interrupt.abort();
  });
  const report = await one.ingest(inputOf(A), { atomic: true, signal: interrupt.signal });
  expect(report).toMatchObject({ events: 0, isComplete: false });
  expect(await payloadsOf(other)).toEqual([JSON.stringify(OTHER)]);
});
