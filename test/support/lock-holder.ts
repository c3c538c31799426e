/** A process that holds a ledger's write lock, like a writer stopped in the middle of its transaction. */

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
export async function holdWriteLock(path: string): Promise<{ release(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', SCRIPT, path], { cwd: ROOT });
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
