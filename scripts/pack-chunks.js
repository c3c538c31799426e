/**
 * Joins the chunks of a bundle into one script with one function for each. What a command does not use is then neither run nor compiled, and not in the
 * cache of compiled code either. In one scope all functions of all verbs were: half of that cache.
 */

import { basename } from 'node:path';
import { transform } from 'esbuild';
import { LAZILY, lazyBuiltins } from './lazy-requires.js';

const MODULE = 'exports, require, module, __filename, __dirname';

/** Loads a chunk once, as Node does a module; what is no chunk is loaded by Node. */
const LOADER = `
const __bundleUrl = require("node:url").pathToFileURL(__filename).href;
${LAZILY}
const __loaded = new Map();
const __load = (name) => {
  const chunk = __chunks[name];
  if (chunk === undefined) return require(name);
  let exports = __loaded.get(name);
  if (exports === undefined) {
    exports = {};
    chunk(__load, __load, (all) => { exports = all; });
    __loaded.set(name, exports);
  }
  return exports;
};
const __later = async (name) => __load(name);
`;

/** What one chunk imports of another, and what it exports, as esbuild writes both. */
const IMPORT = /^import (?:\{([^}]*)\} from )?("\.\/[^"]+\.js");$/gm;
const LATER = /\bimport\(("\.\/[^"]+\.js")\)/g;
const EXPORT = /^export \{([^}]*)\};$/gm;

/** `a, b as c` as properties: `a: a, b: c` where they are taken, and `a: a, c: b` where they are given. */
function properties(names, isGiven) {
  return names
    .split(',')
    .map((name) => name.trim().split(' as '))
    .filter(([name]) => name !== '')
    .map(([name, as = name]) => (isGiven ? `${as}: ${name}` : `${name}: ${as}`))
    .join(', ');
}

/**
 * The body of a chunk's function. Values are taken once, when a chunk is loaded: getters, as a translation to CommonJS would make them, took 3 ms. It is
 * right because no export is assigned later, and because chunks do not import each other in a circle: modules that do are in one chunk.
 */
async function bodyOf(chunk) {
  const linked = chunk
    .replaceAll(IMPORT, (_, names, from) =>
      names === undefined ? `__load(${from});` : `const { ${properties(names, false)} } = __load(${from});`,
    )
    .replaceAll(LATER, (_, from) => `__later(${from})`)
    .replaceAll(EXPORT, (_, names) => `__give({ ${properties(names, true)} });`);
  const { code } = await transform(linked, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // cached code cannot use import(); require() works as well
    supported: { 'dynamic-import': false },
  });
  return code;
}

/**
 * The text of the script, in ASCII. It is a module for require(). In a script, which knows no `exports`, its value is the function of that module.
 * `files`: the chunks that esbuild made, as ES modules. `entry`: the name of the first to run.
 */
export async function packChunks(files, entry) {
  const chunks = await Promise.all(
    files.map(async ({ path, text }) => {
      const body = lazyBuiltins(await bodyOf(text));
      return `"./${basename(path)}": function (require, __load, __give) {\n${body}}`;
    }),
  );
  const main = JSON.stringify(`./${entry}`);
  const body = `${LOADER}const __chunks = {\n${chunks.join(',\n')}\n};\nmodule.exports = __load(${main});\n`;
  return `(typeof exports === "object" ? (load) => load(${MODULE}) : (load) => load)(function (${MODULE}) {${body}});\n`;
}
