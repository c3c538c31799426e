/** `engine.backup()` with the built package, because a thread copies: beside commits of the same process, aborted, closed, and its options. */

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { failureOf, openEngine } from '../support/engines.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { wideLedgers } from '../support/large-ledger.ts';
import { runLibrary } from '../support/library-process.ts';
import { tempDir } from '../support/temp-dir.ts';

/** More than three steps of the copy. */
const LINES = 12_500;
const largeLedger = wideLedgers(LINES);

const WITH_COPY = (copy: string) => `const copy = ${JSON.stringify(copy)};`;

interface Progress {
  readonly phase: 'copy' | 'verify';
  readonly done: number;
  readonly total: number;
}

test('commits of the same process go on during the copy, and do not begin it again', async () => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { progress, report, emitted, verified } = await runLibrary<{
    progress: Progress[];
    report: { path: string; events: number; commits: number; bytes: number };
    emitted: number;
    verified: { events: number; isAnchored: boolean };
  }>(
    ledger,
    `
    const { formatHead } = await import(${JSON.stringify(new URL('../../dist/lib/index.js', import.meta.url).href)});
    const engine = await open();
    const progress = [];
    const emits = [];
    const { head, ...report } = await engine.backup(copy, {
      onProgress: (each) => {
        progress.push(each);
        emits.push(engine.emit({ k: progress.length }));
      },
    });
    await Promise.all(emits);
    const verified = await engine.verify({ expectHead: formatHead(head) });
    await engine.close();
    return { progress, report, emitted: emits.length, verified };`,
    WITH_COPY(copy),
  );
  const copied = progress.filter(({ phase }) => phase === 'copy');
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.map(({ done }) => done)).toEqual(copied.map(({ done }) => done).sort((one, other) => one - other));
  expect(new Set(copied.map(({ total }) => total)).size).toBe(1);
  expect(progress.at(-1)).toEqual({ phase: 'verify', done: LINES, total: LINES });
  expect(report).toMatchObject({ path: copy, events: LINES, bytes: copied[0]?.total });
  expect(verified).toMatchObject({ events: LINES + emitted, isAnchored: true });
  expect(await expectSoundLedger(copy)).toHaveLength(LINES);
});

test.each([
  ['the first step', "phase === 'copy'"],
  ['the middle of the copy', "phase === 'copy' && done > total / 3"],
  ['the verification', "phase === 'verify'"],
])('aborted in %s it rejects with ABORTED and the reason of the signal, and leaves nothing', async (_, when) => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { reason, events } = await runLibrary<{ reason: string; events: number }>(
    ledger,
    `
    const engine = await open();
    const controller = new AbortController();
    const onProgress = ({ phase, done, total }) => {
      if (${when}) controller.abort(new Error('enough'));
    };
    const reason = await engine.backup(copy, { signal: controller.signal, onProgress }).catch(({ code, cause }) => code + ' ' + cause.message);
    const { sequence } = await engine.emit({ k: 1 });
    await engine.close();
    return { reason, events: sequence };`,
    WITH_COPY(copy),
  );
  expect({ reason, events }).toEqual({ reason: 'ABORTED enough', events: LINES + 1 });
  expect(readdirSync(dirname(copy))).toEqual([]);
});

test('a ledger that is replaced during the copy ends it, and leaves nothing', async () => {
  const [ledger, other] = [await largeLedger(), await largeLedger()];
  const copy = join(tempDir(), 'copy.codex');
  const { code } = await runLibrary<{ code: string }>(
    ledger,
    `
    const { renameSync } = await import('node:fs');
    const engine = await open({ access: 'read' });
    let isReplaced = false;
    const onProgress = () => {
      if (!isReplaced) renameSync(${JSON.stringify(other)}, ledger);
      isReplaced = true;
    };
    const code = await engine.backup(copy, { onProgress }).catch((error) => error.code);
    await engine.close();
    return { code };`,
    WITH_COPY(copy),
  );
  expect(code).toBe('LEDGER_REPLACED');
  expect(readdirSync(dirname(copy))).toEqual([]);
});

test('an error of onProgress ends it, and a signal that is aborted before it begins', async () => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { reasons } = await runLibrary<{ reasons: string[] }>(
    ledger,
    `
    const engine = await open({ access: 'read' });
    const reasons = [];
    const onProgress = () => { throw new Error('no progress'); };
    await engine.backup(copy, { onProgress }).catch((error) => reasons.push(error.message));
    await engine.backup(copy, { signal: AbortSignal.abort(new Error('before')) }).catch(({ cause }) => reasons.push(cause.message));
    await engine.close();
    return { reasons };`,
    WITH_COPY(copy),
  );
  expect(reasons).toEqual(['no progress', 'before']);
  expect(readdirSync(dirname(copy))).toEqual([]);
});

test('close() ends a backup in progress with CLOSED, and two at once are two copies', async () => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { codes, heads } = await runLibrary<{ codes: unknown[]; heads: string[] }>(
    ledger,
    `
    const engine = await open({ access: 'read' });
    const both = await Promise.all([engine.backup(copy + '.1'), engine.backup(copy + '.2')]);
    const codes = [];
    for (const phase of ['copy', 'verify']) {
      const other = await open({ access: 'read' });
      let closed;
      let last;
      const onProgress = (progress) => {
        last = progress;
        if (progress.phase === phase) closed ??= other.close();
      };
      codes.push(await other.backup(copy, { onProgress }).catch((error) => error.code), last.done < last.total);
      await closed;
    }
    await engine.close();
    return { codes, heads: both.map(({ head }) => head.hash) };`,
    WITH_COPY(copy),
  );
  // in the middle of it, and not at its end
  expect(codes).toEqual(['CLOSED', true, 'CLOSED', true]);
  expect(new Set(heads).size).toBe(1);
  expect(readdirSync(dirname(copy)).sort()).toEqual(['copy.codex.1', 'copy.codex.2']);
});

test('a path that is no text and an unknown option are refused', async () => {
  const engine = await openEngine();
  await failureOf(() => engine.backup(7 as unknown as string), 'INVALID_ARGUMENT');
  const unknown = { onProgres: () => {} } as object;
  const { message } = await failureOf(() => engine.backup('copy', unknown), 'INVALID_ARGUMENT');
  expect(message).toContain('onProgres');
  await engine.close();
  await failureOf(() => engine.backup('copy'), 'CLOSED');
});
