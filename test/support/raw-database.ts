/** Opens ledger files with SQLite only, and reads the view of compressed ones as any other program would: with the function that it calls. */

import Database from 'better-sqlite3';
import { zstdText } from '../../src/index.ts';

export function openRaw(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.function('zstd_text', zstdText);
  // better-sqlite3 forbids views to call the functions of the program
  db.pragma('trusted_schema = ON');
  return db;
}
