/** Runs commands on this terminal, one after the other, in one process, as bin/run.js runs each: what a shell would do, without a start for each. Argument: a file with a JSON list of lists of arguments. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../../../bin/bundle.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const verbs = loadBundle();
const commands = JSON.parse(readFileSync(process.argv[2], 'utf8'));

async function run(args) {
  if (await verbs.main(ROOT, args)) return;
  const { main } = await import('../../../dist/cli/main.js');
  await main(ROOT, args);
}

// a command has ended when nothing keeps the event loop alive; one that needs no turn of it would be the last
process.on('beforeExit', () => {
  process.exitCode = 0;
  const args = commands.shift();
  if (args !== undefined) setImmediate(run, args);
});
