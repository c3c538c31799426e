/**
 * Runs commands with the bundle of our verbs, and stores the code that V8 has compiled by then beside each of its files, also of those of threads. With the name of
 * a file it writes to that instead, as JSON, which chunks of the bundle small commands have loaded, and which in addition the long ones: `{ small, long }`.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBundle, keepCode } from '../bin/bundle.js';
import { runSamples } from './sample-commands.js';

const THREADS = ['writer', 'reader', 'backup'];

const root = fileURLToPath(new URL('..', import.meta.url));
const chunksFile = process.argv[2];
const writeStarts = (code) => {
  for (const name of THREADS)
    writeFileSync(join(root, `dist/cli/${name}-worker.cjs`), `${code.replace('NAME', `"${name}-thread.cjs"`)}\n`);
};

writeStarts(
  'const bundle = require("../../bin/bundle.js"); bundle.compileBundle(NAME); process.on("exit", bundle.keepCode);',
);
const chunks = [];
const { main } = compileBundle(undefined, (name) => chunks.push(name));
let smallCount = 0;
await runSamples(
  (argv) => main(root, argv),
  () => {
    smallCount = chunks.length;
  },
);
if (chunksFile === undefined) keepCode();
else writeFileSync(chunksFile, JSON.stringify({ small: chunks.slice(0, smallCount), long: chunks.slice(smallCount) }));
writeStarts('require("../../bin/bundle.js").loadBundle(NAME);');
