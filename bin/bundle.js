/** Loads the bundle of our own verbs with its cached compiled code. Another version of V8 rejects that and compiles again. */

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

/** Returns the exports of the bundle. In a clone the build has cached the code; an installed package caches what its own Node compiles. */
export async function loadBundle() {
  const code = readCode();
  const script = code && compileBundle(code);
  if (script && !script.cachedDataRejected) return exportsOf(script);
  const { keepCompiledCode } = await import('./compile-cache.js');
  keepCompiledCode();
  return createRequire(FILE)(FILE);
}

/** Compiles the bundle, with the cached code if given. */
export function compileBundle(cachedData) {
  // esbuild writes only ASCII
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
