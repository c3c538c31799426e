/**
 * The library's writing thread, in separate processes with the built package: started for repeated emits, and not
 * visible in results.
 */

import { expect, test } from 'vitest';
import { ledgerPath } from '../support/engines.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { runLibrary } from '../support/library-process.ts';

async function run<Delivered>(body: string): Promise<{ delivered: Delivered & { threads: number }; ledger: string }> {
  const ledger = ledgerPath();
  return { delivered: await runLibrary<Delivered>(ledger, body), ledger };
}

test('a few commits start none', async () => {
  const { delivered } = await run(`
    const engine = await open();
    for (let n = 0; n < 10; n++) await engine.emit({ n });
    await engine.close();`);
  expect(delivered.threads).toBe(0);
});

test('a caller that continues gets one, and the same receipts, duplicates and order as without', async () => {
  const { delivered, ledger } = await run<{
    sequences: number[];
    duplicate: { sequence: number; isDuplicate: boolean };
  }>(`
    const engine = await open({ unique: 'id' });
    const sequences = [];
    for (let id = 0; id < 200; id++) sequences.push((await engine.emit({ id })).sequence);
    const together = await Promise.all(Array.from({ length: 200 }, (_, n) => engine.emit({ id: 200 + n })));
    sequences.push(...together.map((receipt) => receipt.sequence));
    const duplicate = await engine.emit({ id: 7 });
    await engine.close();
    return { sequences, duplicate };`);
  expect(delivered.threads).toBe(1);
  expect(delivered.sequences).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
  expect(delivered.duplicate).toMatchObject({ sequence: 8, isDuplicate: true });
  const events = await expectSoundLedger(ledger);
  expect(events.map(({ payload }) => (JSON.parse(payload.toString()) as { id: number }).id)).toEqual(
    Array.from({ length: 400 }, (_, n) => n),
  );
});

test('two callers with threads meet one another’s time floor, and nothing is lost', async () => {
  const { delivered, ledger } = await run<{ received: number }>(`
    const [one, other] = [await open({ time: 'time' }), await open({ time: 'time' })];
    const base = Date.now() - 1000000;
    let received = 0;
    await Promise.all([one, other].map(async (engine, which) => {
      for (let n = 0; n < 150; n++) {
        await engine.emit({ time: base + n * 10 + which * 5000, which, n });
        received++;
      }
      await engine.close();
    }));
    return { received };`);
  expect(delivered.threads).toBe(2);
  expect(delivered.received).toBe(300);
  const events = await expectSoundLedger(ledger);
  const each = [0, 1].map((which) =>
    events.map(({ payload }) => JSON.parse(payload.toString())).filter((event) => event.which === which),
  );
  for (const own of each)
    expect(own.map(({ n }: { n: number }) => n)).toEqual(Array.from({ length: 150 }, (_, n) => n));
});

test('a process that forgets to close still ends, with everything stored', async () => {
  const { delivered, ledger } = await run(`
    const engine = await open();
    for (let n = 0; n < 200; n++) await engine.emit({ n });`);
  expect(delivered.threads).toBe(1);
  expect(await expectSoundLedger(ledger)).toHaveLength(200);
});
