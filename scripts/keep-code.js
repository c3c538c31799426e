/**
 * Runs a sample of commands with the bundle of our verbs, and stores the code that V8 has compiled by then beside each of its files, also of those of threads.
 * Arguments: the directory of the samples' ledger, and the name of the sample. With the name of a file as a third one it writes to that instead, as JSON, which
 * chunks of the bundle were used.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBundle, keepCode } from '../bin/bundle.js';
import { OTHERS, SELDOM, sampleCommands } from './sample-commands.js';

const EXIT_BAD_INPUT = 65;
const THREADS = ['writer', 'reader', 'backup'];

const root = fileURLToPath(new URL('..', import.meta.url));
const [directory, sample, chunksFile] = process.argv.slice(2);
const writeStarts = (code) => {
  for (const name of THREADS)
    writeFileSync(join(root, `dist/cli/${name}-worker.cjs`), `${code.replace('NAME', `"${name}-thread.cjs"`)}\n`);
};

if (sample === OTHERS)
  writeStarts(
    'const bundle = require("../../bin/bundle.js"); bundle.compileBundle(NAME); process.on("exit", () => bundle.keepCode());',
  );
const chunks = [];
const { main } = compileBundle(undefined, (name) => chunks.push(name));
const commands = sampleCommands(sample, directory);
if (sample === OTHERS && chunksFile === undefined) commands.push(SELDOM);
for (const command of commands) {
  await main(root, command);
  // rejects a line, and that is all
  if (process.exitCode === EXIT_BAD_INPUT && command.includes('--rejects')) process.exitCode = 0;
}
if (process.exitCode) throw new Error('a command failed, so no compiled code is kept');
if (sample === OTHERS) writeStarts('require("../../bin/bundle.js").loadBundle(NAME);');
// after the listeners that were added before: these are a part of the command
process.on('exit', () => {
  if (chunksFile === undefined) keepCode(sample === OTHERS ? undefined : sample);
  else writeFileSync(chunksFile, JSON.stringify(chunks));
});
