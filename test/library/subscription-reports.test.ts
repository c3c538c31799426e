import { describe, expect, it, onTestFinished } from 'vitest';
import type { Completengine, FailedDelivery, Timer } from '../../src/index.ts';
import { openEngine } from '../support/engines.ts';
import { until } from '../support/until.ts';

type ProcessWarning = Error & { readonly code?: string };

/** What the process is warned of from now on. */
function warnings(): ProcessWarning[] {
  const heard: ProcessWarning[] = [];
  const listen = (warning: Error): void => {
    if (warning.name === 'CompletengineWarning') heard.push(warning);
  };
  process.on('warning', listen);
  onTestFinished(() => {
    process.off('warning', listen);
  });
  return heard;
}

const refuse = (): Promise<void> => Promise.reject(new Error('no \u001b]0;more\nsecond line'));

/** Two turns of the event loop: Node emits warnings in the next one. */
async function twoTurns(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function emitNumbers(engine: Completengine, count: number): Promise<void> {
  await engine.emit(Array.from({ length: count }, (_, n) => ({ n })));
}

/** Time does not advance: what is held back is passed on at the end. */
const STILL: Timer = {
  nowMs: () => 0,
  wait: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
};

const NEVER_AGAIN = { group: 'g', maxDeliver: 1, backoffMs: 0 } as const;

describe('a failed subscription', () => {
  it('is a process warning if its end was not awaited', async () => {
    const engine = await openEngine();
    const heard = warnings();
    await engine.subscribe({}, refuse);
    await engine.emit('1');
    await until(() => heard.length > 0);
    expect(heard).toMatchObject([
      {
        code: 'COMPLETENGINE_SUBSCRIPTION_FAILED',
        message: 'a subscription without a group has ended and gets no more events: "no \\u001b]0;more"',
      },
    ]);
  });

  it('goes only to onError', async () => {
    const engine = await openEngine();
    const heard = warnings();
    const errors: unknown[] = [];
    const subscription = await engine.subscribe({ onError: (error) => errors.push(error) }, refuse);
    await engine.emit('1');
    await until(() => errors.length > 0);
    await subscription.close();
    await twoTurns();
    expect(errors).toMatchObject([{ message: 'no \u001b]0;more\nsecond line' }]);
    expect(heard).toEqual([]);
  });

  it('goes to the reader of finished, without a warning', async () => {
    const engine = await openEngine();
    const heard = warnings();
    const { finished } = await engine.subscribe({}, refuse);
    await engine.emit('1');
    await expect(finished).rejects.toThrow('no ');
    await twoTurns();
    expect(heard).toEqual([]);
  });

  it('is reported of a member of a group as well', async () => {
    const engine = await openEngine();
    const heard = warnings();
    await engine.subscribe({ group: 'g', member: 'm' }, () => {});
    const second = await engine.subscribe({ group: 'g', member: 'm' }, () => {});
    await until(() => heard.length > 0);
    expect(heard).toMatchObject([
      {
        code: 'COMPLETENGINE_SUBSCRIPTION_FAILED',
        message:
          'the subscription to group g has ended and gets no more events: "another process has joined group g as member m"',
      },
    ]);
    await second.close();
  });

  it('ends in silence where it was closed', async () => {
    const engine = await openEngine();
    const heard = warnings();
    const live = await engine.subscribe({}, () => {});
    const member = await engine.subscribe({ group: 'g' }, () => {});
    await live.close();
    await member.close();
    await twoTurns();
    expect(heard).toEqual([]);
  });
});

describe('events that are parked', () => {
  it('are process warnings without onParked: the first at once, the others together', async () => {
    const engine = await openEngine({ partitions: 1, timer: STILL });
    await emitNumbers(engine, 50);
    const heard = warnings();
    const subscription = await engine.subscribe({ ...NEVER_AGAIN, until: { head: true } }, refuse);
    await subscription.finished;
    await until(() => heard.length > 1);
    expect(heard.map(({ code, message }) => [code, message])).toEqual([
      [
        'COMPLETENGINE_EVENT_PARKED',
        'group g has parked p0/0 (sequence 1) after 1 failed delivery: "no \\u001b]0;more"',
      ],
      [
        'COMPLETENGINE_EVENT_PARKED',
        'group g has parked p0/49 (sequence 50) after 1 failed delivery: "no \\u001b]0;more"; 48 more were parked since the last warning',
      ],
    ]);
  });

  it('go to onParked alone where there is one', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 3);
    const heard = warnings();
    const parked: FailedDelivery[] = [];
    const subscription = await engine.subscribe(
      { ...NEVER_AGAIN, group: 'g', until: { head: true }, onParked: (failure) => parked.push(failure) },
      refuse,
    );
    await subscription.finished;
    await twoTurns();
    expect(parked).toHaveLength(3);
    expect(heard).toEqual([]);
  });
});

describe('what a subscription has dealt with', () => {
  it('is counted, delivered and parked apart', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 10);
    const subscription = await engine.subscribe(
      { ...NEVER_AGAIN, batch: 1, until: { head: true }, onParked: () => {} },
      ({ firstSequence }) => {
        if (firstSequence % 3 === 0) throw new Error('a multiple of three');
      },
    );
    await subscription.finished;
    expect(subscription).toMatchObject({ delivered: 7, parked: 3 });
  });

  it('is bounded by a count also where everything is parked', async () => {
    const engine = await openEngine({ partitions: 3 });
    await emitNumbers(engine, 40);
    const subscription = await engine.subscribe({ ...NEVER_AGAIN, until: { limit: 5 }, onParked: () => {} }, refuse);
    await subscription.finished;
    expect(subscription).toMatchObject({ delivered: 0, parked: 5 });
    expect((await engine.groups())[0]).toMatchObject({ lag: 35, parked: 5 });
  });

  it('counts an event that stays parked after another delivery', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 2);
    const first = await engine.subscribe({ ...NEVER_AGAIN, until: { head: true }, onParked: () => {} }, refuse);
    await first.finished;
    await engine.redeliver('g', [2]);
    const again = await engine.subscribe({ ...NEVER_AGAIN, until: { limit: 1 }, onParked: () => {} }, refuse);
    await again.finished;
    expect(again).toMatchObject({ delivered: 0, parked: 1 });
  });

  it('is counted without a group, and without what replays deliver', async () => {
    const engine = await openEngine({ partitions: 1 });
    const subscription = await engine.subscribe({}, () => {});
    await emitNumbers(engine, 4);
    await until(() => subscription.delivered === 4);
    await engine.replay();
    expect(subscription).toMatchObject({ delivered: 4, parked: 0 });
  });
});
