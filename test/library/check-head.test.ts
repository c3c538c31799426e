/** The end of a ledger is verified before a process builds on it: an emitter rejects there what verify would reject. */

import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

function tamper(ledger: string, sql: string): void {
  const db = new Database(ledger);
  try {
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  } finally {
    db.close();
  }
}

/** Two epochs; the last frame of p0 is of commit 1, that of p1 of commit 2, those of the others of the last one, at sequence 3. */
async function ledgerOf(): Promise<string> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'manual:to', partitions: ['p0', 'p1', 'p2'] });
  await engine.emit([{ to: 'p0' }]);
  await engine.emit([{ to: 'p1' }]);
  await engine.partitioning.add(['p3']);
  await engine.emit([{ to: 'p2' }, { to: 'p3' }]);
  await engine.close();
  return ledger;
}

it.each([
  ['a count that is negative', 'UPDATE commits SET count = -5 WHERE first_sequence = 3', /a count is -5, less than 1/],
  ['a count that is none', 'UPDATE commits SET count = 0 WHERE first_sequence = 3', /a count is 0, less than 1/],
  ['a count that is larger', 'UPDATE commits SET count = 3 WHERE first_sequence = 3', /chain hash does not fit/],
  ['a hash that is zero', 'UPDATE commits SET hash = zeroblob(32) WHERE first_sequence = 3', /chain hash does not fit/],
  [
    'a hash before it that is zero',
    'UPDATE commits SET hash = zeroblob(32) WHERE first_sequence = 2',
    /epoch 2 .* has changed/,
  ],
  ['a time', 'UPDATE commits SET last_time = last_time + 1 WHERE first_sequence = 3', /chain hash does not fit/],
  [
    'a time that cannot be',
    'UPDATE commits SET last_time = 9007199254740991 WHERE first_sequence = 3',
    /a last_time is no time that can be/,
  ],
  [
    'a place that is far away',
    'UPDATE commits SET first_sequence = 1000 WHERE first_sequence = 3',
    /sequences 3 to 999 are missing/,
  ],
  [
    'no row',
    'DELETE FROM commits WHERE first_sequence = 3',
    /partition tables hold frames at sequence 3, and the commit is missing/,
  ],
  ['no frame', 'DELETE FROM p2', /chain hash does not fit/],
  ['an offset', 'UPDATE p3 SET offset = 7', /chain hash does not fit|offsets of partition 3 have a gap/],
  [
    'a body',
    `UPDATE p2 SET body = CAST(replace(CAST(body AS TEXT), 'p2', 'p9') AS BLOB)`,
    /checksum mismatch in partition 2/,
  ],
  ['a hash of a body', 'UPDATE p2 SET hash = zeroblob(32)', /chain hash does not fit/],
])('the last commit with %s: nobody writes behind it', async (_, sql, fact) => {
  const ledger = await ledgerOf();
  tamper(ledger, sql);
  const { message } = await failureOf(() => Completengine.open({ ledger }), 'VERIFICATION_FAILED');
  expect(message).toMatch(fact);
});

it.each([
  ['an offset', 'UPDATE p0 SET offset = 7', /offsets of partition 0 have a gap/],
  ['a count', 'UPDATE p0 SET count = 7', /the commit at sequence 1 is corrupt: its chain hash does not fit/],
  ['a body', `UPDATE p1 SET hash = zeroblob(32)`, /the commit at sequence 2 is corrupt: its chain hash does not fit/],
])(
  'the last frame of a partition with another %s: nobody writes behind it, however long ago it was',
  async (_, sql, fact) => {
    const ledger = await ledgerOf();
    tamper(ledger, sql);
    const { message } = await failureOf(() => Completengine.open({ ledger }), 'VERIFICATION_FAILED');
    expect(message).toMatch(fact);
  },
);

it.each([
  ['durability', `UPDATE ledger SET config = replace(config, '"full"', '"normal"')`, 'VERIFICATION_FAILED'],
  [
    'durability that there is not',
    `UPDATE ledger SET config = replace(config, '"full"', '"sometimes"')`,
    'DAMAGED_LEDGER',
  ],
  [
    'line limit',
    `UPDATE ledger SET config = replace(config, '"lineBytesMax":', '"lineBytesMax":1')`,
    'VERIFICATION_FAILED',
  ],
  [
    'line limit that cannot be',
    `UPDATE ledger SET config = replace(config, '"lineBytesMax":', '"lineBytesMax":-1')`,
    'DAMAGED_LEDGER',
  ],
  ['uuid', `UPDATE ledger SET uuid = '00000000-0000-4000-8000-000000000000'`, 'VERIFICATION_FAILED'],
  ['routing', `UPDATE epoch SET routing = replace(routing, 'manual', 'hash') WHERE epoch = 2`, 'VERIFICATION_FAILED'],
  ['name of a partition', `UPDATE partition SET name = 'other' WHERE id = 0`, 'VERIFICATION_FAILED'],
] as const)('another %s: nobody writes under it', async (_, sql, code) => {
  const ledger = await ledgerOf();
  tamper(ledger, sql);
  await failureOf(() => Completengine.open({ ledger }), code);
});

it('settings by which readers would not verify are proven before they are believed', async () => {
  const ledger = await ledgerOf();
  tamper(ledger, `UPDATE ledger SET config = replace(config, '"strict"', '"relaxed"')`);
  await failureOf(() => Completengine.open({ ledger, access: 'read' }), 'VERIFICATION_FAILED');
});

it('a -wal of another ledger: nothing is written after what it makes of this one', async () => {
  const [mine, other] = [await ledgerOf(), await ledgerOf()];
  const writer = await openEngine({ ledger: other });
  await writer.emit([{ to: 'p0' }]);
  // nothing else has either file open, so no lock of this process matters
  copyFileSync(`${other}-wal`, `${mine}-wal`);
  await failureOf(() => Completengine.open({ ledger: mine }), 'VERIFICATION_FAILED');
});

it('an error at the end does not prevent reading what precedes it', async () => {
  const ledger = await ledgerOf();
  tamper(ledger, 'UPDATE commits SET hash = zeroblob(32) WHERE first_sequence = 3');
  const engine = await openEngine({ ledger, access: 'read' });
  expect(await engine.replay({ determinism: 'strict', throughSequence: 2 })).toMatchObject({ events: 2 });
  await failureOf(() => engine.replay({ determinism: 'strict' }), 'VERIFICATION_FAILED');
});
