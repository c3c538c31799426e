#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadBundle } from './bundle.js';
import { endWith, guarded, printBy } from './guard.js';

const NODE_MIN = [20, 19];
const EXIT_CANNOT_LOAD = 69;

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

/** An older Node cannot load the command line at all. Opening a ledger checks whether Node fits the SQLite module. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  endWith(
    EXIT_CANNOT_LOAD,
    `error: completengine needs Node 22.14 or later, and this is Node ${process.versions.node}`,
    '  try: nvm install 24',
  );
}

async function run() {
  checkNode();
  if (!existsSync(new URL('../dist/cli/verbs.cjs', import.meta.url))) {
    endWith(
      EXIT_CANNOT_LOAD,
      'error: completengine is not built here',
      `  try: cd '${root.replaceAll("'", "'\\''")}' && npm run setup && npm run build`,
    );
  }
  const bundle = await loadBundle();
  printBy(bundle.printFailure);
  if (await bundle.main(root, argv)) return;
  const { main } = await import('../dist/cli/main.js');
  await main(root, argv);
}

await guarded(run);

// above 128: a signal stopped the run, and its work is done. A reader that stalls must not keep the process from exiting.
if (Number(process.exitCode) > 128) process.exit();
