/** Loads the bundle of our own verbs with the code V8 has compiled of it before. A V8 of another version compiles it anew. */

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

/** The bundle's exports, and the script to take compiled code from. */
export function loadBundle() {
  // esbuild writes ASCII alone
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(FILE, 'latin1')}\n})`;
  const script = new vm.Script(source, {
    filename: FILE,
    cachedData: readCode(),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(FILE), module, FILE, dirname(FILE));
  return { exports: module.exports, script };
}
