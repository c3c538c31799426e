import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteLedger } from '../../../src/core/ledger/sqlite/connection/open.ts';
import { ledgerPath, openEngine } from '../../support/engines.ts';

/** Longer than the watch polls after a commit. */
const REST_MS = 80;

test('hints alone tell of commits, burst after burst: they are heard again when it is quiet', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const reader = await openSqliteLedger(ledger, { access: 'read', busyLimit: { limitMs: 5000 } });
  onTestFinished(() => reader.close());
  // without the safety poll, a commit without a hint is never reported
  const net = vi.spyOn(globalThis, 'setInterval').mockImplementation(() => setTimeout(() => {}, 0));
  let delivered = (): void => {};
  const failures: unknown[] = [];
  const watch = reader.watch({ onCommit: () => delivered(), onError: (error) => failures.push(error) });
  onTestFinished(() => {
    watch.close();
    net.mockRestore();
  });
  for (let burst = 0; burst < 4; burst++) {
    await sleep(REST_MS);
    const news = new Promise<void>((resolve) => {
      delivered = resolve;
    });
    for (let n = 0; n < 3; n++) await engine.emit({ burst, n });
    await news;
  }
  expect(net).toHaveBeenCalled();
  expect(failures).toEqual([]);
});
