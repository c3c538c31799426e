import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteLedger } from '../../../src/core/ledger/sqlite/connection/open.ts';
import { ledgerPath, openEngine } from '../../support/engines.ts';

/** Longer than `data_version` is checked after a hint: the timers of those checks are due before this one, however slow the machine is. */
const REST_MS = 80;

test('hints alone report commits, burst after burst: they are listened to again after each', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const reader = await openSqliteLedger(ledger, { access: 'read', busyLimit: { limitMs: 5000 } });
  onTestFinished(() => reader.close());
  // Without the poll: a commit without a hint is never reported.
  const poll = vi.spyOn(globalThis, 'setInterval').mockImplementation(() => setTimeout(() => {}, 0));
  let delivered = (): void => {};
  const failures: unknown[] = [];
  const watch = reader.watch({ onCommit: () => delivered(), onError: (error) => failures.push(error) });
  onTestFinished(() => {
    watch.close();
    poll.mockRestore();
  });
  for (let burst = 0; burst < 4; burst++) {
    await sleep(REST_MS);
    const news = new Promise<void>((resolve) => {
      delivered = resolve;
    });
    for (let n = 0; n < 3; n++) await engine.emit({ burst, n });
    await news;
  }
  expect(poll).toHaveBeenCalled();
  expect(failures).toEqual([]);
});

test('a watch that cannot begin says why, in the words of the table of errors', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  await engine.emit(1);
  const reader = await openSqliteLedger(ledger, { access: 'read', busyLimit: { limitMs: 5000 } });
  onTestFinished(() => reader.close());
  await engine.emit(2);
  const other = new Database(ledger);
  other.pragma('wal_checkpoint(TRUNCATE)');
  other.close();
  const file = openSync(ledger, 'r+');
  writeSync(file, Buffer.alloc(100, 0xff), 0, 100, 0);
  closeSync(file);
  const listener = { onCommit: () => {}, onError: () => {} };
  expect(() => reader.watch(listener)).toThrow(expect.objectContaining({ name: 'LedgerError', code: 'NOT_A_LEDGER' }));
});
