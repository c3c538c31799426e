/**
 * Runs commands one after the other in this one process, the same code and the same arguments as bin/run.js: for trials that are too many to
 * start a process each. Started with fork(); takes `{ args }` and answers `{ code, stdout, stderr }`.
 */

import { fileURLToPath } from 'node:url';
import { main } from '../../dist/cli/main.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Takes the place of a stream's write while a command runs. */
function capture(stream) {
  const pieces = [];
  stream.setMaxListeners(0);
  stream.write = (piece, encoding, done) => {
    const callback = typeof encoding === 'function' ? encoding : done;
    pieces.push(typeof piece === 'string' ? Buffer.from(piece, typeof encoding === 'string' ? encoding : 'utf8') : Buffer.from(piece));
    if (callback !== undefined) setImmediate(callback);
    return true;
  };
  return () => Buffer.concat(pieces.splice(0));
}

const takeStdout = capture(process.stdout);
const takeStderr = capture(process.stderr);

process.on('message', async ({ args }) => {
  process.exitCode = undefined;
  await main(root, args);
  process.send({ code: process.exitCode ?? 0, stdout: takeStdout().toString('latin1'), stderr: takeStderr().toString('utf8') });
});
