/** What a subscription says of deliveries that its handler has not answered. */

import { expect, test } from 'vitest';
import { FakeClock, openEngine } from '../support/engines.ts';
import { until } from '../support/until.ts';

test('a delivery that hangs has its place and the time since when, with a group and without', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock, partitions: 1 });
  let release = (): void => {};
  const hang = () => new Promise<void>((resolve) => (release = resolve));
  for (const group of [undefined, 'g']) {
    const options = group === undefined ? {} : { group, fromSequence: (await engine.head()).sequence + 1 };
    const subscription = await engine.subscribe(options, hang);
    expect(subscription.inProgress).toEqual([]);
    await engine.emit([1, 2, 3]);
    await until(() => subscription.inProgress.length > 0);
    const { sequence } = await engine.head();
    const [delivery] = subscription.inProgress;
    expect(delivery).toEqual({
      partition: group === undefined ? null : 'p0',
      offset: group === undefined ? null : sequence - 3,
      sequence: sequence - 2,
      events: 3,
      attempt: 1,
      isReplayed: false,
      isTimedOut: false,
      since: delivery?.since,
    });
    expect(delivery?.since).toBe(clock.nowMicros());
    release();
    await until(() => subscription.inProgress.length === 0);
    await subscription.close();
  }
});

test('one that ignores its timeout stays, and says so', async () => {
  const engine = await openEngine({ partitions: 1 });
  const releases: (() => void)[] = [];
  const subscription = await engine.subscribe(
    { group: 'g', ackTimeoutMs: 1, maxDeliver: 1, onParked: () => {} },
    () => new Promise<void>((resolve) => releases.push(resolve)),
  );
  await engine.emit('1');
  await until(() => subscription.parked === 1);
  expect(subscription.inProgress).toMatchObject([{ sequence: 1, isTimedOut: true }]);
  for (const release of releases) release();
  await until(() => subscription.inProgress.length === 0);
});
