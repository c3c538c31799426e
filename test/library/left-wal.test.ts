import { execFileSync } from 'node:child_process';
import { existsSync, statSync, symlinkSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/core/ledger/sqlite/connection/connection.ts';
import { secureAlone, secureBeside } from '../../src/core/ledger/sqlite/connection/secure-wal.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';

/** A ledger as a killed process leaves it: three commits in the -wal. */
async function leftLedger(): Promise<string> {
  const source = ledgerPath();
  const engine = await openEngine({ ledger: source });
  for (const n of [1, 2, 3]) await engine.emit({ n });
  const left = ledgerPath();
  // by another process: reading the files in this one would drop the engine's locks
  for (const end of ['', '-wal']) execFileSync('cp', [source + end, left + end]);
  expect(walBytes(left)).toBeGreaterThan(3 * 16_384);
  await engine.close();
  return left;
}

function walBytes(ledger: string): number {
  return existsSync(`${ledger}-wal`) ? statSync(`${ledger}-wal`).size : 0;
}

/** A connection past the engine. */
function rawConnection(ledger: string): Database.Database {
  const db = new Database(ledger);
  onTestFinished(() => void db.close());
  return db;
}

test.each(['write', 'read'] as const)(
  'opened to %s with nobody else there, what a process left in the -wal is in the file at once',
  async (access) => {
    const ledger = await leftLedger();
    const engine = await openEngine({ ledger, access });
    expect(walBytes(ledger)).toBe(0);
    expect((await engine.head()).sequence).toBe(3);
  },
);

test('through a symbolic link as well: SQLite keeps the -wal beside the target', async () => {
  const ledger = await leftLedger();
  const link = ledgerPath();
  symlinkSync(ledger, link);
  const engine = await openEngine({ ledger: link });
  expect(walBytes(ledger)).toBe(0);
  await engine.emit(4);
  expect(walBytes(ledger)).toBeGreaterThan(0);
  expect((await engine.inspect()).storage.log?.bytes).toBe(walBytes(ledger));
});

test('beside a live connection the -wal is left as it is, and an open snapshot blocks no reader', async () => {
  const ledger = ledgerPath();
  const first = await openEngine({ ledger });
  await first.emit(1);
  const reader = rawConnection(ledger);
  reader.exec('BEGIN; SELECT count(*) FROM commits');
  const before = walBytes(ledger);
  expect(before).toBeGreaterThan(0);
  const second = await openEngine({ ledger, busyTimeoutMs: 0 });
  expect(walBytes(ledger)).toBe(before);
  expect((await second.emit(2)).sequence).toBe(2);
});

test('two that came at once and kept each other out both make it durable, beside a reader and without changing a byte', async () => {
  const ledger = await leftLedger();
  const wal = { path: ledger, isRequired: true };
  const before = readLog(ledger);
  const other = rawConnection(ledger);
  expect(other.prepare('SELECT count(*) FROM commits').pluck().get()).toBe(3);
  secureAlone(wal, () => {});
  expect(walBytes(ledger), 'it was not kept out').toBe(before.length);
  const db = connect(ledger, { isReadOnly: false });
  onTestFinished(() => void db.close());
  other.exec('BEGIN; SELECT count(*) FROM commits');
  secureBeside(db, wal);
  secureBeside(other.exec('ROLLBACK'), wal);
  expect(readLog(ledger).equals(before)).toBe(true);

  other.exec('BEGIN IMMEDIATE');
  expect(() => secureBeside(db, wal)).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  expect(() => secureBeside(db, { ...wal, isRequired: false })).not.toThrow();
  other.exec('ROLLBACK');
});

test('in a -wal of any transactions the last one is written again, as it is', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 3 });
  const wal = { path: ledger, isRequired: true };
  const db = connect(ledger, { isReadOnly: false });
  onTestFinished(() => void db.close());
  for (const count of [1, 40, 3, 2000, 1]) {
    await engine.emit(Array.from({ length: count }, (_, n) => ({ n, pad: 'x'.repeat(100) })));
    const before = readLog(ledger);
    secureBeside(db, wal);
    expect(readLog(ledger).equals(before)).toBe(true);
  }
});

/** By another process. */
function readLog(ledger: string): Buffer {
  return execFileSync('cat', [`${ledger}-wal`], { maxBuffer: 1 << 26 });
}
