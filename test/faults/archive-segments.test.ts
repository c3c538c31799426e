/** Faults of a segment: its bytes are changed or cut off, or it is exchanged. Each is named with the file, and no other event is ever printed. */

import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { type ArchivedRun, Completengine, LedgerError } from '../../src/index.ts';
import { ArchiveTemplate, archiveArgs, replayedBy, segmentOf } from '../support/archive-template.ts';
import { runCli } from '../support/cli.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread } from '../support/traced.ts';

const FLIPS = quick(25, 200);

let template: ArchiveTemplate;

beforeAll(async () => {
  template = await ArchiveTemplate.make();
});

afterAll(() => template.remove());

async function archivedRunsOf(ledger: string): Promise<readonly ArchivedRun[]> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  try {
    return await engine.archivedRuns();
  } finally {
    await engine.close();
  }
}

describe('a segment', () => {
  it('with a changed byte: its block is named, and everything before it is printed', async () => {
    const ledger = template.fresh();
    await succeed(archiveArgs(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    const db = new Database(path, { readonly: true });
    const block = db.prepare<[], { sequence: number; bodies: Buffer }>(
      'SELECT block AS sequence, bodies FROM part ORDER BY block DESC, length(bodies) DESC LIMIT 1',
    );
    const { sequence, bodies } = block.get() as { sequence: number; bodies: Buffer };
    db.close();
    // in an overflow page: the first page of a body may have an outdated copy
    const at = bytes.indexOf(bodies.subarray(5000, 5200)) + 50;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x5a, at);
    writeFileSync(path, bytes);
    const broken = await runCli(['replay', '-q', '-l', ledger]);
    expectFailure(broken, 3, `the block of sequences ${sequence} to `);
    expect(broken.stdout.toString()).toBe(
      template.history
        .slice(0, sequence - 1)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expectFailure(await runCli(['inspect', '-l', ledger, '--verify']), 3, `the block of sequences ${sequence} to `);
    expectFailure(await runCli(['inspect', '-l', path, '--verify']), 3, `the block of sequences ${sequence} to `);
  });

  it('with a flipped bit anywhere: named by verification, also in bytes that SQLite does not use; no other event is ever printed', async () => {
    const random = seededForTest();
    const ledger = template.fresh();
    await succeed(archiveArgs(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    let unnoticed = 0;
    for (const offset of spread(FLIPS, bytes.length)) {
      const [at, bit] = [offset - 1, random.between(0, 7)];
      const where = `seed ${random.seed}, byte ${at} of ${bytes.length}, bit ${bit}`;
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ (1 << bit);
      writeFileSync(path, altered);
      const engine = await Completengine.open({ ledger, create: false, access: 'read' });
      onTestFinished(() => engine.close());
      const failure: unknown = await engine.verify().then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure, where).toBeInstanceOf(LedgerError);
      const { code, message } = failure as LedgerError;
      expect(EXIT_CODES[code], `${where}: ${message}`).toBe(3);
      expect(message, where).toContain(basename(path));
      const printed: string[] = [];
      try {
        for await (const { payload } of engine.replay()) printed.push(payload.toString());
        expect(printed, where).toHaveLength(template.history.length);
        unnoticed++;
      } catch (error) {
        expect(error, where).toBeInstanceOf(LedgerError);
        expect(EXIT_CODES[(error as LedgerError).code], where).toBe(3);
      }
      expect(printed, where).toEqual(template.history.slice(0, printed.length));
      await engine.close();
    }
    // in bytes that SQLite does not use, of which only the checksum of the file says anything
    expect(unnoticed).toBeGreaterThan(0);
    expect(unnoticed).toBeLessThan(FLIPS);
  }, 600_000);

  it('that was cut off, is empty, is something else, or of another ledger', async () => {
    const ledger = template.fresh();
    await succeed(archiveArgs(ledger, '--yes'));
    const path = segmentOf(ledger);
    const bytes = readFileSync(path);
    truncateSync(path, bytes.length - 4096);
    const inspected = await succeed(['inspect', '-l', ledger]);
    expect(inspected.stdout.toString()).toContain(
      `${basename(path)} (not whole: ${bytes.length - 4096} bytes of ${bytes.length})`,
    );
    expect((await archivedRunsOf(ledger))[0]).toMatchObject({ isAtHand: false, foundBytes: bytes.length - 4096 });
    expectFailure(await runCli(['replay', '-l', ledger]), 3, basename(path));
    writeFileSync(path, '');
    expectFailure(await runCli(['replay', '-l', ledger]), 3, 'has 0 bytes');
    writeFileSync(path, Buffer.alloc(bytes.length, 'x'));
    expectFailure(await runCli(['replay', '-l', ledger]), 3, basename(path));
    writeFileSync(path, bytes);
    const other = join(tempDir(), 'other.codex');
    await succeed(['replay', '-q', '-l', ledger, '--into', other, '--routing', 'hash:k', '--partitions', '3']);
    await succeed(archiveArgs(other, '--yes'));
    copyFileSync(segmentOf(other), path);
    expectFailure(await runCli(['replay', '-l', ledger]), 3, /of another ledger|has \d+ bytes/);
    writeFileSync(path, bytes);
    const changed = new Database(path);
    changed.prepare("UPDATE partition SET name = 'q0' WHERE id = 0").run();
    changed.close();
    expectFailure(await runCli(['replay', '-l', path]), 3, 'has changed');
    writeFileSync(path, bytes);
    expect(await replayedBy(ledger)).toEqual(template.history);
  });

  it('whose record was changed does not pass', async () => {
    const ledger = template.fresh();
    await succeed(archiveArgs(ledger, '--yes'));
    for (const change of [
      'commits = commits + 1',
      "file = 'x.segment'",
      "ends = '[[1,1,1],[1,1,1],[1,1,1]]'",
      'through = through - 1',
    ]) {
      const copy = join(tempDir(), 'events.codex');
      copyFileSync(ledger, copy);
      const db = new Database(copy);
      db.prepare(`UPDATE segments SET ${change}`).run();
      db.close();
      expectFailure(await runCli(['inspect', '-l', copy, '--verify']), 3, /record|corrupt|sequence/);
      const refused = await runCli(['emit', '-q', '-l', copy], { input: '{"k":1}\n' });
      expect(refused.code, change).toBe(3);
    }
  });
});
