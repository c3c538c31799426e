/**
 * Puts the JavaScript of better-sqlite3 into the bundles of the command line: to find and compile its twelve files took 5 ms of processor time at every start.
 * It is used only where the same version is installed; the binary is always that of the installed package.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/better-sqlite3');
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
const IS_12 = Number.parseInt(version, 10) < 13;

/**
 * How the binary is loaded, which Node's `require` does after a search of its own. CommonJS, as what uses it. `directory`: of the installed package. A file that
 * is not there is an error with the code that `require` gives it: the system has words of its own for it.
 */
const INSTALLED = `
const { existsSync } = require('node:fs');
const { toNamespacedPath } = require('node:path');
exports.directory = undefined;
exports.open = (file) => {
  const binary = { exports: {} };
  try {
    process.dlopen(binary, toNamespacedPath(file));
  } catch (error) {
    throw existsSync(file) ? error : Object.assign(new Error(file + ' is missing'), { code: 'MODULE_NOT_FOUND' });
  }
  return binary.exports;
};
`;

/** In place of `driver-module.ts`. Version 12 may have its binary elsewhere, which the package itself looks for. */
const MODULE = `
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import installed from 'installed-sqlite';
export const requireDriver = (version, directory) => {
  installed.directory = directory;
  const hasBinary = ${!IS_12} || existsSync(directory + '/build/Release/better_sqlite3.node');
  return version === ${JSON.stringify(version)} && hasBinary ? require('better-sqlite3') : createRequire(__filename)('better-sqlite3');
};
`;

/** The package's own search for its binary, which begins beside itself. */
function binding(text) {
  const opening = 'DEFAULT_ADDON = require(';
  if (!text.includes(opening)) throw new Error('better-sqlite3 loads its binary in another way');
  return `const { directory, open } = require('installed-sqlite');\nconst __dirname = directory + '/lib';\n${text.replaceAll(opening, 'DEFAULT_ADDON = open(')}`;
}

export const bundledSqlite = {
  name: 'bundled-sqlite',
  setup({ onLoad, onResolve }) {
    if (!existsSync(join(PACKAGE, 'lib/index.js'))) throw new Error('better-sqlite3 is not installed: npm run setup');
    onLoad({ filter: /[\\/]connection[\\/]driver-module\.ts$/ }, () => ({
      contents: MODULE,
      resolveDir: PACKAGE,
      loader: 'js',
    }));
    onResolve({ filter: /^better-sqlite3$/ }, ({ kind }) =>
      kind === 'require-call' ? { path: join(PACKAGE, 'lib/index.js') } : undefined,
    );
    onResolve({ filter: /^installed-sqlite$/ }, () => ({ path: 'installed-sqlite', namespace: 'bundled-sqlite' }));
    onLoad({ filter: /^installed-sqlite$/, namespace: 'bundled-sqlite' }, () => ({ contents: INSTALLED }));
    // looks for the binary in a dozen places, beginning at the file that calls it
    onResolve({ filter: /^bindings$/ }, () => ({ path: 'bindings', namespace: 'bundled-sqlite' }));
    onLoad({ filter: /^bindings$/, namespace: 'bundled-sqlite' }, () => ({
      contents: `const { directory, open } = require('installed-sqlite');\nmodule.exports = () => open(directory + '/build/Release/better_sqlite3.node');`,
    }));
    onLoad({ filter: /[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/ }, ({ path }) => ({
      contents: binding(readFileSync(path, 'utf8')),
    }));
  },
};
