/** Checks a ledger's file by stat alone: opening it with `fs` would release SQLite's locks in this process. */

import { accessSync, closeSync, constants, openSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LedgerError } from '../../../model/ledger-error.ts';
import { makeDirectoryHint, shellFlag } from '../../../model/text/shell-word.ts';
import { directoryNotLedger } from './foreign-file.ts';
import { removeTemporaryName } from './temporary-name.ts';

/** Identity of the opened file, to detect one that was put in its place. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fileError(error, path);
  }
}

export function fileExists(path: string): boolean {
  return statOrNull(path) !== null;
}

/** Checks that the path can be a ledger. `hasLog`: false for a file without a -wal, which may have several names. @throws LedgerError NO_LEDGER, NOT_A_LEDGER, HARD_LINKED, PERMISSION_DENIED */
export function guardFile(path: string, access: { readonly write: boolean; readonly hasLog?: boolean }): FileIdentity {
  const stats = statOrNull(path);
  if (stats === null) {
    const target = linkTarget(path);
    const link = target === null ? '' : `: it is a link to ${target}, which is not there`;
    throw new LedgerError('NO_LEDGER', {
      message: `there is no ledger at ${path}${link}`,
      hint: `check the path; to make one: completengine init ${shellFlag('ledger', target ?? path)}`,
      details: { path },
    });
  }
  if (stats.isDirectory()) throw directoryNotLedger(path);
  if (!stats.isFile()) {
    throw new LedgerError('NOT_A_LEDGER', {
      message: `${path} is no regular file`,
      hint: 'name the ledger file itself',
      details: { path },
    });
  }
  if (access.hasLog !== false) checkLinks(path, stats);
  try {
    accessSync(path, access.write ? constants.R_OK | constants.W_OK : constants.R_OK);
  } catch (error) {
    throw fileError(error, path, access.write ? ' for writing' : '');
  }
  return { dev: stats.dev, ino: stats.ino };
}

function checkLinks(path: string, found: Stats): void {
  if (found.nlink <= 1) return;
  // For a moment, or after a crash, a file that was just completed has its temporary name, too.
  removeTemporaryName(path);
  const stats = statOrNull(path) ?? found;
  if (stats.nlink <= 1) return;
  throw new LedgerError('HARD_LINKED', {
    message: `${path} has ${stats.nlink} hard links, and each name would get a -wal of its own: acknowledged events were seen to be lost`,
    hint: 'keep one name and remove the others',
    details: { path, links: stats.nlink },
  });
}

/** Checks that the path still names the file that was opened. @throws LedgerError LEDGER_REPLACED, HARD_LINKED */
export function guardIdentity(path: string, opened: FileIdentity): void {
  const stats = statOrNull(path);
  if (stats === null || stats.dev !== opened.dev || stats.ino !== opened.ino) {
    throw new LedgerError('LEDGER_REPLACED', {
      message: `${path} was ${stats === null ? 'removed' : 'replaced'} while it was open: what was just written may be lost with it`,
      hint: 'put the file back, or begin again with the one that is there',
      details: { path },
    });
  }
  checkLinks(path, stats);
}

/**
 * Creates the empty file with a ledger's mode, before any connection exists; its -wal gets the same mode. `named`: path that errors name.
 * @returns false if it exists already
 * @throws LedgerError CANNOT_CREATE
 */
export function createFile(path: string, named = path): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      checkLeads(path);
      return false;
    }
    throw new LedgerError('CANNOT_CREATE', {
      message: `cannot create ${named}: ${code ?? 'unknown error'}`,
      hint: code === 'ENOENT' ? makeDirectoryHint(dirname(named)) : 'check the directory and its mode',
      details: { path: named, code },
      cause: error,
    });
  }
}

/** Refuses a dangling link: SQLite would create its target, without a ledger's mode. @throws LedgerError CANNOT_CREATE */
function checkLeads(path: string): void {
  const target = fileExists(path) ? null : linkTarget(path);
  if (target === null) return;
  throw new LedgerError('CANNOT_CREATE', {
    message: `cannot create ${path}: it is a link to ${target}, which is not there`,
    hint: `remove the link, or make the ledger where it leads: completengine init --ledger ${target}`,
    details: { path, target },
  });
}

/** Target of a symbolic link; null for anything else. */
function linkTarget(path: string): string | null {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return null;
  }
}

/** Whether users other than the owner may read or write the file. */
export function worldReadable(path: string): boolean {
  return (statSync(path).mode & 0o077) !== 0;
}

export function fileBytes(path: string): number {
  return statOrNull(path)?.size ?? 0;
}

/** `purpose`: of the access that failed, after a verb. */
function fileError(error: unknown, path: string, purpose = ''): LedgerError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new LedgerError('PERMISSION_DENIED', {
      message: `${path} cannot be ${code === 'EROFS' ? 'written: the file system is read-only' : `opened${purpose}: no permission`}`,
      hint:
        code === 'EROFS'
          ? 'mount it for writing, or copy the ledger to where you can write: completengine backup FILE'
          : 'check the owner and the mode of the file and of its directory',
      details: { path, code },
      cause: error,
    });
  }
  return new LedgerError('IO_FAILED', {
    message: `${path}: ${code ?? 'unknown error'}`,
    hint: 'look at the path and its disk',
    details: { path, code },
    cause: error,
  });
}
