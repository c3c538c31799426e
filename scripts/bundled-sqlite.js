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

/** The folder of the installed package. `__bundleUrl` is in every bundle. */
const DIRECTORY = `require('node:path').dirname(require('node:module').createRequire(__bundleUrl).resolve('better-sqlite3/package.json'))`;

/** In place of `driver-module.ts`. Version 12 may have its binary elsewhere, which the package itself looks for. */
const MODULE = `
const { existsSync } = require('node:fs');
const hasBinary = () => existsSync(${DIRECTORY} + '/build/Release/better_sqlite3.node');
export const requireDriver = (version) =>
  version === ${JSON.stringify(version)} && (${!IS_12} || hasBinary())
    ? require('better-sqlite3')
    : require('node:module').createRequire(__bundleUrl)('better-sqlite3');
`;

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
    // looks for the binary in a dozen places, beginning at the file that calls it
    onResolve({ filter: /^bindings$/ }, () => ({ path: 'bindings', namespace: 'bundled-sqlite' }));
    onLoad({ filter: /^bindings$/, namespace: 'bundled-sqlite' }, () => ({
      contents: `const binary = ${DIRECTORY} + '/build/Release/better_sqlite3.node'; module.exports = () => require(binary);`,
    }));
    // looks for the binary beside itself
    onLoad({ filter: /[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/ }, ({ path }) => ({
      contents: `const __dirname = ${DIRECTORY} + '/lib';\n${readFileSync(path, 'utf8')}`,
    }));
  },
};
