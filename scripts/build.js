/**
 * Builds the package: the library as bundles with types, the command line as bundles that start fast, and oclif's manifest. Does nothing if the
 * last build had the same inputs, unless called with --force.
 */

import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledSqlite } from './bundled-sqlite.js';
import { inputHash } from './input-hash.js';
import { LAZILY, lazyImports, lazyOclif, quietDebug } from './lazy-requires.js';
import { manPage } from './man-page.js';
import { asScript, packChunks } from './pack-chunks.js';
import { INPUT, OTHERS, SMALL } from './sample-commands.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Resolves when the program has ended with 0. What it prints is shown only if it fails: sample commands print what they did. */
const execute = (program, args) =>
  new Promise((resolve, reject) => {
    // no oclif notes about newer versions in the output of a build
    const env = { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true' };
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const printed = [];
    child.stderr.on('data', (piece) => printed.push(piece));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(printed));
      return reject(new Error(`${program} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
const run = (tool, ...args) => execute(join(root, 'node_modules/.bin', tool), args);

// not in dist, because that is published
const stamp = join(root, 'node_modules/.completengine-build');
const hash = inputHash(root);
const results = [
  'dist/lib/index.js',
  'dist/lib/index.d.ts',
  'dist/cli/main.js',
  'dist/cli/verbs.cjs.code',
  'dist/cli/verbs-long.cjs.code',
  'dist/cli/verbs-seldom.cjs.code',
  'dist/cli/writer-thread.cjs.code',
  'oclif.manifest.json',
  'dist/man/completengine.1',
  'src/core/kernel/kernel.wasm',
  'src/core/kernel/kernel-shared.wasm',
];
const isBuilt =
  existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && results.every((file) => existsSync(join(root, file)));
if (isBuilt && !process.argv.includes('--force')) process.exit();

rmSync(stamp, { force: true });
rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, 'oclif.manifest.json'), { force: true });

// the kernel lies beside each module that loads it: in the sources for the tests, in the library, and beside the bundles
const kernels = join(root, 'src/core/kernel');
const KERNELS = ['kernel.wasm', 'kernel-shared.wasm'];
const compileKernels = () => execute(process.execPath, [join(root, 'scripts/compile-kernels.js'), kernels]);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // native modules stay where npm installed them
  external: ['better-sqlite3', '@napi-rs/blake-hash', 'zstd-napi'],
  logLevel: 'warning',
};

/** For bundles that are CommonJS. */
const HERE = { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' };

const threads = {
  'writer-worker': 'src/core/ledger/sqlite/threads/writer-worker.ts',
  'reader-worker': 'src/core/ledger/sqlite/threads/reader-worker.ts',
  'backup-worker': 'src/core/ledger/sqlite/threads/backup-worker.ts',
};

// for help, completion and plugins: modules that oclif discovers
const commands = readdirSync(join(root, 'src/commands'), { recursive: true }).filter((file) => file.endsWith('.ts'));
const bundleCommands = () =>
  build({
    ...common,
    entryPoints: {
      main: 'src/cli/app/main.ts',
      help: 'src/cli/app/help.ts',
      ...threads,
      ...Object.fromEntries(commands.map((file) => [`commands/${file.replace(/\.ts$/, '')}`, `src/commands/${file}`])),
    },
    outdir: 'dist/cli',
    splitting: true,
    format: 'esm',
    // bundled CommonJS loads Node's modules by require()
    banner: {
      js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
    },
  });

// bundles of their own, which few commands load; they hold nothing that another one compares: two copies of our error class would not know each other
const APART = { 'nats-client': 'src/core/ledger/nats/client.ts', drawing: 'src/cli/plate/drawing.ts' };
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/(client|drawing)\.ts$/ }, ({ path, resolveDir, kind }) => {
      const found = Object.entries(APART).find(([, file]) => join(resolveDir, path) === join(root, file));
      return found === undefined || kind === 'entry-point' ? undefined : { path: `./${found[0]}.cjs`, external: true };
    });
  },
};
const bundleApart = () =>
  build({
    ...common,
    entryPoints: APART,
    define: HERE,
    outdir: 'dist/cli',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    minify: true,
  });

/**
 * The library, in few files: to find and compile 729 modules took 130 ms of processor time in each process, and again in each of its threads. What few
 * programs use, such as NATS and archives, is in files that are loaded later. `tsc` writes the types beside them, and the modules to `dist/modules` for tests.
 */
const bundleLibrary = (entryPoints) =>
  build({
    ...common,
    packages: 'external',
    entryPoints,
    outdir: 'dist/lib',
    splitting: true,
    format: 'esm',
    // with the sources, which are not published: stacks name their lines
    sourcemap: true,
    write: false,
  }).then(({ outputFiles }) => {
    mkdirSync(join(root, 'dist/lib'), { recursive: true });
    for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith('.js') ? withClassNames(text) : text);
  });

/** A class that names itself inside is `_Name` in a bundle, and so it would be in stacks and in what a user prints. */
function withClassNames(text) {
  const names = [...text.matchAll(/^var (\w+) = class _\1 /gm)].map(([, name]) => name);
  return names.reduce((each, name) => each.replaceAll(new RegExp(`(?<![\\w$.])_${name}(?![\\w$])`, 'g'), name), text);
}

/** Options of the bundles that start fast: CommonJS, which a cache of compiled code can hold and a thread starts 11 ms sooner. */
const quick = {
  ...common,
  plugins: [apart, bundledSqlite, lazyOclif, quietDebug],
  // a third of a megabyte, needed only by regular expressions: every start would read it
  external: [...common.external, 're2js'],
  define: HERE,
};
// a thread begins with `*-worker.cjs`, which scripts/keep-code.js writes, and which loads its bundle with the compiled code
const bundleThreads = async () => {
  const { outputFiles } = await build({
    ...quick,
    entryPoints: Object.fromEntries(
      Object.entries(threads).map(([name, file]) => [name.replace('-worker', '-thread'), file]),
    ),
    outdir: 'dist/cli',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    supported: { 'dynamic-import': false },
    write: false,
  });
  for (const { path, text } of outputFiles) writeFileSync(path, asScript(`${LAZILY}\n${lazyImports(text)}`));
};

/** For our own verbs: a chunk for each source module, and for what packages share. {@link packVerbs} joins them. */
const bundleVerbs = async () => {
  const options = { ...quick, outdir: 'dist/cli', splitting: true, format: 'esm', write: false, metafile: true };
  const { metafile } = await build({ ...options, entryPoints: { main: 'src/main.ts' } });
  const modules = Object.keys(metafile.inputs).filter((file) => /^src\/.*\.ts$/.test(file));
  return build({ ...options, entryPoints: modules, entryNames: '[name]-[hash]' });
};

/** The chunks with those that they load at once: without them a long command would read all seldom ones for a function that it never calls. */
const withImports = (names, { outputs }, isLazy) => {
  const imports = new Map(
    Object.entries(outputs).map(([path, chunk]) => [
      `./${basename(path)}`,
      chunk.imports
        .filter(({ kind, external }) => kind === 'import-statement' && !external)
        .map(({ path: to }) => `./${basename(to)}`),
    ]),
  );
  const all = new Set(names);
  // a set is walked to what is added meanwhile
  for (const from of all) for (const to of imports.get(from) ?? []) if (!isLazy(from, to)) all.add(to);
  return [...all];
};

/**
 * A chunk up to this size, in bytes, that imports nothing is loaded with those that import it: that takes some microseconds. The scanner asked for each byte
 * whether the constants of bytes are loaded, 7 % of `inspect`.
 */
const LEAF_BYTES_MAX = 2048;

/** Packs the chunks twice: the first time to see which of them commands use, the second time so that each command loads and reads few others. */
const packVerbs = async ({ outputFiles, metafile }) => {
  const [entry] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'src/main.ts');
  const pack = async (scripts, isLazy) => {
    const packed = await packChunks(outputFiles, { entry: `./${basename(entry)}`, scripts, isLazy });
    for (const [file, text] of Object.entries(packed)) writeFileSync(join(root, 'dist/cli', file), text);
  };
  // the shell makes a pipe, where Node would make a socket; a log file is examined, and /dev/null is not
  const piped = `echo '${INPUT}' | exec "$0" "$@" >"$2/printed"`;
  const keepCode = (...words) =>
    execute('sh', ['-c', piped, process.execPath, join(root, 'scripts/keep-code.js'), ...words]);
  const inSamples = async (each) => {
    const directory = mkdtempSync(join(tmpdir(), 'completengine-build-'));
    try {
      for (const sample of [...SMALL, OTHERS]) await each(sample, directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  await pack({ 'verbs.cjs': [] }, () => true);
  const used = new Map();
  await inSamples(async (sample, directory) => {
    const file = join(directory, 'chunks.json');
    await keepCode(directory, sample, file);
    used.set(sample, new Set(JSON.parse(readFileSync(file, 'utf8'))));
  });
  const small = SMALL.map((sample) => used.get(sample));
  const isLeaf = (name) => {
    const { bytes, imports } = metafile.outputs[`dist/cli/${basename(name)}`];
    return bytes <= LEAF_BYTES_MAX && imports.length === 0 && small.some((names) => names.has(name));
  };
  // a chunk that no small command uses loads its imports at once: what is run a million times is not asked each time whether it is loaded
  const isLazy = (from, to) => small.some((names) => names.has(from) && !names.has(to)) && !isLeaf(to);
  await pack(
    {
      'verbs.cjs': [...new Set(small.flatMap((names) => [...names]))],
      'verbs-long.cjs': withImports(used.get(OTHERS), metafile, isLazy),
      'verbs-seldom.cjs': [],
    },
    isLazy,
  );
  await inSamples((sample, directory) => keepCode(directory, sample));
};
// the compilers read only sources, so they share the cores
const [verbs] = await Promise.all([
  bundleVerbs(),
  compileKernels(),
  run('tsc', '-p', 'tsconfig.json'),
  bundleCommands(),
  bundleThreads(),
  bundleApart(),
  bundleLibrary({ index: 'src/index.ts' }),
  bundleLibrary(threads),
]);
for (const directory of ['dist/lib', 'dist/modules/core/kernel', 'dist/cli'])
  for (const file of KERNELS) copyFileSync(join(kernels, file), join(root, directory, file));
cpSync(join(root, 'src/cli/plate/fonts'), join(root, 'dist/cli/fonts'), { recursive: true });

await run('oclif', 'manifest');
const readJson = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
mkdirSync(join(root, 'dist/man'), { recursive: true });
// SOURCE_DATE_EPOCH, in seconds, makes the page of a release reproducible
const built = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000);
writeFileSync(
  join(root, 'dist/man/completengine.1'),
  manPage(readJson('oclif.manifest.json'), readJson('package.json'), built.toISOString().slice(0, 10)),
);
await packVerbs(verbs);
writeFileSync(stamp, hash);
