/** One rule for every call that takes a signal: it reports how far it came, or rejects with ABORTED. */

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { Completengine, type InputSource, LedgerError } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { tempDir } from '../support/temp-dir.ts';

const REASON = new Error('enough');
const signal = AbortSignal.abort(REASON);
const source: InputSource = { name: 'input', open: () => Readable.from(['1\n']) };

async function filled(): Promise<Completengine> {
  const engine = await openEngine();
  await engine.emit(['1', '2', '3']);
  return engine;
}

const REJECTING: Readonly<Record<string, (engine: Completengine) => Promise<unknown>>> = {
  verify: (engine) => engine.verify({ signal }),
  survey: (engine) => engine.survey({ signal }),
  diff: async (engine) => engine.diff(await filled(), { signal }),
  backup: (engine) => engine.backup(join(tempDir(), 'copy.codex'), { signal }),
  archive: (engine) => engine.archive({ limit: 1, signal }),
  previewReroute: (engine) => engine.partitioning.previewReroute('hash', { signal }),
};

const REPORTING: Readonly<Record<string, (engine: Completengine) => PromiseLike<unknown>>> = {
  emit: (engine) => engine.emit(Readable.from(['1\n']), { signal }),
  'emit atomic': (engine) => engine.emit(Readable.from(['1\n']), { atomic: true, signal }),
  ingest: (engine) => engine.ingest([source], { signal }),
  'ingest merged': async () => (await openEngine({ time: 'at' })).ingest([source], { merge: true, signal }),
  replay: (engine) => engine.replay({ signal }),
  tail: (engine) => engine.tail({ signal }),
  replayInto: async (engine) => engine.replayInto(await openEngine(), { signal }),
  compact: (engine) => engine.compact({ compression: 'zstd', signal }),
};

const ENDING: Readonly<Record<string, (engine: Completengine) => AsyncIterable<{ readonly payload: Buffer }>>> = {
  replay: (engine) => engine.replay({ signal }),
  'replay that follows': (engine) => engine.replay({ follow: true, signal }),
  tail: (engine) => engine.tail({ signal }),
  'tail that follows': (engine) => engine.tail({ follow: true, signal }),
};

test.each(Object.entries(REJECTING))('%s rejects with ABORTED, and the reason as its cause', async (_, call) => {
  const engine = await filled();
  expect((await failureOf(() => call(engine), 'ABORTED')).cause).toBe(REASON);
  expect(await engine.verify()).toMatchObject({ events: 3 });
});

test.each(Object.entries(REPORTING))('%s resolves with a report that is not complete', async (_, call) => {
  const engine = await filled();
  expect(await call(engine)).toMatchObject({ isComplete: false });
  expect(await engine.verify()).toMatchObject({ events: 3 });
});

test.each(Object.entries(ENDING))('the loop over a %s ends', async (_, call) => {
  expect(await payloadsOf(call(await filled()))).toEqual([]);
});

test('a signal that aborts in the middle is no other case', async () => {
  const engine = await filled();
  const controller = new AbortController();
  const reason = new LedgerError('BUSY', { message: 'a reason of the caller' });
  const onProgress = (): void => controller.abort(reason);
  await expect(engine.verify({ signal: controller.signal, onProgress })).rejects.toMatchObject({
    code: 'ABORTED',
    cause: reason,
  });
});

test('a subscription closes', async () => {
  const engine = await filled();
  for (const group of [undefined, 'g']) {
    const subscription = await engine.subscribe({ group, signal }, () => {});
    await subscription.finished;
  }
});

test('an engine that has nothing to wait for is opened', async () => {
  const ledger = ledgerPath();
  await Completengine.create(ledger, { signal });
  expect((await (await openEngine({ ledger, signal })).head()).sequence).toBe(0);
});

test('an atomic input that is aborted between two of its commits leaves none of them', async () => {
  const engine = await filled();
  const end = new AbortController();
  const lines = Array.from({ length: 6000 }, (_, n) => `"${n} ${'x'.repeat(1000)}"\n`);
  const report = await engine.ingest([{ name: 'input', open: () => Readable.from(lines) }], {
    atomic: true,
    signal: end.signal,
    onProgress: () => end.abort(REASON),
  });
  expect(report).toMatchObject({ isComplete: false, commits: 0, events: 0 });
  expect(report.lines).toBeGreaterThan(0);
  expect(await engine.verify()).toMatchObject({ events: 3 });
});
