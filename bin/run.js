#!/usr/bin/env node
/** The command. CommonJS, as all of this folder: Node starts it 4 ms sooner than an ES module, of 100 that a small command takes. */
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { loadBundle } = require('./bundle.js');
const { endWith, guarded, printBy } = require('./guard.js');

const NODE_MIN = [20, 19];
const EXIT_CANNOT_LOAD = 69;

const root = join(__dirname, '..');
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
  if (!existsSync(join(root, 'dist/cli/verbs.cjs'))) {
    const place = root.replaceAll("'", "'\\''");
    endWith(
      EXIT_CANNOT_LOAD,
      'error: completengine is not built here',
      `  try: cd '${place}' && npm run setup && npm run build`,
    );
  }
  const bundle = loadBundle(undefined, argv[0]);
  printBy(bundle.printFailure);
  if (await bundle.main(root, argv)) {
    // an error of the output comes in this turn of the event loop
    setImmediate(endIfWritten, bundle);
    return;
  }
  const { main } = await import('../dist/cli/main.js');
  await main(root, argv);
}

/** An end without taking the heap apart saves a small command 2 ms. Output that waits for its reader is left to the event loop. */
function endIfWritten({ isOutputWritten }) {
  if (isOutputWritten()) process.exit();
}

guarded(run).then(() => {
  // 128 and more: a signal ended the work, which is complete. A reader of the output that does not read must not keep the process alive.
  if (Number(process.exitCode) > 128) process.exit();
});
