/** Tests the line of writers: its order, what it does with tickets that nobody takes up, and that it leaves nothing beside a ledger. */

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { betterSqlite3 } from '../../../src/core/ledger/sqlite/connection/better-sqlite3.ts';
import { GuardedDatabase } from '../../../src/core/ledger/sqlite/connection/guarded-database.ts';
import { failureOf } from '../../support/engines.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const Database = betterSqlite3();
/** Larger than every process id of Linux. */
const NO_PROCESS = 4_194_305;
const OLD = '0'.repeat(20);
/** Of the test: it never takes such a ticket up, as if it were stopped. */
const STOPPED = `${OLD}-${process.pid}-00000000`;

/** From here on a writer waits until it is called, however long the machine takes. */
function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** A file with a table, and connections to it that write their names into the table. */
function site() {
  const path = join(tempDir(), 'any.db');
  const queue = `${path}-queue`;
  const create = new Database(path);
  create.exec('PRAGMA journal_mode = WAL; CREATE TABLE written (name TEXT)');
  onTestFinished(() => void create.close());
  const connect = (signal?: AbortSignal) => {
    const db = new Database(path, { timeout: 0 });
    onTestFinished(() => void db.close());
    const guarded = new GuardedDatabase(db, {
      path,
      busyLimit: { limitMs: 60_000, signal },
      onRollBack: () => {},
      unchanged: null,
    });
    const insert = db.prepare('INSERT INTO written VALUES (?)');
    return { guarded, write: (name: string) => guarded.write(() => void insert.run(name)) };
  };
  return {
    path,
    queue,
    connect,
    tickets: () => (existsSync(queue) ? readdirSync(queue) : []),
    written: () => create.prepare<[], string>('SELECT name FROM written').pluck().all(),
  };
}

it('a write that waits for nobody leaves nothing beside the file', async () => {
  const { connect, written, queue } = site();
  const { write } = connect();
  await write('a');
  await write('b');
  expect(written()).toEqual(['a', 'b']);
  expect(existsSync(queue)).toBe(false);
});

it('those that wait write in the order in which they came, and the last one removes the line', async () => {
  stopTheClock();
  const { connect, tickets, written, queue } = site();
  const holder = connect();
  await holder.guarded.begin();
  const names = ['a', 'b', 'c', 'd', 'e'];
  const writes: Promise<void>[] = [];
  for (const [at, name] of names.entries()) {
    writes.push(connect().write(name));
    await until(() => tickets().length === at + 1);
  }
  holder.guarded.end();
  await Promise.all(writes);
  expect(written()).toEqual(names);
  expect(existsSync(queue)).toBe(false);
});

it('who has called another one goes behind it', async () => {
  stopTheClock();
  const { connect, tickets, written } = site();
  const holder = connect();
  await holder.guarded.begin();
  const waiting = connect().write('waited');
  await until(() => tickets().length === 1);
  holder.guarded.end();
  await Promise.all([holder.write('again'), waiting]);
  expect(written()).toEqual(['waited', 'again']);
});

it('a transaction of several parts waits in the line, too', async () => {
  stopTheClock();
  const { connect, tickets, written } = site();
  const [holder, transaction] = [connect(), connect()];
  await holder.guarded.begin();
  const begun = transaction.guarded.begin();
  await until(() => tickets().length === 1);
  const waiting = connect().write('second');
  await until(() => tickets().length === 2);
  holder.guarded.end();
  await begun;
  expect(written()).toEqual([]);
  transaction.guarded.abandon();
  await waiting;
  expect(written()).toEqual(['second']);
});

it('a writer that was called and does not come holds up nobody', async () => {
  const { connect, tickets, written, queue } = site();
  const holder = connect();
  await holder.guarded.begin();
  const waiting = [connect().write('a'), connect().write('b')];
  await until(() => tickets().length === 2);
  writeFileSync(join(queue, STOPPED), '');
  holder.guarded.end();
  expect(tickets()).not.toContain(STOPPED);
  await Promise.all(waiting);
  expect(written().sort()).toEqual(['a', 'b']);
  expect(existsSync(queue)).toBe(false);
});

it('the next write removes the tickets of processes that are gone', async () => {
  const { connect, queue } = site();
  mkdirSync(queue);
  for (const at of [1, 2, 3]) writeFileSync(join(queue, `${OLD}-${NO_PROCESS}-0000000${at}`), '');
  await connect().write('a');
  expect(existsSync(queue)).toBe(false);
});

it('a wait that is interrupted leaves the line', async () => {
  const { connect, tickets, written, queue } = site();
  const holder = connect();
  await holder.guarded.begin();
  const abort = new AbortController();
  const { write } = connect(abort.signal);
  const interrupted = failureOf(() => write('never'), 'ABORTED');
  await until(() => tickets().length === 1);
  const waiting = connect().write('waited');
  await until(() => tickets().length === 2);
  abort.abort();
  await interrupted;
  expect(tickets()).toHaveLength(1);
  holder.guarded.end();
  await waiting;
  expect(written()).toEqual(['waited']);
  expect(existsSync(queue)).toBe(false);
});

it('who was called and gives up calls the next one', async () => {
  const { path, connect, tickets, written } = site();
  const [holder, faster] = [connect(), new Database(path, { timeout: 0 })];
  onTestFinished(() => void faster.close());
  await holder.guarded.begin();
  const abort = new AbortController();
  const { write } = connect(abort.signal);
  const interrupted = failureOf(() => write('never'), 'ABORTED');
  await until(() => tickets().length === 1);
  const waiting = connect().write('waited');
  await until(() => tickets().length === 2);
  holder.guarded.end();
  expect(tickets()).toHaveLength(1);
  faster.exec('BEGIN IMMEDIATE');
  abort.abort();
  await interrupted;
  expect(tickets()).toEqual([]);
  faster.exec('ROLLBACK');
  await waiting;
  expect(written()).toEqual(['waited']);
});

it('without a directory of its own, writers wait as without a line', async () => {
  const { connect, written, queue } = site();
  writeFileSync(queue, 'a file of somebody else');
  const holder = connect();
  await holder.guarded.begin();
  const waiting = connect().write('waited');
  holder.guarded.end();
  await waiting;
  await holder.write('again');
  expect(written()).toEqual(['waited', 'again']);
  expect(existsSync(queue)).toBe(true);
});

it('nothing is removed behind a link, nor what is no ticket', async () => {
  const { connect, queue } = site();
  const elsewhere = tempDir();
  writeFileSync(join(elsewhere, STOPPED), '');
  symlinkSync(elsewhere, queue);
  const holder = connect();
  await holder.guarded.begin();
  const waiting = connect().write('waited');
  holder.guarded.end();
  await waiting;
  expect(readdirSync(elsewhere)).toEqual([STOPPED]);
});

it('a file that is no ticket stays', async () => {
  const { connect, queue } = site();
  mkdirSync(queue);
  writeFileSync(join(queue, 'notes'), '');
  await connect().write('a');
  expect(readdirSync(queue)).toEqual(['notes']);
});
