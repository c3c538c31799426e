import { describe, expect, it } from 'vitest';
import { type Completengine, type Delivery, hashOf, type MemberOptions } from '../../src/index.ts';
import { FakeClock, failureOf, ledgerPath, openEngine, parkedBy } from '../support/engines.ts';
import { DELAY_MS_MAX, recordedDelays } from '../support/timer-delays.ts';
import { turns } from '../support/turns.ts';
import { until } from '../support/until.ts';

/** Short pauses, and no warnings of parked events. */
const QUICK = { backoffMs: 1, onParked: () => {} };

async function emitNumbers(engine: Completengine, from: number, through: number): Promise<void> {
  await engine.emit(Array.from({ length: through - from + 1 }, (_, at) => ({ n: from + at, k: (from + at) % 7 })));
}

const numbersOf = (delivery: Delivery): number[] => [...delivery].map((event) => (event.json() as { n: number }).n);

const range = (from: number, through: number): number[] =>
  Array.from({ length: through - from + 1 }, (_, at) => from + at);

describe('a subscription without a group', () => {
  it('gets what is committed from then on, in the order of the ledger', async () => {
    const engine = await openEngine();
    await emitNumbers(engine, 1, 5);
    const seen: number[] = [];
    const subscription = await engine.subscribe({}, (delivery) => {
      expect(delivery.partition).toBeNull();
      seen.push(...numbersOf(delivery));
    });
    await emitNumbers(engine, 6, 40);
    await until(() => seen.length === 35);
    await subscription.close();
    expect(seen).toEqual(range(6, 40));
  });

  it('begins where it is asked to', async () => {
    const engine = await openEngine();
    await emitNumbers(engine, 1, 20);
    for (const [from, first] of [
      ['start', 1],
      [8, 8],
      ['-1h', 1],
      [9999, 21],
      ['end', 21],
    ] as const) {
      const seen: number[] = [];
      const subscription = await engine.subscribe(
        typeof from === 'number' ? { fromSequence: from } : { from },
        (delivery) => void seen.push(...numbersOf(delivery)),
      );
      await until(() => seen.length === 21 - first);
      await subscription.close();
      expect(seen).toEqual(range(first, 20));
    }
  });

  it('hears of commits by another process', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger });
    const other = await openEngine({ ledger });
    const seen: number[] = [];
    await engine.subscribe({}, (delivery) => void seen.push(...numbersOf(delivery)));
    await emitNumbers(other, 1, 10);
    await until(() => seen.length === 10);
    expect(seen).toEqual(range(1, 10));
  });

  it('ends with the failure of its handler, and reports it', async () => {
    const engine = await openEngine();
    const subscription = await engine.subscribe({}, () => Promise.reject(new Error('no more')));
    await emitNumbers(engine, 1, 1);
    await expect(subscription.finished).rejects.toThrow('no more');
  });

  it('holds at most its capacity, and does not delay another', async () => {
    const engine = await openEngine();
    let largest = 0;
    let slowCalls = 0;
    const seen: number[] = [];
    const never = new Promise<void>(() => {});
    const stop = new AbortController();
    await engine.subscribe({ capacity: 10, signal: stop.signal }, async (delivery) => {
      slowCalls++;
      largest = Math.max(largest, delivery.count);
      await Promise.race([
        never,
        new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve())),
      ]);
    });
    await engine.subscribe({}, (delivery) => void seen.push(...numbersOf(delivery)));
    for (let at = 0; at < 20; at++) await emitNumbers(engine, at * 100 + 1, at * 100 + 100);
    await until(() => seen.length === 2000);
    expect({ slowCalls, largest }).toEqual({ slowCalls: 1, largest: 10 });
    stop.abort();
  });

  it('delivers only the requested partitions', async () => {
    const engine = await openEngine({ routing: hashOf('k') });
    const seen: string[] = [];
    await engine.subscribe(
      { partitions: ['p1', 'p3'], from: 'start' },
      (delivery) => void seen.push(...[...delivery].map(({ partition }) => partition)),
    );
    await emitNumbers(engine, 1, 300);
    await until(() => seen.length > 0);
    expect(new Set(seen)).toEqual(new Set(['p1', 'p3'].filter((name) => seen.includes(name))));
  });
});

describe('a member of a group', () => {
  it('gets every event once, in the order of each partition, and continues there the next time', async () => {
    const engine = await openEngine({ routing: hashOf('k') });
    await emitNumbers(engine, 1, 500);
    const offsets = new Map<string | null, number>();
    const seen: number[] = [];
    const take = (delivery: Delivery): void => {
      expect(delivery.firstOffset).toBe(offsets.get(delivery.partition) ?? 0);
      offsets.set(delivery.partition, delivery.lastOffset + 1);
      seen.push(...numbersOf(delivery));
    };
    const first = await engine.subscribe({ group: 'g', batch: 20, until: { head: true } }, take);
    await first.finished;
    expect(seen.sort((one, other) => one - other)).toEqual(range(1, 500));
    await emitNumbers(engine, 501, 600);
    const second = await engine.subscribe({ group: 'g', until: { head: true } }, take);
    await second.finished;
    expect({ isNew: [first.isNew, second.isNew], seen: seen.length, distinct: new Set(seen).size }).toEqual({
      isNew: [true, false],
      seen: 600,
      distinct: 600,
    });
  });

  it('parks an event whatever its handler has thrown', async () => {
    const engine = await openEngine({ partitions: 1 });
    const thrown = [
      undefined,
      0,
      'a\nb',
      Object.create(null),
      Symbol('s'),
      Object.assign(new Error('x'), { message: 7 }),
    ];
    await emitNumbers(engine, 1, thrown.length);
    const subscription = await engine.subscribe(
      { group: 'g', batch: 1, maxDeliver: 1, until: { head: true }, ...QUICK },
      ({ firstOffset }) => {
        throw thrown[firstOffset];
      },
    );
    await subscription.finished;
    expect((await parkedBy(engine, 'g')).map(({ reason }) => reason)).toEqual([
      'undefined',
      '0',
      'a',
      '[Object: null prototype] {}',
      'Symbol(s)',
      '7',
    ]);
  });

  it('may take longer for an answer, for silence and with its lease than a timer can be set to', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1, 3);
    const fortyDays = 40 * 24 * 3600 * 1000;
    const failures: string[] = [];
    const options = {
      group: 'g',
      ackTimeoutMs: fortyDays,
      leaseMs: 3 * fortyDays,
      until: { limit: 3, idleMs: fortyDays },
    };
    const delays = recordedDelays();
    let taken = 0;
    const subscription = await engine.subscribe(
      { ...options, group: 'g', batch: 1, onRetry: ({ reason }) => void failures.push(reason) },
      () => void taken++,
    );
    await subscription.finished;
    expect({ taken, failures }).toEqual({ taken: 3, failures: [] });
    // neither the renewal nor the alarm of silence fires at once
    expect(Math.max(...delays())).toBe(DELAY_MS_MAX);
  });

  it('gets an event again until it acknowledges it, and later events wait', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1, 6);
    const calls: string[] = [];
    const retries: number[] = [];
    const options = {
      group: 'g',
      batch: 3,
      until: { head: true },
      ...QUICK,
      onRetry: ({ attempts }: { attempts: number }) => void retries.push(attempts),
    };
    const { finished } = await engine.subscribe(options, (delivery) => {
      calls.push(numbersOf(delivery).join('+'));
      if (numbersOf(delivery).includes(2) && calls.length < 5) throw new Error('not yet');
    });
    await finished;
    expect(calls).toEqual(['1+2+3', '1', '2', '2', '2', '3', '4+5+6']);
    expect(retries).toEqual([1, 1, 2]);
  });

  it('parks an event that fails too often once, delivers later ones, and redelivers it on request', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1, 5);
    const seen: number[] = [];
    const parked: number[] = [];
    let isPoisonous = true;
    const handler = (delivery: Delivery): void => {
      if (isPoisonous && numbersOf(delivery).includes(3)) throw new Error('three\nis bad');
      seen.push(...numbersOf(delivery));
    };
    const options = {
      group: 'g',
      maxDeliver: 3,
      ...QUICK,
      onParked: ({ sequence }: { sequence: number }) => void parked.push(sequence),
    };
    await engine.subscribe(options, handler);
    await until(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 4, 5]);
    expect(await parkedBy(engine, 'g')).toMatchObject([
      { sequence: 3, partition: 'p0', offset: 2, attempts: 3, reason: 'three', redeliveryDue: false },
    ]);

    await engine.redeliver('g', [3]);
    await until(() => parked.length === 2);
    expect(await parkedBy(engine, 'g')).toMatchObject([{ sequence: 3, attempts: 4, redeliveryDue: false }]);
    isPoisonous = false;
    expect(await engine.redeliver('g')).toBe(1);
    await until(() => seen.length === 5);
    await until(() => seen.includes(3));
    await until(async () => (await parkedBy(engine, 'g')).length === 0);
    expect(parked).toEqual([3, 3]);
  });

  it('has parked events forgotten on request', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1, 2);
    const { finished } = await engine.subscribe({ group: 'g', maxDeliver: 1, until: { head: true }, ...QUICK }, () =>
      Promise.reject(new Error('no')),
    );
    await finished;
    await failureOf(() => engine.dropParked('g', [1, 7]), 'NOT_PARKED');
    expect(await engine.dropParked('g', [1])).toBe(1);
    expect((await parkedBy(engine, 'g')).map(({ sequence }) => sequence)).toEqual([2]);
  });

  it('shares the partitions with the others, and takes over those of one that leaves', async () => {
    const ledger = ledgerPath();
    const engines = [
      await openEngine({ ledger, routing: hashOf('k'), partitions: 6 }),
      await openEngine({ ledger }),
      await openEngine({ ledger }),
    ];
    const seen = engines.map((): string[] => []);
    const subscriptions = [];
    for (const [at, engine] of engines.entries()) {
      subscriptions.push(
        // a lease that no stall outlasts: a member that loses it has its events delivered again
        await engine.subscribe({ group: 'g', member: `m${at}`, leaseMs: 600_000, ...QUICK }, (delivery) => {
          for (const event of delivery) seen[at]?.push(`${event.partition}/${event.offset}`);
        }),
      );
    }
    const shares = async (): Promise<number[]> => {
      const [group] = await (engines[0] as Completengine).groups();
      return engines.map((_, at) => group?.lanes.filter(({ member }) => member === `m${at}`).length ?? 0);
    };
    await until(async () => (await shares()).join() === '2,2,2');
    await emitNumbers(engines[0] as Completengine, 1, 100);
    await until(() => seen.flat().length >= 100);
    await subscriptions[1]?.close();
    await until(async () => (await shares()).join() === '3,0,3');
    await emitNumbers(engines[0] as Completengine, 101, 200);
    await until(() => seen.flat().length >= 200);
    expect(new Set(seen.flat()).size).toBe(200);
    expect(seen.flat().length).toBe(200);
  });

  it('takes up partitions that are added while it runs, from their start', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'manual:k', partitions: ['a'] });
    const other = await openEngine({ ledger });
    const seen: string[] = [];
    const take = (delivery: Delivery): void => {
      for (const { partition, offset } of delivery) seen.push(`${partition}/${offset}`);
    };
    await engine.subscribe({ group: 'g', ...QUICK }, take);
    await engine.emit({ k: 'a' });
    await other.partitioning.add(['b']);
    await other.emit([{ k: 'b' }, { k: 'b' }, { k: 'a' }]);
    await until(() => seen.length === 4);
    expect(seen.sort()).toEqual(['a/0', 'a/1', 'b/0', 'b/1']);
  });

  it('is notified when another process joins under its name', async () => {
    const ledger = ledgerPath();
    const [one, other] = [await openEngine({ ledger }), await openEngine({ ledger })];
    const { finished } = await one.subscribe({ group: 'g', member: 'm', ...QUICK }, () => {});
    await other.subscribe({ group: 'g', member: 'm', ...QUICK }, () => {});
    await failureOf(() => finished, 'MEMBER_REPLACED');
  });

  it('finishes current deliveries when its engine is closed', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, partitions: 1 });
    await emitNumbers(engine, 1, 10);
    const ended: string[] = [];
    let finish: (() => void) | undefined;
    await engine.subscribe({ group: 'g', batch: 10 }, async ({ count }) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      ended.push(`delivery of ${count}`);
    });
    await until(() => finish !== undefined);
    const closing = engine.close().then(() => void ended.push('engine'));
    await turns();
    finish?.();
    await closing;
    expect(ended).toEqual(['delivery of 10', 'engine']);
    const again = await openEngine({ ledger });
    expect(await again.groups()).toMatchObject([{ name: 'g', lag: 0, members: [] }]);
  });

  it('counts a handler that does not answer in time as failed', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1, 2);
    const seen: number[] = [];
    const { finished } = await engine.subscribe(
      { group: 'g', ackTimeoutMs: 30, maxDeliver: 2, until: { head: true }, ...QUICK },
      async (delivery) => {
        if (numbersOf(delivery).includes(1))
          await new Promise<void>((resolve) => delivery.signal.addEventListener('abort', () => resolve()));
        else seen.push(...numbersOf(delivery));
      },
    );
    await finished;
    expect(seen).toEqual([2]);
    expect(await parkedBy(engine, 'g')).toMatchObject([{ sequence: 1, reason: 'no answer within 30 ms' }]);
  });

  it('stops after as many events as it was asked to, with the cursors there', async () => {
    const engine = await openEngine();
    await emitNumbers(engine, 1, 100);
    let seen = 0;
    const { finished } = await engine.subscribe({ group: 'g', until: { limit: 33 } }, ({ count }) => {
      seen += count;
    });
    await finished;
    expect(seen).toBe(33);
    expect(await engine.groups()).toMatchObject([{ lag: 67 }]);
  });

  it('stops after a silence, which does not begin before it has delivered what is there', async () => {
    // a second passes before each step, as on a machine that is too slow for the silence
    const clock = new FakeClock();
    const slowClock = { nowMicros: () => (clock.micros += 1_000_000) };
    const engine = await openEngine({ clock: slowClock });
    await emitNumbers(engine, 1, 10);
    let seen = 0;
    const options = { group: 'g', batch: 1, leaseMs: 1e9, until: { idleMs: 50 } };
    const { finished } = await engine.subscribe(options, ({ count }) => {
      seen += count;
    });
    await finished;
    expect(seen).toBe(10);
  });

  it('is refused with options that cannot be', async () => {
    const engine = await openEngine();
    for (const options of [
      { group: 'a b' },
      { group: '' },
      { group: 'g', member: '../m' },
      { capacity: 0 },
      { group: 'g', leaseMs: 1 },
      { member: 'm' },
      { group: 'g', maxDeliver: 0.5 },
      { group: 'g', leaseMs: Number.POSITIVE_INFINITY },
      { group: 'g', ackTimeoutMs: 0 },
      { group: 'g', ackTimeoutMs: Number.NaN },
      { group: 'g', backoffMs: -1 },
    ]) {
      await failureOf(() => engine.subscribe(options as MemberOptions, () => {}), 'INVALID_ARGUMENT');
    }
    await failureOf(() => engine.subscribe({ group: 'g', from: 'noon' }, () => {}), 'INVALID_TIME');
    await failureOf(() => engine.subscribe({ group: 'g', partitions: ['p99'] }, () => {}), 'UNKNOWN_PARTITION');
    await failureOf(() => parkedBy(engine, 'g'), 'UNKNOWN_GROUP');
  });
});

describe("a group's cursors", () => {
  it('are reset on request, and only if no member is active, or by force', async () => {
    const engine = await openEngine({ routing: hashOf('k') });
    await emitNumbers(engine, 1, 50);
    const seen: number[] = [];
    const take = (delivery: Delivery): void => void seen.push(...numbersOf(delivery));
    await (await engine.subscribe({ group: 'g', until: { head: true } }, take)).finished;
    expect(await engine.planCursors('g', { fromSequence: 31 })).toMatchObject({
      redelivered: 20,
      skipped: 0,
      liveMembers: [],
    });
    await engine.setCursors('g', { fromSequence: 31 });
    await (await engine.subscribe({ group: 'g', until: { head: true } }, take)).finished;
    expect(seen.slice(50).sort((one, other) => one - other)).toEqual(range(31, 50));

    await engine.subscribe({ group: 'g', ...QUICK }, take);
    await failureOf(() => engine.setCursors('g', { from: 'start' }), 'GROUP_IN_USE');
    await engine.setCursors('g', { from: 'start', force: true });
    await until(() => seen.length === 120);
    expect(seen.slice(70).sort((one, other) => one - other)).toEqual(range(1, 50));
    await failureOf(() => engine.setCursors('h', { from: 'start' }), 'UNKNOWN_GROUP');
  });
});
