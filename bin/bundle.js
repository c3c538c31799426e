/** Loads the bundle of our own verbs with the code V8 has compiled of it before. A V8 of another version compiles it again. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const FILE = fileURLToPath(new URL('../dist/cli/verbs.cjs', import.meta.url));
export const CODE_FILE = `${FILE}.code`;

function readCode() {
  try {
    return readFileSync(CODE_FILE);
  } catch {
    return undefined;
  }
}

/** The bundle's exports. In a clone the build has kept the code; an installed package keeps what its own Node compiles. */
export async function loadBundle() {
  const code = readCode();
  const script = code && compileBundle(code);
  if (script && !script.cachedDataRejected) return exportsOf(script);
  const { keepCompiledCode } = await import('./compile-cache.js');
  keepCompiledCode();
  return createRequire(FILE)(FILE);
}

/** The script to take compiled code from. */
export function compileBundle(cachedData) {
  // esbuild writes ASCII alone
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(FILE, 'latin1')}\n})`;
  return new vm.Script(source, {
    filename: FILE,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

export function exportsOf(script) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(FILE), module, FILE, dirname(FILE));
  return module.exports;
}
