/** Ledgers whose chain was computed again over hostile values: no hash keeps these from the code behind it. */

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partialOf } from '../../../src/core/ledger/sqlite/archive/segment-store.ts';
import { Completengine, type LedgerError } from '../../../src/index.ts';
import { segmentOf } from '../../support/archive-template.ts';
import { runCli } from '../../support/cli.ts';
import { expectFailure, succeed } from '../../support/ledger-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { forgeChain } from './forge.ts';
import { LEDGER, makeOriginals, type Original, place } from './originals.ts';
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

test.each([
  'from_sequence = from_sequence + 1',
  'first_time = first_time - 1',
  'hash_before = zeroblob(32)',
  'through = through - 1',
  'last_time = last_time + 1',
  'hash_behind = zeroblob(32)',
])('a segment that says of itself what its blocks do not, %s, is not read', async (change) => {
  const segment = place(originals.find(({ isSegment }) => isSegment) as Original, tempDir());
  loosened(segment, (db) => expect(db.prepare(`UPDATE segment SET ${change}`).run().changes).toBe(1));
  const result = await runCli(['replay', '-l', segment]);
  expectFailure(result, 3, /does not (begin|end) as it says/);
  expect(result.stdout.toString()).toBe('');
});

const EVENT = '{"tenant":"acme","topic":"order","at":"2026-01-07T10:00:00Z"}\n';
const CHANGES = ['partition = 77', 'partition = 0', `key = '["hooli","order"]'`];

test.each(CHANGES)('nothing is committed by placements of an earlier epoch that were changed: %s', async (change) => {
  const ledger = place(originals.find(({ name }) => name === 'composite') as Original, tempDir());
  await succeed(['partition', 'place', 'x+y', 'p1', '-l', ledger]);
  loosened(ledger, (db) => {
    const earlier = 'epoch = (SELECT min(epoch) FROM placements)';
    expect(db.prepare(`UPDATE placements SET ${change} WHERE ${earlier} AND key LIKE '%acme%'`).run().changes).toBe(1);
  });
  expectFailure(await runCli(['emit', '-q', '-l', ledger], { input: EVENT }), 3, /epoch \d+ .* has changed/);
});

test.each([
  ['UPDATE placements SET partition = 77', EVENT],
  [`UPDATE epoch SET routing = replace(routing, '[0,1', '[0,88')`, EVENT],
])(
  'nothing is committed by a routing to partitions that are not there, even if the chain has it: %s',
  async (sql, input) => {
    const ledger = forged('composite', sql);
    expectFailure(
      await runCli(['emit', '-q', '-l', ledger], { input }),
      3,
      /named by the routing, and not there|routing is damaged/,
    );
  },
);

test.each(['../../abc', '', 'x', '\u001b[5;7m'])('a uuid that is none, %j, names no file', async (uuid) => {
  const ledger = forged('hash', `UPDATE ledger SET uuid = '${uuid}'`);
  const before = readdirSync(dirname(ledger));
  expectFailure(await runCli(['archive', '--through-sequence', '6', '--force', '--yes', '-l', ledger]), 3, 'no uuid');
  expect(readdirSync(dirname(ledger))).toEqual(before);
});

test('a payload that is no JSON is printed as it is, and searched for no fields', async () => {
  const ledger = forged('manual', `UPDATE p0 SET body = CAST('[[0,0,{"at":1}],x]]' AS BLOB), count = 1`);
  for (const args of [
    ['tail', '-o', 'csv', '--fields', 'no.such', '-n', 'all'],
    ['replay', '--where', 'no.such=1'],
  ])
    expect((await runCli([...args, '-l', ledger])).stderr).not.toContain('bug');
});

test('verification of a segment finds what is wrong with its trees each time, not only when the page is read first', async () => {
  const original = originals.find(({ isSegment }) => isSegment) as Original;
  const bytes = original.files.get(LEDGER) as Buffer;
  let found = 0;
  for (let page = 1; page * 4096 < bytes.length; page++) {
    const flipped = Buffer.from(bytes);
    // the place of the first cell of a page
    flipped[page * 4096 + 8] = (flipped[page * 4096 + 8] as number) ^ 0x80;
    const segment = join(tempDir(), LEDGER);
    writeFileSync(segment, flipped, { mode: 0o600 });
    const engine = await Completengine.open({ ledger: segment, create: false, access: 'read' }).catch(() => null);
    if (engine === null) continue;
    const codeOf = () =>
      engine
        .verify()
        .then(() => 'OK')
        .catch((error: LedgerError) => error.code);
    const [first, second] = [await codeOf(), await codeOf()];
    await engine.close();
    expect(second, `page ${page}`).toBe(first);
    if (first !== 'OK') found++;
  }
  expect(found).toBeGreaterThan(0);
});

test.each(['archive', 'partial file'])('a link to itself as the %s is named, and nothing is archived', async (what) => {
  const ledger = place(originals[0] as Original, tempDir());
  const archive = `${ledger}.archive`;
  if (what === 'archive') symlinkSync(archive, archive);
  else {
    mkdirSync(archive);
    const db = new Database(ledger, { readonly: true });
    const partial = partialOf(join(archive, `${db.prepare('SELECT uuid FROM ledger').pluck().get()}-x`));
    db.close();
    symlinkSync(partial, partial);
  }
  expectFailure(await runCli(['archive', '--through-sequence', '6', '--force', '--yes', '-l', ledger]), 73, archive);
});
