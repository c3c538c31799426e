/** Loads the bundle of our own verbs with the code V8 has compiled of it before. A V8 of another version compiles it again. */

const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const vm = require('node:vm');

const FILE = join(__dirname, '../dist/cli/verbs.cjs');
const CODE_FILE = `${FILE}.code`;

function readCode() {
  try {
    return readFileSync(CODE_FILE);
  } catch {
    return undefined;
  }
}

/** The bundle's exports. In a clone the build has kept the code; an installed package keeps what its own Node compiles. */
function loadBundle() {
  const code = readCode();
  const script = code && compileBundle(code);
  if (script && !script.cachedDataRejected) return exportsOf(script);
  const { keepCompiledCode } = require('./compile-cache.js');
  keepCompiledCode();
  return require(FILE);
}

/** The script to take compiled code from. */
function compileBundle(cachedData) {
  // esbuild writes ASCII alone
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(FILE, 'latin1')}\n})`;
  return new vm.Script(source, {
    filename: FILE,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function exportsOf(script) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(FILE), module, FILE, dirname(FILE));
  return module.exports;
}

module.exports = { CODE_FILE, compileBundle, exportsOf, loadBundle };
