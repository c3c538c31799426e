/** A range ends at the head, but never before a head that was reported: commits that have gone since are an error. */

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/core/ledger/sqlite/connection/open.ts';
import { readAll } from '../../ledger-contract/drafts.ts';
import { ledgerPath, openEngine } from '../../support/engines.ts';

it.each([true, false])(
  'fails to read up to a head that it has reported, if the last commit is gone (verify %s)',
  async (verify) => {
    const path = ledgerPath();
    const engine = await openEngine({ ledger: path, partitions: 1 });
    for (let n = 1; n <= 3; n++) await engine.emit({ n });
    await engine.close();
    const reader = await openSqliteLedger(path, { access: 'read', busyLimit: { limitMs: 1000 } });
    expect((await reader.head()).sequence).toBe(3);
    const db = new Database(path);
    db.exec('DELETE FROM p0 WHERE sequence = 3; DELETE FROM commits WHERE first_sequence = 3');
    db.close();
    await expect(readAll(reader, { from: 1, through: 3 }, null, verify)).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
    });
    await expect(readAll(reader, { from: 1, through: 9 }, null, verify)).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
    });
    await reader.close();
  },
);
