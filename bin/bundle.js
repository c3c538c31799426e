/** Loads the bundle of our own verbs with its cached compiled code. Another version of V8 rejects that and compiles again. */

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

/** Returns the exports of the bundle. In a clone the build has cached the code; an installed package caches what its own Node compiles. */
function loadBundle() {
  const code = readCode();
  const script = code && compileBundle(code);
  if (script && !script.cachedDataRejected) return exportsOf(script);
  const { keepCompiledCode } = require('./compile-cache.js');
  keepCompiledCode();
  return require(FILE);
}

/** Compiles the bundle, with the cached code if given. Its text is a function already: wrapping it here would copy two megabytes of it. */
function compileBundle(cachedData) {
  // esbuild writes only ASCII, and V8 takes such a text without a copy
  return new vm.Script(readFileSync(FILE, 'latin1'), {
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
