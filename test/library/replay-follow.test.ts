import { expect, test } from 'vitest';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

test('from history to what comes: every event once, in order, while others emit through the seam', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const others = [await openEngine({ ledger }), await openEngine({ ledger })];
  for (let n = 0; n < 300; n += 30) await engine.emit(Array.from({ length: 30 }, (_, at) => n + at));
  const controller = new AbortController();
  const emitting = Promise.all(
    others.map(async (other) => {
      for (let n = 0; n < 150; n++) await other.emit({ n });
    }),
  );
  const delivered: number[] = [];
  for await (const { sequence } of engine.replay({ follow: true, fromSequence: 21, signal: controller.signal })) {
    delivered.push(sequence);
    if (sequence === 600) break;
  }
  await emitting;
  expect(delivered).toEqual(Array.from({ length: 580 }, (_, at) => at + 21));
});

test('it begins at a time, keeps to partitions, keys and conditions, and verifies what comes', async () => {
  const engine = await openEngine({ routing: 'hash:k', time: 'at' });
  await engine.emit([
    { k: 'a', at: 1e9 },
    { k: 'a', at: 1e9 + 5 },
    { k: 'b', at: 1e9 + 5 },
  ]);
  const controller = new AbortController();
  const delivered: string[] = [];
  const report = engine
    .replay({ follow: true, from: '1000000003.0', key: 'a', where: 'at<1000000009', signal: controller.signal })
    .deliver({
      deliver: async (batches) => {
        for (const batch of batches) delivered.push(...batch.lines().toString().trim().split('\n').filter(Boolean));
        if (delivered.length === 3) controller.abort();
        return true;
      },
    });
  await engine.emit([
    { k: 'a', at: 1e9 + 8 },
    { k: 'b', at: 1e9 + 8 },
  ]);
  await engine.emit([{ k: 'a', at: 1e9 + 9 }]);
  await engine.emit([{ k: 'a', at: 1e9 + 8.5, late: true }]);
  expect(await report).toMatchObject({ events: 3, isVerified: true, isComplete: false });
  expect(delivered.map((line) => JSON.parse(line).at)).toEqual([1e9 + 5, 1e9 + 8, 1e9 + 8.5]);
});

test('what follows has no end', async () => {
  const engine = await openEngine();
  for (const end of [{ through: 'now' }, { until: 'now' }, { throughSequence: 5 }, { range: '2026-04-12' }]) {
    await failureOf(async () => await engine.replay({ follow: true, ...end }), 'INVALID_ARGUMENT');
  }
});
