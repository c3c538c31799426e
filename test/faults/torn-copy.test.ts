/**
 * Fault model: `cp` or `rsync` of a ledger in use: parts of the file from different moments, or the file without its -wal. Such a copy is never taken for
 * the ledger: it does not verify, or it ends before the head that was kept, and the hint names `backup`.
 */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { Completengine, formatHead, LedgerError } from '../../src/index.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread } from '../support/traced.ts';

const PAGE_BYTES = 16_384;
const NAMES_BACKUP = /if this is a copy of a ledger in use, make it with: completengine backup FILE -l ORIGINAL$/;

/** The bytes of the file at two moments of a ledger in use, and the head at the second one. */
async function twoMoments(): Promise<{ before: Buffer; after: Buffer; head: string }> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'hash:k', partitions: 2, unique: 'n' });
  const file = join(tempDir(), 'moment.codex');
  let n = 0;
  const moment = async (commits: number): Promise<Buffer> => {
    for (let commit = 0; commit < commits; commit++)
      await engine.emit(Array.from({ length: 40 }, () => ({ n: n++, k: n % 5, pad: 'x'.repeat(500) })));
    const db = new Database(ledger);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    copyFileSync(ledger, file);
    return readFileSync(file);
  };
  const before = await moment(40);
  const after = await moment(40);
  return { before, after, head: formatHead(await engine.head()) };
}

/** Verifies a copy against the head of the ledger; the error, or null if it passes. */
async function outcome(bytes: Buffer, expectHead: string): Promise<LedgerError | null> {
  const ledger = join(tempDir(), 'copy.codex');
  writeFileSync(ledger, bytes);
  try {
    const engine = await Completengine.open({ ledger, create: false, access: 'read' });
    try {
      await engine.verify({ expectHead });
      return null;
    } finally {
      await engine.close();
    }
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(LedgerError);
    return error as LedgerError;
  }
}

it('a copy of parts from two moments never passes against the head of the ledger', async () => {
  const { before, after, head } = await twoMoments();
  expect(await outcome(after, head)).toBeNull();
  const pages = before.length / PAGE_BYTES;
  const codes = new Set<string>();
  for (const page of spread(quick(12, 60), pages - 1)) {
    const at = page * PAGE_BYTES;
    const torn = [
      // the end was copied after the beginning; the other way round; and without the end
      Buffer.concat([before.subarray(0, at), after.subarray(at)]),
      Buffer.concat([after.subarray(0, at), before.subarray(at)]),
      after.subarray(0, at),
    ];
    for (const [way, bytes] of torn.entries()) {
      if (bytes.equals(after)) continue;
      const error = await outcome(bytes, head);
      expect(error, `page ${page}, way ${way} passed`).not.toBeNull();
      expect(error?.hint, `${error?.code} ${error?.message}`).toMatch(NAMES_BACKUP);
      codes.add(error?.code ?? '');
    }
  }
  expect(codes.size).toBeGreaterThan(1);
});

it('a copy without its -wal is an older ledger that looks sound, and shows against a head alone', async () => {
  const { before, head } = await twoMoments();
  const error = await outcome(before, head);
  expect(error).toMatchObject({ code: 'HEAD_MISMATCH' });
  expect(error?.message).toMatch(/it was cut off or is an older copy$/);
  expect(error?.hint).toMatch(NAMES_BACKUP);
});
