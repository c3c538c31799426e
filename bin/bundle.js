/** Loads the bundle of our own verbs with its cached compiled code. Another version of V8 rejects that and compiles again. */

const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join, sep } = require('node:path');
const vm = require('node:vm');

const DIRECTORY = join(__dirname, '../dist/cli');
const ENTRY = 'verbs.cjs';

/** Those that are run as scripts, by their files. */
const scripts = new Map();

/** `verb`: the one whose commands have compiled the code; undefined for that of all others. */
function codeFileOf(file, verb) {
  return `${file}.${verb === undefined ? '' : `${verb}.`}code`;
}

function readCode(file, verb) {
  try {
    return readFileSync(codeFileOf(file, verb));
  } catch {
    return undefined;
  }
}

/**
 * Returns the exports of the bundle. In a clone the build has cached the code; an installed package caches what its own Node compiles. `verb`: of the command: a
 * few have code of their own, which is smaller and so read in 0.6 of the time.
 */
function loadBundle(name = ENTRY, verb = undefined) {
  const file = join(DIRECTORY, name);
  const code = (verb !== undefined && !verb.includes(sep) && readCode(file, verb)) || readCode(file);
  const script = code && compile(file, code);
  if (script && !script.cachedDataRejected) return run(script, file, loadBundle);
  const { keepCompiledCode } = require('./compile-cache.js');
  keepCompiledCode();
  return require(file);
}

/** The same without cached code; {@link scripts} has the scripts afterwards. `onChunk`: called with the name of each chunk before it is run. */
function compileBundle(name = ENTRY, onChunk = undefined) {
  const file = join(DIRECTORY, name);
  return run(compile(file), file, compileBundle, onChunk);
}

/** The text is that of a function already: to wrap it here would copy a megabyte. */
function compile(file, cachedData) {
  // esbuild writes only ASCII, which V8 takes without a copy
  return new vm.Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** `loadBeside`: loads a file beside this one, which is a script with cached code as well. */
function run(script, file, loadBeside, onChunk) {
  scripts.set(file, script);
  const module = { exports: {}, loadBeside, onChunk };
  script.runInThisContext()(module.exports, createRequire(file), module, file, DIRECTORY);
  return module.exports;
}

/** Stores what V8 has compiled of the scripts; for a verb only of the first one. */
function keepCode(verb) {
  for (const [file, script] of scripts)
    if (verb === undefined || file.endsWith(ENTRY)) writeFileSync(codeFileOf(file, verb), script.createCachedData());
}

module.exports = { compileBundle, keepCode, loadBundle };
