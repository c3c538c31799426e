/**
 * A ledger that is long enough to be verified on two threads, with the built package, because threads run only built
 * files: damage anywhere is found, and named as one thread names it.
 */

import { subscribe } from 'node:diagnostics_channel';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqliteLedger } from '../../src/core/ledger/sqlite/connection/open.ts';
import type { LedgerError } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';
import { seededForTest } from '../support/seeded.ts';
import { quick } from '../support/test-size.ts';

const { Completengine } = (await import(
  new URL('../../dist/lib/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

let threads = 0;
subscribe('worker_threads', () => threads++);

const LINES = 10_000;
const CHUNKS = 16;
const EVENTS = LINES * CHUNKS;
const PAD = 'x'.repeat(90);
let directory: string;
let template: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  template = join(directory, 'template.codex');
  const engine = await Completengine.open({ ledger: template, routing: 'hash:k', partitions: 3 });
  const lines = (nth: number) =>
    Array.from({ length: LINES }, (_, n) => `{"k":"k${n % 101}","n":${nth * LINES + n},"pad":"${PAD}"}\n`);
  const chunks = Array.from({ length: CHUNKS }, (_, nth) => lines(nth).join(''));
  await engine.emit(Readable.from(chunks.slice(0, 6)));
  await engine.partitioning.add(['q']);
  await engine.emit(Readable.from(chunks.slice(6)));
  await engine.close();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Outcome {
  readonly events?: number;
  readonly error?: Pick<LedgerError, 'code' | 'message' | 'details'>;
}

const outcomeOf = (verify: () => Promise<{ readonly events: number }>): Promise<Outcome> =>
  verify().then(
    ({ events }) => ({ events }),
    ({ code, message, details }: LedgerError) => ({ error: { code, message, details } }),
  );

/** On two threads, and on one, which pauses. */
async function outcomes(ledger: string): Promise<{ two: Outcome; one: Outcome; started: number }> {
  const before = threads;
  const engine = await Completengine.open({ ledger, access: 'read' });
  const two = await outcomeOf(() => engine.verify());
  await engine.close();
  const started = threads - before;
  const alone = await openSqliteLedger(ledger, {
    access: 'read',
    archive: `${ledger}.archive`,
    busyLimit: { limitMs: 1000 },
  } as never);
  const one = await outcomeOf(() => alone.verify({ isGentle: true }));
  await alone.close();
  return { two, one, started };
}

test('a sound ledger is verified on two threads, to its last event', async () => {
  const { two, one, started } = await outcomes(template);
  expect(two).toEqual({ events: EVENTS });
  expect(one).toEqual(two);
  expect(started).toBe(1);
});

test('each damage is named as one thread names it', async () => {
  const random = seededForTest();
  const damage: ((sequence: number, db: Database.Database) => void)[] = [
    (sequence, db) => db.prepare('UPDATE commits SET hash = zeroblob(32) WHERE first_sequence = ?').run(sequence),
    (sequence, db) => db.prepare('UPDATE commits SET count = count + 1 WHERE first_sequence = ?').run(sequence),
    (sequence, db) => db.prepare('DELETE FROM commits WHERE first_sequence = ?').run(sequence),
    (sequence, db) => db.prepare('UPDATE p1 SET body = zeroblob(length(body)) WHERE sequence = ?').run(sequence),
    (sequence, db) => db.prepare('UPDATE p1 SET offset = offset + 1 WHERE sequence = ?').run(sequence),
    (sequence, db) => db.prepare('DELETE FROM p0 WHERE sequence = ?').run(sequence),
    (sequence, db) => db.prepare('UPDATE commits SET first_time = 0 WHERE first_sequence >= ?').run(sequence),
  ];
  for (let nth = 0; nth < quick(damage.length, 60); nth++) {
    const ledger = ledgerPath();
    copyFileSync(template, ledger);
    const db = new Database(ledger);
    const sequences = db.prepare<[], number>('SELECT first_sequence FROM commits').pluck().all();
    for (let left = random.between(1, 2); left > 0; left--) damage[nth % damage.length]?.(random.pick(sequences), db);
    db.close();
    const { two, one } = await outcomes(ledger);
    expect(one.error?.code).toBe('VERIFICATION_FAILED');
    expect(two).toEqual(one);
  }
});
