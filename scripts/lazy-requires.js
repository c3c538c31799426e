/**
 * Makes the bundle of our verbs load what a command uses, and not all that its modules import: an `import` of a module of Node, or of one part of oclif by
 * another, becomes a function that loads it when it is first used.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Calls `load` once, at the first use of `it`: a member, and no call, because `new name().Class()` would be another expression. Part of the bundle. A class,
 * because V8 makes a new shape for each object that is written with a getter: 1 % of a small command.
 */
export const LAZILY = `class __Lazy {
  constructor(load) {
    this.load = load;
    this.value = undefined;
  }
  get it() {
    return (this.value ??= this.load());
  }
}
const __lazily = (load) => new __Lazy(load);`;

/** Modules that Node's own start has not loaded: 0.2 to 3 ms each. */
const HEAVY = new Set(
  [
    'child_process',
    'crypto',
    'fs/promises',
    'net',
    'os',
    'perf_hooks',
    'readline',
    'stream',
    'stream/promises',
    'timers/promises',
    'tls',
    'tty',
    'worker_threads',
    'zlib',
  ].flatMap((name) => [name, `node:${name}`]),
);

/** Where esbuild declares names that it assigns later. */
const NAMES = /^ *var [\w$]+(?:, [\w$]+)*;$/gm;

/** The text with `name` loaded by `expression` at its first use; null if the name is used otherwise than by its members. */
function atFirstUse(text, declaration, name, replacement) {
  const rest = text.replace(declaration, '').replaceAll(NAMES, '');
  // no member of something else, but it may be spread
  const used = `(?<![\\w$]|(?<!\\.\\.)\\.)${name}`;
  const uses = rest.match(new RegExp(`${used}(?![\\w$])`, 'g')) ?? [];
  const members = rest.match(new RegExp(`${used}\\.`, 'g')) ?? [];
  if (uses.length !== members.length) return null;
  return text
    .replace(declaration, '\0')
    .replaceAll(new RegExp(`${used}\\.`, 'g'), `${name}.it.`)
    .replace('\0', () => replacement);
}

const OCLIF = /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/;

/** What oclif's command does with the stream when it is loaded, which makes it: 4 ms. Our commands guard both standard streams when these are made (guard-output.ts). */
const LISTENER = /^process\.stdout\.on\('error', \(err\) => \{\n(?: {4}.*\n)+\}\);\n/m;

function withoutListener(path, text) {
  if (!/[\\/]core[\\/]lib[\\/]command\.js$/.test(path)) return text;
  if (!LISTENER.test(text)) throw new Error(`${path} has no listener on standard output: is one still needed?`);
  return text.replace(LISTENER, '');
}

/** Plugin of esbuild: parts of oclif load one another at the first use. A command needs a third of them: no help, no plugins, no spinner. */
export const lazyOclif = {
  name: 'lazy-oclif',
  setup({ onLoad, onResolve, resolve }) {
    // the CommonJS build of a package, as require() finds it
    onResolve({ filter: /^/ }, ({ kind, path, importer, resolveDir }) =>
      kind === 'dynamic-import' && OCLIF.test(importer)
        ? resolve(path, { kind: 'require-call', importer, resolveDir })
        : undefined,
    );
    // the command asks it for its version, and to make an object of all of it takes 0.3 ms
    onLoad({ filter: /[\\/]@oclif[\\/]core[\\/]package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    onLoad({ filter: OCLIF }, ({ path }) => {
      let contents = withoutListener(path, readFileSync(path, 'utf8'));
      for (const [declaration, name, expression] of contents.matchAll(
        /^const (\w+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm,
      )) {
        // import() has esbuild put the part into a chunk of its own; pack-chunks.js makes require() of it again
        const loaded = expression.replace(/require\(("(?!node:)[^"]+")\)/, '__now(import($1))');
        contents = atFirstUse(contents, declaration, name, `const ${name} = __lazily(() => ${loaded});`) ?? contents;
      }
      return { contents, loader: 'js' };
    });
  },
};

/** Logging for oclif's developers. Its package looks at the terminal when it is loaded, which loads two modules of Node. */
export const quietDebug = {
  name: 'quiet-debug',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, ({ namespace }) =>
      namespace === 'quiet-debug' ? undefined : { path: 'debug', namespace: 'quiet-debug' },
    );
    onLoad({ filter: /^debug$/, namespace: 'quiet-debug' }, () => ({
      contents:
        'module.exports = process.env.DEBUG ? __now(import("debug")) : () => Object.assign(() => {}, { enabled: false });',
      resolveDir: ROOT,
    }));
  },
};

/** Where esbuild declares the imports of Node's modules and of chunks. */
const IMPORT = /\b(import_\w+) = ((?:__toESM\()?require\("([^"]+)"\)(?:, \d)?\)?);/g;

/** The text of a script whose imports of Node's heavy modules, and of chunks that are imported still, are loaded at the first use. */
export function lazyImports(script) {
  let text = script;
  for (const [declaration, name, expression, module] of script.matchAll(IMPORT)) {
    if (!HEAVY.has(module) && !module.startsWith('./')) continue;
    text = atFirstUse(text, declaration, name, `${name} = __lazily(() => ${expression});`) ?? text;
  }
  return text;
}
