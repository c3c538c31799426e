/** A wait, for servers or for a lock, that a signal ends: streams end early, and copies can be resumed. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runReplay } from '../../src/cli/replay/run.ts';
import { CursorFile } from '../../src/cli/state/cursor-file.ts';
import { watch } from '../../src/cli/watch/watch.ts';
import { Transfer } from '../../src/core/emission/commit/transfer.ts';
import { SqliteLedger } from '../../src/core/ledger/sqlite/sqlite-ledger.ts';
import { Completengine, LedgerError, type ReplayProgress } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { tempDir } from '../support/temp-dir.ts';

const ENDED = new LedgerError('ABORTED', { message: 'interrupted while it waited for the servers' });
const BROKEN = new LedgerError('IO_FAILED', { message: 'the disk failed' });

const REAL = { pages: SqliteLedger.prototype.pages, gauges: SqliteLedger.prototype.gauges };

/** An engine with one event, and a switch after which the method calls `fail` and throws the failure. */
async function failing(method: 'pages' | 'gauges', failure: Error, fail: () => void) {
  const engine = await openEngine();
  await engine.emit('1');
  const state = { isFailing: false };
  const spy = vi.spyOn(SqliteLedger.prototype, method).mockImplementation(function (
    this: SqliteLedger,
    ...asked: unknown[]
  ) {
    if (!state.isFailing) return (REAL[method] as (...all: unknown[]) => never).apply(this, asked);
    fail();
    throw failure;
  });
  onTestFinished(() => spy.mockRestore());
  /** Has the next read fail. */
  const next = async (): Promise<boolean> => {
    state.isFailing = true;
    await engine.emit('2');
    return true;
  };
  return { engine, next };
}

function interrupted(controller: AbortController) {
  const { signal } = controller;
  const abort = () => controller.abort();
  return { signal, atOnce: signal, isReceived: true, abort, setExitCode: () => {}, close: () => {} };
}

test('a stream whose wait its signal ends reports what it delivered; another error, or another signal, is thrown', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const ending = await failing('pages', ENDED, () => controller.abort());
  const report = await ending.engine.replay({ follow: true, signal }).deliver({ deliver: ending.next });
  expect(report).toMatchObject({ events: 1, lastSequence: 1, isComplete: false });

  const other = new AbortController();
  const broken = await failing('pages', BROKEN, () => other.abort());
  const stream = broken.engine.replay({ follow: true, signal: other.signal });
  expect(await failureOf(() => stream.deliver({ deliver: broken.next }), 'IO_FAILED')).toBe(BROKEN);

  const own = await failing('pages', ENDED, () => {});
  const unsignalled = own.engine.replay({ follow: true, signal: new AbortController().signal });
  expect(await failureOf(() => unsignalled.deliver({ deliver: own.next }), 'ABORTED')).toBe(ENDED);
});

test('the loop over a stream ends where its signal ends a wait', async () => {
  for (const kind of ['replay', 'tail'] as const) {
    const controller = new AbortController();
    const { engine, next } = await failing('pages', ENDED, () => controller.abort());
    async function* read() {
      for await (const event of engine[kind]({ follow: true, signal: controller.signal })) {
        yield event;
        await next();
      }
    }
    expect(await payloadsOf(read())).toEqual(['1']);
  }
});

/** Copies two events into the target. */
async function copied(
  into: string,
  onProgress: (progress: ReplayProgress, abort: () => void) => void,
  busyTimeoutMs = 60_000,
) {
  const source = await openEngine();
  await source.emit(['1', '2']);
  const interrupt = interrupted(new AbortController());
  const cursor = new CursorFile(join(tempDir(), 'copy.cursor'), () => {});
  cursor.advance = (progress) => onProgress(progress, interrupt.abort);
  const outcome = await runReplay(source, interrupt, {
    request: {},
    isStepping: false,
    isQuiet: true,
    cursor,
    into: (signal) => Completengine.open({ ledger: into, create: false, busyTimeoutMs, signal }),
    exec: undefined,
    output: {},
  });
  return { source, outcome };
}

async function emptyLedger(): Promise<string> {
  const path = ledgerPath();
  await (await Completengine.open({ ledger: path })).close();
  return path;
}

test('a copy whose wait for the lock of its target is ended is a stopped one, and is resumed by the same call', async () => {
  const into = await emptyLedger();
  const lock = new Database(into);
  onTestFinished(() => void lock.close());
  lock.exec('BEGIN IMMEDIATE');
  const { source, outcome } = await copied(into, (_, abort) => void setTimeout(abort, 50));
  const rest = { from: 1, through: 2 };
  expect(outcome).toMatchObject({ report: { events: 0, isComplete: false }, error: undefined, rest });
  const { outcome: busy } = await copied(into, () => {}, 50);
  expect(busy).toMatchObject({ report: null, error: { code: 'BUSY' }, rest });
  lock.exec('ROLLBACK');
  const target = await openEngine({ ledger: into });
  expect(await source.replayInto(target)).toMatchObject({ events: 2, isComplete: true });
});

test('a copy whose last commits are awaited when it is interrupted has no report, and can be resumed', async () => {
  const drain = vi.spyOn(Transfer.prototype, 'drain').mockRejectedValueOnce(ENDED).mockRejectedValueOnce(BROKEN);
  onTestFinished(() => drain.mockRestore());
  const atEnd = ({ sequence }: ReplayProgress, abort: () => void): void => {
    if (sequence === 2) abort();
  };
  const rest = { from: 1, through: 2 };
  expect((await copied(await emptyLedger(), atEnd)).outcome).toMatchObject({ report: null, error: undefined, rest });
  expect((await copied(await emptyLedger(), atEnd)).outcome).toMatchObject({ report: null, error: BROKEN, rest });
});

test('a watch whose sample its signal ends is no failure; another error is one', async () => {
  for (const failure of [ENDED, BROKEN]) {
    const interrupt = interrupted(new AbortController());
    const { engine, next } = await failing('gauges', failure, interrupt.abort);
    const write = vi.spyOn(process.stdout, 'write').mockImplementation(((_: unknown, done: () => void) => {
      void next().then(() => done());
      return true;
    }) as typeof process.stdout.write);
    const watched = watch(engine, interrupt, { everyMs: 1, isJson: true, clock: {} as never }).catch((error) => error);
    const outcome = await watched;
    write.mockRestore();
    expect(outcome).toBe(failure === ENDED ? undefined : BROKEN);
  }
});
