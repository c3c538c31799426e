/**
 * The end of a ledger's threads: the process waits for one that is closing, errors keep their class, and an early exit
 * is detected.
 */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newLedger } from '../support/ledger-cli.ts';
import { runLibrary } from '../support/library-process.ts';

const CORE = new URL('../../dist/modules/core/', import.meta.url);
const moduleOf = (name: string) => JSON.stringify(new URL(`${name}.js`, CORE).href);

/** For the process: a writing thread, drafts that it answers with a conflict, and what the process waits for. */
const ALSO = `
  const { WriterThread } = await import(${moduleOf('ledger/sqlite/threads/writer-thread')});
  const { ReaderThread } = await import(${moduleOf('ledger/sqlite/threads/reader-thread')});
  const { guardFile } = await import(${moduleOf('ledger/sqlite/connection/file-guard')});
  const { NO_PIN_CHANGES } = await import(${moduleOf('model/routing/session-pins')});
  const { createRequire } = await import('node:module');
  const Database = createRequire(${moduleOf('ledger/sqlite/threads/writer-thread')})('better-sqlite3');
  const start = { path: ledger, file: guardFile(ledger, { write: true }), busyTimeoutMs: 30000 };
  const draft = {
    epoch: 99, count: 1, firstTime: 1, lastTime: 1, hasArrivalTime: true, frames: [], committedAt: 1, ids: [], pins: NO_PIN_CHANGES, sentTo: null, producer: null,
  };
  const holds = [];
  subscribe('worker_threads', ({ worker }) => {
    for (const name of ['ref', 'unref']) {
      const original = worker[name].bind(worker);
      worker[name] = () => {
        holds.push(name);
        original();
      };
    }
  });`;

test('answers that arrive while it closes do not release the process', async () => {
  const ledger = await newLedger();
  const delivered = await runLibrary<{ answers: string[]; sinceClose: string[] }>(
    ledger,
    `const writer = await WriterThread.start(start);
    const lock = new Database(ledger);
    lock.exec('BEGIN IMMEDIATE');
    const offers = [1, 2, 3].map(() => writer.offer(draft, 0));
    const before = holds.length;
    const closing = writer.close();
    lock.exec('ROLLBACK');
    lock.close();
    await closing;
    return { answers: (await Promise.all(offers)).map(({ kind }) => kind), sinceClose: holds.slice(before) };`,
    ALSO,
  );
  expect(delivered.answers).toEqual(['conflict', 'stale', 'stale']);
  expect(delivered.sinceClose).toEqual(expect.not.arrayContaining(['unref']));
});

test('a page that arrives while it closes does not release the process', async () => {
  const ledger = await newLedger();
  const delivered = await runLibrary<{ sinceClose: string[]; page: string }>(
    ledger,
    `const engine = await open();
    await engine.emit({ n: 1 });
    const reader = await ReaderThread.start(start);
    const page = reader.pages({ range: { from: 1, through: 1 }, partitions: null, verify: false }).next();
    const before = holds.length;
    await reader.close();
    await engine.close();
    const { value } = await page;
    return { page: String(value.commits.length), sinceClose: holds.slice(before) };`,
    ALSO,
  );
  expect(delivered.page).toBe('1');
  expect(delivered.sinceClose).toEqual(expect.not.arrayContaining(['unref']));
});

test('what keeps it from starting arrives as an error of the engine, with its code, hint, details and cause', async () => {
  const ledger = await newLedger();
  const delivered = await runLibrary<Record<string, unknown>>(
    ledger,
    `const { LedgerError } = await import(${moduleOf('model/ledger-error')});
    const lock = new Database(ledger);
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    const failureOf = (starting) => starting.then(() => null, (error) => error);
    const busy = await failureOf(WriterThread.start({ ...start, busyTimeoutMs: 10 }));
    const aborted = await failureOf(WriterThread.start(start, AbortSignal.abort()));
    lock.exec('ROLLBACK');
    lock.close();
    const replaced = await failureOf(ReaderThread.start({ ...start, file: { ...start.file, ino: 1 } }));
    const facts = (error) => ({
      isOurs: error instanceof LedgerError, name: error.name, code: error.code, hint: error.hint, path: error.details.path,
      cause: error.cause && { isError: error.cause instanceof Error, name: error.cause.name, code: error.cause.code },
    });
    return { busy: facts(busy), aborted: facts(aborted), replaced: facts(replaced) };`,
    ALSO,
  );
  const cause = { isError: true, name: 'SqliteError', code: 'SQLITE_BUSY' };
  const shape = { isOurs: true, name: 'LedgerError', path: ledger, hint: expect.any(String) };
  expect(delivered['busy']).toEqual({ ...shape, code: 'BUSY', cause });
  expect(delivered['aborted']).toEqual({ ...shape, code: 'ABORTED', cause });
  expect(delivered['replaced']).toMatchObject({ isOurs: true, code: 'LEDGER_REPLACED' });
});

test.each([
  ['before it is ready', 'at-start'],
  ['with an error before it is ready', 'throw-at-start'],
  ['with offers on their way', 'at-offer'],
])('a thread that exits by itself %s is an error, not a wait without end', async (_, when) => {
  const ledger = await newLedger();
  const preload = fileURLToPath(new URL('../support/exiting-thread.js', import.meta.url));
  const delivered = await runLibrary<{ code: string; cause: string | null }>(
    ledger,
    `process.env.NODE_OPTIONS = '--import=' + ${JSON.stringify(preload)};
    process.env.COMPLETENGINE_TEST_THREAD_EXITS = ${JSON.stringify(when)};
    try {
      const writer = await WriterThread.start(start);
      await writer.offer(draft, 0);
    } catch (error) {
      return { code: error.code, cause: error.cause?.code ?? error.cause?.message ?? null };
    }`,
    ALSO,
  );
  const expected = {
    'at-start': { code: 'CLOSED', cause: null },
    'throw-at-start': { code: 'INTERNAL', cause: 'gone at the start' },
    'at-offer': { code: 'OUTCOME_UNKNOWN', cause: 'CLOSED' },
  };
  expect(delivered).toMatchObject(expected[when as keyof typeof expected]);
});
