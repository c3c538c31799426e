/** Separates failures of the disk itself from those by which a file system only says that it does not support something. Pure. */

const DISK_ERRORS = ['EIO', 'ENOSPC', 'EDQUOT'];

/** Whether the disk has failed or is full: what was written or named may be lost. */
export function isDiskError(error: unknown): boolean {
  return DISK_ERRORS.includes((error as NodeJS.ErrnoException).code ?? '');
}
