/** Says what a file is that was named as a ledger, by its first bytes, and what to do with it. */

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Codec, contentKind } from '../../../model/content-kind.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { shellFlag, shellWord } from '../../../model/text/shell-word.ts';

const FIRST_BYTES = 4096;

interface Found {
  /** Of `details`. */
  readonly content: string;
  /** `it is ..`. */
  readonly fact: string;
  readonly hint: string;
}

/** Both keep the file, and do not overwrite another one unasked. */
const DECOMPRESS: Readonly<Record<Codec, string>> = { gzip: 'gzip -dk', zstd: 'zstd -d' };
const CHECK_PATH = 'check the path; to make a ledger: completengine init';

/** The error about a file that is no database. SQLite has refused it, so no connection has locks on it that closing it could drop. */
export function notALedger(path: string, cause: unknown): LedgerError {
  const first = firstBytes(path);
  const { content, fact, hint } =
    first === null ? { content: 'unknown', fact: 'it is no database', hint: CHECK_PATH } : foundIn(first, path);
  return new LedgerError('NOT_A_LEDGER', {
    message: `${path} is not a ledger: ${fact}`,
    hint,
    details: { path, content },
    cause,
  });
}

/** The error about a directory, with the ledger in it if that is the only one. */
export function directoryNotLedger(path: string): LedgerError {
  const ledgers = ledgersIn(path);
  const [only] = ledgers;
  const hint =
    ledgers.length === 1 && only !== undefined
      ? `for the ledger in it: ${shellFlag('ledger', join(path, only))}`
      : 'name the ledger file itself';
  return new LedgerError('NOT_A_LEDGER', { message: `${path} is a directory`, hint, details: { path } });
}

function ledgersIn(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => name.endsWith('.codex'));
  } catch {
    return [];
  }
}

function firstBytes(path: string): Buffer | null {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(FIRST_BYTES);
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Of SQLite's logs, in both byte orders of their checksums. */
const WAL = [Buffer.from([0x37, 0x7f, 0x06, 0x82]), Buffer.from([0x37, 0x7f, 0x06, 0x83])];

function foundIn(first: Buffer, path: string): Found {
  if (WAL.some((signature) => first.subarray(0, signature.length).equals(signature)))
    return {
      content: 'wal',
      fact: 'it is the -wal of a database',
      hint: 'name the database, which has the same name without -wal',
    };
  const found = contentKind(first, true);
  if (found.kind === 'compressed')
    return {
      content: found.codec,
      fact: `it is compressed by ${found.codec}`,
      hint: `if it has events: completengine emit ${shellWord(path)}; if it has a ledger, decompress it: ${DECOMPRESS[found.codec]} ${shellWord(path)}`,
    };
  if (found.kind === 'foreign' && found.format.name === 'a SQLite database')
    return {
      content: 'damaged database',
      fact: 'it begins as a database of SQLite, and is cut or damaged',
      hint: 'restore an intact copy',
    };
  if (found.kind === 'foreign') {
    const { name, hint } = found.format;
    return { content: name, fact: `it is ${name}`, hint: hint({ source: path, codec: null }) };
  }
  return textOrBytes(first, path);
}

function textOrBytes(first: Buffer, path: string): Found {
  // the last character may be cut
  const text = first.toString('utf8').replace(/\ufffd$/, '');
  const emit = `completengine emit ${shellWord(path)}`;
  // no text has these; tabs, line ends and the escape of colours it may have
  // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
  if (/[\0-\x07\x0e-\x1a\x1c-\x1f\ufffd]/.test(text))
    return { content: 'binary data', fact: 'it is binary data that is no database', hint: CHECK_PATH };
  if (/^\ufeff?\s*[{[]/.test(text))
    return { content: 'JSON', fact: 'it looks like JSON', hint: `to commit its lines as events: ${emit}` };
  return {
    content: 'text',
    fact: 'it is text',
    hint: `${CHECK_PATH}; to commit its lines as events: completengine emit --text ${shellWord(path)}`,
  };
}
