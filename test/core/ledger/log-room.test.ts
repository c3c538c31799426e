/** Room in the -wal for volume: it holds nothing, cuts nothing off, and is made only while nobody else writes. */

import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { betterSqlite3 } from '../../../src/core/ledger/sqlite/connection/better-sqlite3.ts';
import { makeLogRoom } from '../../../src/core/ledger/sqlite/connection/log-room.ts';
import { tempDir } from '../../support/temp-dir.ts';

const Database = betterSqlite3();
const MEBIBYTE = 1024 * 1024;

function connected(path: string): Connection {
  const db = new Database(path, { timeout: 0 });
  onTestFinished(() => void db.close());
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  return db;
}

function opened(): { path: string; log: string; db: Connection } {
  const path = join(tempDir(), 'any.db');
  const db = connected(path);
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, bytes BLOB)');
  return { path, log: `${path}-wal`, db };
}

function add(db: Connection, bytes = 100): void {
  db.prepare('INSERT INTO t (bytes) VALUES (randomblob(?))').run(bytes);
}

const countIn = (db: Connection) => db.prepare('SELECT count(*) FROM t').pluck().get();

describe.skipIf(process.platform !== 'linux')('room in the -wal', () => {
  it('holds nothing, and commits go on where they ended', () => {
    const { path, log, db } = opened();
    add(db);
    const { size, blocks } = statSync(log);
    makeLogRoom(db, path);
    expect(statSync(log).size).toBe(11 * MEBIBYTE);
    expect(statSync(log).blocks - blocks).toBeLessThan(16);
    add(db);
    const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
    // a commit is one page here, and the table made two
    expect(row?.log).toBe((size - 32) / (4096 + 24) + 1);
    expect(countIn(connected(path))).toBe(2);
  });

  it('is passed over by the recovery of a process that was killed', () => {
    const { path, log, db } = opened();
    add(db);
    makeLogRoom(db, path);
    add(db);
    const copy = join(tempDir(), 'copy.db');
    copyFileSync(path, copy);
    copyFileSync(log, `${copy}-wal`);
    const recovered = connected(copy);
    expect(countIn(recovered)).toBe(2);
    add(recovered);
    recovered.pragma('wal_checkpoint(TRUNCATE)');
    expect(countIn(recovered)).toBe(3);
    expect(recovered.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('is not made while another connection writes, which may make the -wal longer than that', () => {
    const { path, log, db } = opened();
    const other = connected(path);
    other.exec('BEGIN IMMEDIATE');
    add(other);
    const { size } = statSync(log);
    makeLogRoom(db, path);
    expect(statSync(log).size).toBe(size);
    add(other, 20 * MEBIBYTE);
    other.exec('COMMIT');
    const longer = statSync(log).size;
    expect(longer).toBeGreaterThan(20 * MEBIBYTE);
    makeLogRoom(db, path);
    expect(statSync(log).size).toBe(longer);
    expect(countIn(db)).toBe(2);
  });

  it('is no condition: without a -wal nothing is made, and the next commit is stored', () => {
    const path = join(tempDir(), 'any.db');
    const db = connected(path);
    db.pragma('journal_mode = DELETE');
    makeLogRoom(db, path);
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, bytes BLOB)');
    add(db);
    expect(countIn(db)).toBe(1);
    expect(db.inTransaction).toBe(false);
  });
});
