/** The index of ids and pins in a file is the index in memory: after any commits, restarts and kills, with anything else in its place, and without reading what it has. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogMessage } from '../../../../src/core/ledger/log/ordered-log.ts';
import type { FedIndex, IndexDue } from '../../../../src/core/ledger/log/write/fed-index.ts';
import { openMarkFile } from '../../../../src/core/ledger/sqlite/mark-index/open-mark-file.ts';
import { contentOf, guardedLog, indexOver, RecordedLog } from '../../../support/guarded-log.ts';
import { unsyncedTempDir } from '../../../support/temp-dir.ts';
import { quick } from '../../../support/test-size.ts';

const COMMITS = 24;
/** Each time the store is fed it is synced. */
const EVERY_12: IndexDue = { messages: 12, marks: 1000 };

const at = (index: FedIndex, position: number) => index.at(position, (each) => contentOf(each, COMMITS));

const memory = (log: readonly LogMessage[], position: number) => at(indexOver(RecordedLog.of(log), log), position);

const inFile = (directory: string) => async (uuid: string) => openMarkFile(directory, uuid);

const pathIn = (directory: string): string => {
  const { uuid } = JSON.parse((messages[0] as LogMessage).body.toString()) as { uuid: string };
  return join(directory, `${uuid}.idx`);
};

let messages: readonly LogMessage[];

beforeAll(async () => {
  messages = await guardedLog(COMMITS);
});

describe('an index in a file', () => {
  it('is the index in memory, after any commits, restarts and kills of several processes', async () => {
    const expected: unknown[] = [];
    for (let position = 1; position <= messages.length; position++) expected.push(await memory(messages, position));
    const step = fc.record({
      who: fc.nat(2),
      next: fc.constantFrom('stays', 'stays', 'ends', 'is killed'),
      ahead: fc.nat(6),
    });
    const dues = fc.constantFrom<IndexDue>({ messages: 3, marks: 1000 }, EVERY_12, { messages: 1000, marks: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), dues, async (steps, due) => {
        const directory = unsyncedTempDir();
        const log = RecordedLog.of(messages);
        const processes: (FedIndex | null)[] = [null, null, null];
        let position = 1;
        for (const { who, next, ahead } of steps) {
          position = Math.min(messages.length, position + ahead);
          processes[who] ??= indexOver(log, messages, inFile(directory), due);
          const index = processes[who];
          const found = await index.exactlyAt(position, (each) => contentOf(each, COMMITS));
          expect(found).toEqual(expected[position - 1]);
          if (next === 'stays') continue;
          if (next === 'ends') await index.close();
          processes[who] = null;
        }
        for (const index of processes) await index?.close();
      }),
      { numRuns: quick(6, 300) },
    );
  });

  it('is fed from where it was left: nothing before it is read again but the links behind the last seal', async () => {
    const directory = unsyncedTempDir();
    const half = Math.floor(messages.length / 2);
    const first = RecordedLog.of(messages);
    const due = { messages: half - 1, marks: 1000 };
    const one = indexOver(first, messages, inFile(directory), due);
    await at(one, half);
    expect(first.reads).toEqual([{ from: 2, through: half, hasBodies: true }]);
    await one.close();
    const second = RecordedLog.of(messages);
    const other = indexOver(second, messages, inFile(directory), due);
    expect(await at(other, messages.length)).toEqual(await memory(messages, messages.length));
    expect(second.reads.filter(({ hasBodies, from, through }) => hasBodies && from !== through)).toEqual([
      { from: half + 1, through: messages.length, hasBodies: true },
    ]);
    for (const { from } of second.reads) expect(from).toBeGreaterThan(half - 12);
    expect(other.lostStore).toBeNull();
  });

  it('knows when it has more than was asked for, because another process has stored it', async () => {
    const directory = unsyncedTempDir();
    const log = RecordedLog.of(messages);
    const due = { messages: 19, marks: 1000 };
    const [one, other] = [0, 1].map(() => indexOver(log, messages, inFile(directory), due)) as [FedIndex, FedIndex];
    await at(one, 5);
    await at(other, 20);
    expect(await one.exactlyAt(6, () => 'compared')).toBeNull();
    expect(await one.exactlyAt(20, () => 'compared')).toBe('compared');
  });

  it.each([
    ['is shorter', (all: readonly LogMessage[]) => all.slice(0, 12)],
    ['has gone another way', async (all: readonly LogMessage[]) => guardedLog(COMMITS, 'other', all.slice(0, 1))],
  ])('is thrown away where the log %s', async (_, change) => {
    const directory = unsyncedTempDir();
    const one = indexOver(RecordedLog.of(messages), messages, inFile(directory), EVERY_12);
    await at(one, messages.length);
    const changed = await change(messages);
    const other = indexOver(RecordedLog.of(changed), changed, inFile(directory), EVERY_12);
    expect(await at(other, changed.length)).toEqual(await memory(changed, changed.length));
    expect(other.lostStore).toBeNull();
    // the first goes on with its log, and takes the file for it again: in the end one of them is left to its memory
    expect(await at(one, messages.length)).toEqual(await memory(messages, messages.length));
    expect(await at(other, changed.length)).toEqual(await memory(changed, changed.length));
  });

  const sql = (text: string) => (path: string) => {
    const db = new Database(path);
    db.exec(text);
    db.close();
  };
  it.each<[string, (path: string) => void]>([
    ['is rubbish', (path) => writeFileSync(path, 'rubbish'.repeat(1000))],
    ['is empty', (path) => writeFileSync(path, '')],
    ['is cut off', (path) => writeFileSync(path, readFileSync(path).subarray(0, 8192))],
    ['has no intact page but the first', (path) => writeFileSync(path, readFileSync(path).fill(7, 4096))],
    ['has another format', sql('PRAGMA user_version = 2')],
    ['is of something else', sql('PRAGMA application_id = 1')],
    ['lacks a table', sql('DROP TABLE ids')],
    ['lacks its place', sql('DELETE FROM fed')],
    ['has a place that cannot be', sql("UPDATE fed SET position = -1, hash = x'00'")],
    ['has sequences that cannot be', sql('UPDATE ids SET sequence = -1')],
    ['has the head of another log', sql("UPDATE fed SET hash = x'00'")],
    ['has a place behind the log', sql('UPDATE fed SET position = 1000')],
  ])('is made again where the file %s', async (_, damage) => {
    const directory = unsyncedTempDir();
    const one = indexOver(RecordedLog.of(messages), messages, inFile(directory), EVERY_12);
    await at(one, messages.length);
    await one.close();
    damage(pathIn(directory));
    const other = indexOver(RecordedLog.of(messages), messages, inFile(directory), EVERY_12);
    expect(await at(other, messages.length)).toEqual(await memory(messages, messages.length));
    expect(other.lostStore).toBeNull();
    await other.close();
    const log = RecordedLog.of(messages);
    expect(await at(indexOver(log, messages, inFile(directory), EVERY_12), messages.length)).toEqual(
      await memory(messages, messages.length),
    );
    expect(log.reads.filter(({ from }) => from === 2)).toEqual([]);
  });

  it.each<[string, (directory: string, path: string) => void]>([
    ['its directory cannot be made', (directory) => writeFileSync(directory, '')],
    ['others may write its directory', (directory) => mkdirSync(directory) ?? chmodSync(directory, 0o777)],
    ['a directory is in its place', (_, path) => mkdirSync(path, { recursive: true })],
  ])('is in memory where %s, and says so', async (_, obstruct) => {
    const directory = join(unsyncedTempDir(), 'cache');
    obstruct(directory, pathIn(directory));
    const index = indexOver(RecordedLog.of(messages), messages, inFile(directory), EVERY_12);
    expect(await at(index, messages.length)).toEqual(await memory(messages, messages.length));
    expect(index.lostStore).toBeInstanceOf(Error);
  });

  it('is made again where the file was removed while it was open', async () => {
    const [directory, log] = [unsyncedTempDir(), RecordedLog.of(messages)];
    const path = pathIn(directory);
    const one = indexOver(log, messages, inFile(directory), EVERY_12);
    await at(one, 10);
    writeFileSync(path, 'rubbish'.repeat(1000));
    const other = indexOver(log, messages, inFile(directory), EVERY_12);
    expect(await at(other, 20)).toEqual(await memory(messages, 20));
    for (const position of [21, messages.length])
      expect(await at(one, position)).toEqual(await memory(messages, position));
    await Promise.all([one.close(), other.close()]);
    expect(existsSync(path)).toBe(true);
    const last = RecordedLog.of(messages);
    await at(indexOver(last, messages, inFile(directory), EVERY_12), messages.length);
    expect(last.reads.filter(({ from }) => from === 2)).toEqual([]);
  });

  it('goes on behind what it has read after an error of the log, or of the work', async () => {
    const log = RecordedLog.of(messages);
    const index = indexOver(log, messages);
    log.failsAt = 15;
    await expect(at(index, 20)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const wrong = () => {
      throw new Error('the draft is wrong');
    };
    await expect(index.at(20, wrong)).rejects.toThrow('the draft is wrong');
    expect(await at(index, messages.length)).toEqual(await memory(messages, messages.length));
    expect(log.reads.filter(({ from, through }) => from !== through)).toEqual([
      { from: 2, through: 20, hasBodies: true },
      { from: 15, through: 20, hasBodies: true },
      { from: 21, through: messages.length, hasBodies: true },
    ]);
  });

  it('reads again what a turn that failed has read and not learned', async () => {
    const changed = messages.map((message) =>
      message.position === 9
        ? { ...message, body: Buffer.from(message.body).fill(' ', message.bodyBytes - 200) }
        : message,
    );
    const index = indexOver(RecordedLog.of(changed), changed, inFile(unsyncedTempDir()));
    for (let turn = 0; turn < 5; turn++)
      await expect(at(index, messages.length)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
    expect(index.lostStore).toBeNull();
  });
});
