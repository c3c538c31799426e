import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { isDiskError, isNoSpace, systemErrorCode } from '../../../src/core/model/disk-error.ts';

const errorOf = (code: string, syscall = 'write', errno = 0): NodeJS.ErrnoException =>
  Object.assign(new Error(code), { code, syscall, errno });

/** As Node reports a quota that is used up: libuv has no name for it. */
const quota = errorOf(`Unknown system error -${constants.errno.EDQUOT}`, 'write', -constants.errno.EDQUOT);

test('a full quota is a full disk, by its number', () => {
  expect(systemErrorCode(quota)).toBe('EDQUOT');
  expect(isNoSpace(quota)).toBe(true);
  expect(isDiskError(quota)).toBe(true);
});

test.for([
  ['EIO', 'fsync', true],
  ['ENOSPC', 'open', true],
  // after an error, as ext4 does with errors=remount-ro
  ['EROFS', 'fsync', true],
  ['EROFS', 'open', false],
  ['EINVAL', 'fsync', false],
  ['EACCES', 'open', false],
] as const)('%s of %s() is a failure of the disk: %s', ([code, syscall, wanted]) => {
  expect(isDiskError(errorOf(code, syscall))).toBe(wanted);
  expect(isNoSpace(errorOf(code, syscall))).toBe(code === 'ENOSPC');
});
