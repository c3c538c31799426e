/** Rows that were written over can hold any numbers: the comparison must name the table, not end in an overflow of SQLite's sums. */

import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Statements } from '../../../src/core/ledger/sqlite/connection/statements.ts';
import { OverwriteCheck } from '../../../src/core/ledger/sqlite/write/overwrite-check.ts';
import { Completengine } from '../../../src/index.ts';
import { ledgerPath } from '../../support/engines.ts';

test.each([
  ['first_time', '9223372036854775807'],
  ['last_time', '-9223372036854775807'],
  ['committed_at', 'committed_at + 1'],
  ['committed_at', 'committed_at + 4294967296'],
  ['hash', "x'00'"],
])('a row whose %s has become %s is noticed', async (column, value) => {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, partitions: 1 });
  for (let n = 0; n < 3; n++) await engine.emit([{ n }]);
  await engine.close();
  const db = new Database(ledger);
  onTestFinished(() => void db.close());
  const check = new OverwriteCheck(new Statements(db));
  const rows = check.begin([]);
  db.exec(`UPDATE commits SET ${column} = ${value} WHERE first_sequence <= 2`);
  expect(() => check.end(rows)).toThrow(/would write over stored rows of the table commits/);
});
