/**
 * Joins the chunks of a bundle into a few scripts with one function for each chunk: those that small commands use, those of long commands, and the rest. A
 * script is read when a chunk of it is needed: a megabyte of text that is only read is 3 ms. What a command does not use is neither run nor compiled, and not in
 * the cache of compiled code.
 *
 * A chunk is one module of ours, and `emit` of one event uses two fifths of those that its modules import. Imports of the others are loaded at their first use.
 * It is right because our modules do nothing when they are loaded but to define.
 */

import { basename } from 'node:path';
import { transform } from 'esbuild';
import { LAZILY, lazyImports } from './lazy-requires.js';

const MODULE = 'exports, require, module, __filename, __dirname';

/** What one chunk imports of another, at once and later, and what it exports, as esbuild writes it. */
const IMPORT = /^import (?:\{([^}]*)\} from )?"(\.\/[^"]+\.js)";$/gm;
const LATER = /\bimport\(("\.\/[^"]+\.js")\)/g;
/** A `require()` that lazy-requires.js has made a chunk of: CommonJS, which is the default export of its chunk. */
const NOW = /\b__now\(import\(("\.\/[^"]+\.js")\)\)/g;
const EXPORT = /^export \{([^}]*)\};$/gm;
/** The only export of a package that is CommonJS. */
const DEFAULT = /^export default (.*);$/gm;
/** What must not be left: a form of these that is not known here. */
const LEFT = /^(?:export\b|import\b.*"\.\/).*/m;

/** Names of {@link LOADER} that the functions of chunks use. */
const SHARED = '__bundleUrl, __lazily, __later';

/** Loads a chunk once, as Node does a module; what is no chunk is loaded by Node. `beside`: the other scripts, in the order in which they are read. */
const loader = (beside) => `
const __bundleUrl = require("node:url").pathToFileURL(__filename).href;
${LAZILY}
const __loaded = new Map();
const __beside = ${JSON.stringify(beside)};
const __readNext = () => {
  const file = __beside.shift();
  Object.assign(__chunks, (module.loadBeside?.(file) ?? require("./" + file))(${SHARED}));
};
const __find = (name) => {
  if (!name.endsWith(".js")) return undefined;
  while (__chunks[name] === undefined && __beside.length > 0) __readNext();
  return __chunks[name];
};
const __load = (name) => {
  const known = __loaded.get(name);
  if (known !== undefined) return known;
  const chunk = __find(name);
  if (chunk === undefined) return require(name);
  module.onChunk?.(name);
  let exports = {};
  chunk(__load, __load, (all) => {
    exports = all;
  });
  __loaded.set(name, exports);
  return exports;
};
const __later = async (name) => __load(name);
`;

/** `a, b as c` as properties: `a: a, b: c` where they are taken, and `a: a, c: b` where they are given. */
function properties(names, isGiven) {
  return names
    .split(',')
    .map((name) => name.trim().split(' as '))
    .filter(([name]) => name !== '')
    .map(([name, as = name]) => (isGiven ? `${as}: ${name}` : `${name}: ${as}`))
    .join(', ');
}

/** @throws Error if chunks import each other in a circle; modules that do are in one chunk */
function refuseCircles(chunks) {
  const done = new Set();
  const visit = (name, path) => {
    if (path.includes(name)) throw new Error(`chunks import each other: ${[...path, name].join(', ')}`);
    if (done.has(name)) return;
    for (const [, names, from] of chunks.get(name).text.matchAll(IMPORT))
      if (names !== undefined) visit(from, [...path, name]);
    done.add(name);
  };
  for (const name of chunks.keys()) visit(name, []);
}

/** @throws Error if a chunk exports a module that is run later, as esbuild does with an ES module that is required: its values are assigned then */
function refuseLater({ name, text }) {
  for (const [, names] of text.matchAll(EXPORT))
    if (/\binit_/.test(names)) throw new Error(`${name} exports a module that is run later: ${names.trim()}`);
}

/**
 * The function of a chunk. Values are taken once, when a chunk is loaded: getters, as a translation to CommonJS would make them, took 3 ms. It is right
 * because no export is assigned later, and because chunks do not import each other in a circle. `isLazy`: whether a chunk, by its name, is loaded at its first use.
 */
async function functionOf({ name, text }, isLazy) {
  refuseLater({ name, text });
  // what only passes on the exports of others is loaded for these
  const isStub = !/^(?!(?:import|export)\b|[\s}\]]|$)/m.test(text);
  const linked = text
    .replaceAll(IMPORT, (all, names, from) => {
      // esbuild imports for its order each chunk that a chunk needs, also what others import for it
      if (names === undefined) return '';
      return isLazy(from) && !isStub ? all : `const { ${properties(names, false)} } = __load("${from}");`;
    })
    .replaceAll(NOW, (_, from) => `__load(${from}).default`)
    .replaceAll(LATER, (_, from) => `__later(${from})`)
    .replaceAll(EXPORT, (_, names) => `__give({ ${properties(names, true)} });`)
    .replaceAll(DEFAULT, (_, value) => `__give({ default: ${value} });`);
  const [left] = LEFT.exec(linked.replaceAll(IMPORT, '')) ?? [];
  if (left !== undefined && !left.includes('.cjs"')) throw new Error(`${name} cannot be packed: ${left}`);
  const { code } = await transform(linked, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // cached code cannot use import(); require() works as well
    supported: { 'dynamic-import': false },
  });
  return `"${name}": function (require, __load, __give) {\n${lazyImports(code)}}`;
}

/** A module for require(). In a script, which knows no `exports`, its value is the function of that module. */
export function asScript(body) {
  return `(typeof exports === "object" ? (load) => load(${MODULE}) : (load) => load)(function (${MODULE}) {\n${body}\n});\n`;
}

/**
 * Texts of scripts by file name, in ASCII. The first one loads the others when it needs them.
 * `files`: the chunks that esbuild made, as ES modules. `entry`: name of the chunk to run first. `scripts`: for each file the names of the chunks that go there,
 * unless they are in a script before it; the last one has the rest, too. `isLazy`: whether the second chunk is loaded when the first one first uses it.
 */
export async function packChunks(files, { entry, scripts, isLazy }) {
  const chunks = new Map(files.map(({ path, text }) => [`./${basename(path)}`, { name: `./${basename(path)}`, text }]));
  refuseCircles(chunks);
  const left = new Map(chunks);
  const take = (names) =>
    names.flatMap((name) => {
      const chunk = left.get(name) ?? [];
      left.delete(name);
      return chunk;
    });
  const [first, ...beside] = Object.keys(scripts);
  const parts = Object.entries(scripts).map(([file, names]) => [file, take(file === first ? [entry, ...names] : names)]);
  parts.at(-1)[1].push(...left.values());
  const written = parts.map(async ([file, those]) => {
    const functions = those.map((chunk) => functionOf(chunk, (name) => isLazy(chunk.name, name)));
    const text = `{\n${(await Promise.all(functions)).join(',\n')}\n}`;
    return [
      file,
      file === first
        ? asScript(`${loader(beside)}const __chunks = ${text};\nmodule.exports = __load("${entry}");`)
        : asScript(`module.exports = (${SHARED}) => (${text});`),
    ];
  });
  return Object.fromEntries(await Promise.all(written));
}
