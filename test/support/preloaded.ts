/** Builds the C libraries that are loaded into commands with LD_PRELOAD. Needs Linux and a C compiler. */

import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'cc';

/** A test that loads one is skipped where this fails. */
export const PRELOAD_PROBE = [
  'sh',
  '-c',
  `test "$(uname)" = Linux && ${COMPILER} --version && test -f /usr/include/dlfcn.h`,
] as const;

/** Compiles the source into a library in `directory`, and returns its path. */
export function buildPreloaded(source: URL, directory: string): string {
  const path = fileURLToPath(source);
  const library = join(directory, `${basename(path, '.c')}.so`);
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  execFileSync(COMPILER, ['-shared', '-fPIC', '-O1', ...warnings, '-o', library, path, '-ldl', '-lpthread']);
  return library;
}
