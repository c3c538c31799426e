/** Separates failures of the disk itself from those by which a file system only says that it does not support something. Pure. */

import { constants } from 'node:os';

const NO_SPACE = ['ENOSPC', 'EDQUOT'];

/** Code of an error of the system; EDQUOT also, which Node does not know: it says `Unknown system error -122`. */
export function systemErrorCode(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  return errno === -constants.errno.EDQUOT ? 'EDQUOT' : code;
}

/** Whether the disk, or what one may use of it, is full. */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE.includes(systemErrorCode(error) ?? '');
}

/** Whether the disk has failed or is full: what was written or named may be lost. */
export function isDiskError(error: unknown): boolean {
  const code = systemErrorCode(error);
  // a file system that an error has made read-only; every other call says so of one that was mounted like that
  const isCutOff = code === 'EROFS' && (error as NodeJS.ErrnoException).syscall === 'fsync';
  return code === 'EIO' || isCutOff || isNoSpace(error);
}
