/** Ledgers whose chain was computed again over hostile values: no hash keeps these from the code behind it. */

import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentOf } from '../../support/archive-template.ts';
import { runCli } from '../../support/cli.ts';
import { expectFailure, succeed } from '../../support/ledger-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { forgeChain } from './forge.ts';
import { makeOriginals, type Original, place } from './originals.ts';
import { loosened } from './rows.ts';

let workshop: string;
let originals: readonly Original[];

beforeAll(async () => {
  workshop = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  originals = await makeOriginals(workshop);
});

afterAll(() => rmSync(workshop, { recursive: true, force: true }));

/** A copy of the original in which this was done. */
function forged(name: string, sql: string): string {
  const ledger = place(originals.find((each) => each.name === name) as Original, tempDir());
  loosened(ledger, (db) => {
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
    expect(forgeChain(db)).toBe('chain forged');
  });
  return ledger;
}

test('a chain that is forged without a change is that of the ledger', async () => {
  const ledger = forged('hash', 'UPDATE commits SET hash = zeroblob(32) WHERE first_sequence > 3');
  await succeed(['inspect', '--verify', '-l', ledger]);
});

test('a segment is looked for in the archive, and nowhere else', async () => {
  const ledger = forged('archived', "UPDATE segments SET file = '../' || file WHERE number = 1");
  const segment = segmentOf(ledger);
  const outside = join(dirname(ledger), basename(segment));
  mkdirSync(dirname(outside), { recursive: true });
  renameSync(segment, outside);
  for (const args of [
    ['replay', '-q'],
    ['inspect', '--verify'],
    ['inspect', '--json'],
  ])
    expectFailure(await runCli([...args, '-l', ledger]), 3, 'no name of a segment');
});

/** Rows that the chain does not cover, and what is done with them. */
test.each([
  ["UPDATE parked SET parked_at = 'x'", ['group', 'parked', 'mailer', '--redeliver', 'all']],
  ["UPDATE groups SET generation = 'x'", ['group', 'parked', 'mailer', '--redeliver', 'all']],
  ["UPDATE groups SET generation = 'x'", ['group', 'reset', 'mailer', '--from', 'start', '--yes']],
  ["INSERT INTO members VALUES ('mailer', 'm1', 1, '{', 10000000, 9000000000000000)", ['group']],
  [
    "INSERT INTO members VALUES ('mailer', 'm1', 1, '[\"0\"]', 10000000, 9000000000000000)",
    ['group', 'show', 'mailer'],
  ],
  ["INSERT INTO members VALUES ('mailer', 'm1', 1, '5', 1, 1)", ['tail', '-q', '-g', 'mailer', '--exit-at-head']],
  ['UPDATE commits SET producer = 5', ['inspect', '--html', '-']],
])('%s is named as damage by %j', async (sql, args) => {
  const ledger = place(originals[0] as Original, tempDir());
  loosened(ledger, (db) => expect(db.prepare(sql).run().changes).toBeGreaterThan(0));
  expectFailure(await runCli([...args, '-l', ledger]), 3, /damaged|corrupt/);
});

test.each([
  'UPDATE partition SET id = 77 WHERE id = 2',
  'UPDATE epoch SET epoch = epoch + 1000',
  "UPDATE segment SET config = '[]'",
])('a segment with %s is named as damaged', async (sql) => {
  const segment = place(originals.find(({ isSegment }) => isSegment) as Original, tempDir());
  loosened(segment, (db) => expect(db.prepare(sql).run().changes).toBeGreaterThan(0));
  expectFailure(await runCli(['inspect', '-l', segment]), 3, /damaged|has changed/);
});
