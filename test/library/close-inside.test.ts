/** An engine, or a subscription, that is closed from inside of what the close would wait for. */

import { describe, expect, test } from 'vitest';
import { registerDriver } from '../../src/core/ledger/drivers.ts';
import type { Completengine, Delivery, Subscription } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { memoryDriver } from '../support/memory-driver/memory-driver.ts';

registerDriver('memory', async () => memoryDriver);

let number = 0;
const STORAGES: readonly { readonly name: string; readonly location: () => string }[] = [
  { name: 'sqlite', location: ledgerPath },
  { name: 'a log', location: () => `memory://close-inside/${number++}` },
];

/** Nothing is lost or delivered twice: what the handler had is acknowledged, and the next engine gets the rest. */
async function restOf(engine: Completengine, group: string): Promise<number[]> {
  const rest: number[] = [];
  const subscription = await engine.subscribe({ group, until: { head: true } }, (delivery) => {
    rest.push(...sequencesOf(delivery));
  });
  await subscription.finished;
  return rest;
}

function sequencesOf(delivery: Delivery): number[] {
  return [...delivery].map(({ sequence }) => sequence);
}

/** It was done before the close, or the close has ended it. */
async function endOf(work: PromiseLike<unknown>): Promise<void> {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  );
  if (error !== null) expect(error).toMatchObject({ code: 'CLOSED' });
}

describe.each(STORAGES)('closed inside, on $name', ({ location }) => {
  test.each(['group', 'live'])('a handler of a %s awaits the close of its engine', async (kind) => {
    const ledger = location();
    const engine = await openEngine({ ledger, partitions: 1 });
    const keeper = await openEngine({ ledger });
    const deliveries: number[] = [];
    const options = kind === 'group' ? { group: 'g', batch: 1 } : { batch: 1 };
    const subscription = await engine.subscribe(options, async (delivery) => {
      await engine.close();
      deliveries.push(...sequencesOf(delivery));
    });
    await engine.emit(['1', '2', '3']);
    await subscription.finished;
    await engine.close();
    expect(deliveries).toEqual([1]);
    await failureOf(() => engine.head(), 'CLOSED');
    if (kind === 'group') expect(await restOf(keeper, 'g')).toEqual([2, 3]);
  });

  test.each(['group', 'live'])('a handler of a %s awaits the close of its subscription', async (kind) => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    const deliveries: number[] = [];
    const options = kind === 'group' ? { group: 'g', batch: 1 } : { batch: 1 };
    const subscription: Subscription = await engine.subscribe(options, async (delivery) => {
      await subscription.close();
      deliveries.push(...sequencesOf(delivery));
    });
    await engine.emit(['1', '2', '3']);
    await subscription.finished;
    await subscription.close();
    expect(deliveries).toEqual([1]);
    if (kind === 'group') expect(await restOf(engine, 'g')).toEqual([2, 3]);
  });

  test('a handler that fails after it closed its subscription has not taken its events', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    const subscription: Subscription = await engine.subscribe({ group: 'g' }, async () => {
      await subscription.close();
      throw new Error('no');
    });
    await engine.emit(['1', '2']);
    await subscription.finished;
    expect(await restOf(engine, 'g')).toEqual([1, 2]);
  });

  test('a handler closes another subscription, and waits for it', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    let release = (): void => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const order: string[] = [];
    const other = await engine.subscribe({ group: 'other' }, async () => {
      order.push('begun');
      release();
      await new Promise(setImmediate);
      order.push('ended');
    });
    const subscription: Subscription = await engine.subscribe({ group: 'g' }, async () => {
      await isReleased;
      await other.close();
      order.push('closed');
      await subscription.close();
    });
    await engine.emit('1');
    await subscription.finished;
    expect(order).toEqual(['begun', 'ended', 'closed']);
  });

  test('two handlers close the subscriptions of each other', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    const subscriptions: Subscription[] = [];
    for (const [group, other] of [
      ['a', 1],
      ['b', 0],
    ] as const)
      subscriptions.push(await engine.subscribe({ group }, () => subscriptions[other]?.close()));
    await engine.emit('1');
    await Promise.all(subscriptions.map(({ finished }) => finished));
  });

  test('what a handler has started waits for the close once the handler has ended', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    let later = Promise.resolve();
    let resume = (): void => {};
    const isResumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const subscription = await engine.subscribe({ group: 'g', until: { limit: 1 } }, () => {
      later = isResumed.then(() => engine.close());
    });
    await engine.emit('1');
    await subscription.finished;
    resume();
    await later;
    await failureOf(() => engine.head(), 'CLOSED');
  });

  test('hooks of a subscription close its engine', async () => {
    for (const hook of ['onParked', 'onRetry', 'onLeases'] as const) {
      const engine = await openEngine({ ledger: location(), partitions: 1 });
      await engine.emit('1');
      let closing: Promise<void> | undefined;
      const close = async (): Promise<void> => {
        closing = engine.close();
        await closing;
      };
      const subscription = await engine.subscribe({ group: 'g', maxDeliver: 2, backoffMs: 0, [hook]: close }, () => {
        throw new Error('no');
      });
      // leases are gained before the subscription is active: its engine is closed then
      if (hook === 'onLeases') await failureOf(() => subscription.finished, 'CLOSED');
      else await subscription.finished;
      await closing;
      await failureOf(() => engine.head(), 'CLOSED');
    }
  });

  test('onError closes its engine', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    let closing: Promise<void> | undefined;
    const onError = (): Promise<void> => {
      closing = engine.close();
      return closing;
    };
    const subscription = await engine.subscribe({ onError }, () => {
      throw new Error('no');
    });
    await engine.emit('1');
    await expect(subscription.finished).rejects.toThrow('no');
    await closing;
    await failureOf(() => engine.head(), 'CLOSED');
  });

  test('hooks and the input of a stream close their engine', async () => {
    for (const inside of ['onCommit', 'onReject', 'syncRejects', 'input'] as const) {
      const engine = await openEngine({ ledger: location(), partitions: 1 });
      const close = (): Promise<void> => engine.close();
      async function* input(): AsyncGenerator<string> {
        yield '1\nbad\n2\n';
        if (inside === 'input') await close();
        yield '3\n';
      }
      const hooks = inside === 'input' ? {} : { [inside]: close };
      await endOf(engine.emit(input(), { onReject: () => {}, ...hooks }));
      await failureOf(() => engine.head(), 'CLOSED');
    }
  });

  test('the loop and the sink of a replay close their engine', async () => {
    for (const way of ['loop', 'sink'] as const) {
      const engine = await openEngine({ ledger: location(), partitions: 1 });
      await engine.emit(['1', '2']);
      const loop = async (): Promise<void> => {
        for await (const _ of engine.replay()) await engine.close();
      };
      const deliver = async (): Promise<boolean> => {
        await engine.close();
        return true;
      };
      await endOf(way === 'loop' ? loop() : engine.replay().deliver({ deliver }));
      await failureOf(() => engine.head(), 'CLOSED');
    }
  });

  test('a live handler that awaits a replay, which would be delivered to it, is refused at once', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    let refusal: unknown;
    const subscription: Subscription = await engine.subscribe({}, async ({ isReplayed }) => {
      if (isReplayed) return;
      refusal = await engine.replay().then(
        () => null,
        (error: unknown) => error,
      );
      await subscription.close();
    });
    await engine.emit('1');
    await subscription.finished;
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('would wait for') });
  });

  test('a handler of a replayed delivery closes its engine', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    await engine.emit('1');
    await engine.subscribe({}, () => engine.close());
    await endOf(engine.replay());
    await engine.close();
    await failureOf(() => engine.head(), 'CLOSED');
  });

  test('a handler of a group awaits a replay that live subscribers receive', async () => {
    const engine = await openEngine({ ledger: location(), partitions: 1 });
    const replayed: boolean[] = [];
    await engine.subscribe({}, ({ isReplayed }) => void replayed.push(isReplayed));
    const member = await engine.subscribe({ group: 'g', until: { limit: 1 } }, async () => {
      await engine.replay();
    });
    await engine.emit('1');
    await member.finished;
    expect(replayed).toContain(true);
  });
});
