/**
 * Joins the chunks of a bundle into a few scripts with one function for each chunk: those that small commands use, those of long commands, and the rest. A
 * script is read when a chunk of it is needed: a megabyte of text that is only read is 3 ms. What a command does not use is neither run nor compiled, and not in
 * the cache of compiled code.
 *
 * A chunk is one source module, and `emit` of one event uses two fifths of those that its modules import. Imports of the others are loaded at their first use.
 * It is right because our modules do nothing when they are loaded but to define.
 */

import { basename } from 'node:path';
import { transform } from 'esbuild';
import { LAZILY, lazyImports } from './lazy-requires.js';

const MODULE = 'exports, require, module, __filename, __dirname';

/** What one chunk imports of another, at once and later, and what it exports, as esbuild writes it. */
const IMPORT = /^import (?:\{([^}]*)\} from )?"(\.\/[^"]+\.js)";$/gm;
const LATER = /\bimport\("(\.\/[^"]+\.js)"\)/g;
/** A `require()` that lazy-requires.js has made a chunk of: CommonJS, which is the default export of its chunk. */
const NOW = /\b__now\(import\("(\.\/[^"]+\.js)"\)\)/g;
const EXPORT = /^export \{([^}]*)\};$/gm;
/** The only export of a package that is CommonJS. */
const DEFAULT = /^export default (.*);$/gm;
/** What must not be left: a form of these that is not known here. */
const LEFT = /^(?:export\b|import\b.*"\.\/).*/m;

/** Names of {@link LOADER} that the functions of chunks use. */
const SHARED = '__lazily, __later, __add';

/**
 * Loads a chunk once, as Node does a module; what is no chunk is loaded by Node. `beside`: the other scripts, in the order in which they are read. */
const loader = (beside) => `
${LAZILY}
const __loaded = new Map();
const __chunks = new Map();
const __add = (name, chunk) => __chunks.set(name, chunk);
const __beside = ${JSON.stringify(beside)};
const __readNext = () => {
  const file = __beside.shift();
  (module.loadBeside?.(file) ?? require("./" + file))(${SHARED});
};
const __find = (name) => {
  if (!name.endsWith(".js")) return undefined;
  while (!__chunks.has(name) && __beside.length > 0) __readNext();
  return __chunks.get(name);
};
const __load = (name) => {
  const known = __loaded.get(name);
  if (known !== undefined) return known;
  const chunk = __find(name);
  if (chunk === undefined) return require(name);
  module.onChunk?.(name);
  let values;
  chunk(__load, __load, (...all) => {
    values = all;
  });
  __loaded.set(name, values);
  return values;
};
const __named = (values, names) => Object.fromEntries(names.map((name, at) => [name, values[at]]));
const __later = async (name, names) => __named(__load(name), names);
`;

/** `a, b as c` as pairs: what is named, and as what. */
function pairs(names) {
  return names
    .split(',')
    .map((name) => name.trim().split(' as '))
    .filter(([name]) => name !== '')
    .map(([name, as = name]) => [name, as]);
}

/** The exports of a chunk in order: each value, and the name that others know it by. */
function exportsOf({ text }) {
  const named = [...text.matchAll(EXPORT)].flatMap(([, names]) => pairs(names));
  return [...named, ...[...text.matchAll(DEFAULT)].map(([, value]) => [value, 'default'])];
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

/** Where a lazy import of a chunk is declared, and where a member of it is used. */
const LAZY_CHUNK = /\b(import_[\w$]+) = __lazily\(\(\) => require\("(\.\/[^"]+\.js)"\)\)/g;
const LAZY_MEMBER = /\b(import_[\w$]+)\.it\.([\w$]+)/g;
const EAGER_CHUNK = /^.*= require\("\.\/[^"]+\.js"\);$/m;

/** Whether it only passes on the exports of others, and is loaded for these. */
const isStub = ({ text }) => !/^(?!(?:import|export)\b|[\s}\]]|$)/m.test(text);

/** The names of the chunks that a chunk imports at once. */
const importedAtOnce = (chunk, isLazy) =>
  [...chunk.text.matchAll(IMPORT)]
    .filter(([, names, from]) => names !== undefined && (isStub(chunk) || !isLazy(chunk.name, from)))
    .map(([, , from]) => from);

/**
 * A call that adds the function of a chunk, which gives its exports in their order. An object with their names would be 2 % of a small command, getters as a
 * translation to CommonJS would make them 3 ms. Values are taken once: no export is assigned later, and chunks do not import each other in a circle.
 * `names`: of the exports of each chunk. `isLazy`: whether the second chunk is loaded when the first one first uses it.
 */
async function functionOf(chunk, names, isLazy) {
  const { name, text } = chunk;
  refuseLater(chunk);
  const place = (from, exported) => {
    const at = names.get(from).indexOf(exported);
    if (at === -1) throw new Error(`${name} imports ${exported}, which ${from} does not export`);
    return at;
  };
  const atOnce = new Set(importedAtOnce(chunk, isLazy));
  const linked = text
    .replaceAll(IMPORT, (all, imported, from) => {
      // esbuild imports for its order each chunk that a chunk needs, also what others import for it
      if (imported === undefined) return '';
      if (!atOnce.has(from)) return all;
      const taken = pairs(imported).map(([exported, as]) => `const ${as} = __from[${place(from, exported)}];`);
      return `__from = __load("${from}"); ${taken.join(' ')}`;
    })
    .replaceAll(NOW, (_, from) => `__load("${from}")[${place(from, 'default')}]`)
    .replaceAll(LATER, (_, from) => `__later("${from}", ${JSON.stringify(names.get(from))})`)
    .replaceAll(EXPORT, '')
    .replaceAll(DEFAULT, '');
  const [left] = LEFT.exec(linked.replaceAll(IMPORT, '')) ?? [];
  if (left !== undefined && !left.includes('.cjs"')) throw new Error(`${name} cannot be packed: ${left}`);
  const given = exportsOf(chunk).map(([value]) => value);
  const { code } = await transform(`let __from;\n${linked}\n__give(${given.join(', ')});\n`, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // cached code cannot use import(); require() works as well
    supported: { 'dynamic-import': false },
  });
  const lazy = lazyImports(code);
  const [eager] = EAGER_CHUNK.exec(lazy) ?? [];
  if (eager !== undefined) throw new Error(`${name} uses a lazy import otherwise than by its members: ${eager}`);
  const sources = new Map([...lazy.matchAll(LAZY_CHUNK)].map(([, variable, from]) => [variable, from]));
  const byPlace = lazy.replaceAll(LAZY_MEMBER, (member, variable, exported) =>
    sources.has(variable) ? `${variable}.it[${place(sources.get(variable), exported)} /* ${exported} */]` : member,
  );
  return `__add("${name}", function (require, __load, __give) {\n${byPlace}});\n`;
}

/** A module for require(). In a script, which knows no `exports`, its value is the function of that module. */
export function asScript(body) {
  return `(typeof exports === "object" ? (load) => load(${MODULE}) : (load) => load)(function (${MODULE}) {\n${body}\n});\n`;
}

/**
 * Texts of scripts by file name, in ASCII. The first one loads the others when it needs them.
 * `files`: the chunks that esbuild made, as ES modules. `entry`: name of the chunk to run first. `scripts`: for each file the names of the chunks that go there
 * with what these load at once, unless they are in a script before it; the last one has the rest, too. `isLazy`: whether the second chunk is loaded when the first one first uses it.
 */
export async function packChunks(files, { entry, scripts, isLazy }) {
  const chunks = new Map(files.map(({ path, text }) => [`./${basename(path)}`, { name: `./${basename(path)}`, text }]));
  refuseCircles(chunks);
  const names = new Map([...chunks].map(([name, chunk]) => [name, exportsOf(chunk).map(([, as]) => as)]));
  const left = new Map(chunks);
  // with what they load at once: four small chunks had each emit of volume read the two megabytes that nothing else of it needed
  const take = (wanted) =>
    wanted.flatMap((name) => {
      const chunk = left.get(name);
      if (chunk === undefined) return [];
      left.delete(name);
      return [chunk, ...take(importedAtOnce(chunk, isLazy))];
    });
  const [first, ...beside] = Object.keys(scripts);
  const parts = Object.entries(scripts).map(([file, those]) => [
    file,
    take(file === first ? [entry, ...those] : those),
  ]);
  parts.at(-1)[1].push(...left.values());
  const written = parts.map(async ([file, those]) => {
    const functions = those.map((chunk) => functionOf(chunk, names, isLazy));
    // added one by one: an object with a property for each would get a shape for each of them
    const text = (await Promise.all(functions)).join('');
    return [
      file,
      file === first
        ? asScript(
            `${loader(beside)}${text}module.exports = __named(__load("${entry}"), ${JSON.stringify(names.get(entry))});`,
          )
        : asScript(`module.exports = (${SHARED}) => {\n${text}};`),
    ];
  });
  return Object.fromEntries(await Promise.all(written));
}
