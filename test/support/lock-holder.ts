/** Processes that hold a lock of a ledger, like one stopped in the middle of its transaction or of a checkpoint. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killAfterTest } from './fault-tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SCRIPT = `
const Database = require('better-sqlite3');
const db = new Database(process.argv[1], { fileMustExist: true });
db.exec('BEGIN IMMEDIATE');
console.log('held');
process.stdin.on('end', () => {
  db.exec('ROLLBACK');
  db.close();
});
process.stdin.resume();
`;

/** Resolves when the lock is held. */
export function holdWriteLock(path: string): Promise<LockHolder> {
  return holdBy(process.execPath, ['-e', SCRIPT, path]);
}

const SNAPSHOT_SCRIPT = `
const Database = require('better-sqlite3');
const db = new Database(process.argv[1], { fileMustExist: true });
db.exec('BEGIN');
db.prepare('SELECT count(*) FROM commits').get();
console.log('held');
process.stdin.on('end', () => {
  db.exec('ROLLBACK');
  db.close();
});
process.stdin.resume();
`;

/** A process that reads: what is in the -wal cannot all be written back, and the -wal not restarted. If nobody else is there it recovers the -wal. */
export function holdSnapshot(path: string): Promise<LockHolder> {
  return holdBy(process.execPath, ['-e', SNAPSHOT_SCRIPT, path]);
}

/** Byte of the -shm that SQLite locks during a checkpoint (WAL_CKPT_LOCK of its wal.c). */
const CHECKPOINT_SCRIPT = `
import fcntl, sys
shm = open(sys.argv[1] + '-shm', 'r+b')
fcntl.lockf(shm, fcntl.LOCK_EX, 1, 121)
print('held', flush=True)
sys.stdin.read()
`;

/** The ledger must be open: only then it has a -shm. Needs python3, because Node has no record locks. */
export function holdCheckpointLock(path: string): Promise<LockHolder> {
  return holdBy('python3', ['-c', CHECKPOINT_SCRIPT, path]);
}

export interface LockHolder {
  release(): Promise<void>;
}

async function holdBy(program: string, args: readonly string[]): Promise<LockHolder> {
  const child = spawn(program, args, { cwd: ROOT });
  killAfterTest(child);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', (code) => reject(new Error(`the lock could not be taken: ${code}`)));
  });
  return {
    release: () => {
      child.stdin.end();
      return ended;
    },
  };
}
