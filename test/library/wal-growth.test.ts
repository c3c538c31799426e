import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { LedgerWarning } from '../../src/index.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { needs } from '../support/fault-tools.ts';
import { holdCheckpointLock } from '../support/lock-holder.ts';

/** `count` MiB in lines of a kilobyte. With 32 of them waiting in the -wal it counts as growing. */
async function* megabytes(count: number): AsyncGenerator<string> {
  const line = `${JSON.stringify({ pad: 'x'.repeat(1012) })}\n`;
  for (let n = 0; n < count; n++) yield line.repeat(1024);
}

test('a -wal that grows under a reader is reported once by the emission, and by inspect while it lasts', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  await engine.emit(1);
  const reader = new Database(ledger);
  onTestFinished(() => void reader.close());
  reader.exec('BEGIN; SELECT count(*) FROM commits');
  const warnings: LedgerWarning[] = [];
  const onWarning = (warning: LedgerWarning): void => void warnings.push(warning);
  await engine.emit(megabytes(20), { onWarning });
  expect(warnings).toEqual([]);
  await engine.emit(megabytes(25), { onWarning });
  expect(warnings).toMatchObject([
    { code: 'WAL_GROWING', hint: 'wait if a backup runs; else end the process that has had the ledger open for long' },
  ]);
  expect(warnings[0]?.message).toMatch(
    /: \d+ MB of commits wait in the -wal .*: another process reads an old state of it$/,
  );
  const other = await openEngine({ ledger, access: 'read' });
  expect((await other.inspect()).warnings).toMatchObject([{ code: 'WAL_GROWING' }]);

  reader.exec('ROLLBACK');
  expect((await engine.inspect()).warnings).toEqual([]);
  expect((await other.inspect()).warnings).toEqual([]);
});

test('volume that is written back as it should be gives no warning', async () => {
  const engine = await openEngine();
  const warnings: LedgerWarning[] = [];
  await engine.emit(megabytes(45), { onWarning: (warning) => void warnings.push(warning) });
  expect(warnings).toEqual([]);
});

test('while another process writes back, nothing is said of why commits wait', async (context) => {
  needs(context, 'python3', '--version');
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  await engine.emit(1);
  const lock = await holdCheckpointLock(ledger);
  const warnings: LedgerWarning[] = [];
  await engine.emit(megabytes(40), { onWarning: (warning) => void warnings.push(warning) });
  expect(statSync(`${ledger}-wal`).size).toBeGreaterThan(40e6);
  expect(warnings).toEqual([]);
  expect((await engine.inspect()).warnings).toEqual([]);

  await lock.release();
  expect((await engine.inspect()).warnings).toEqual([]);
});
