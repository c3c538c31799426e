/**
 * The built command line in a process that stays: runs one command after the other as bin/run.js does, so that a test pays for no start of a
 * process. Nothing of the product is replaced. Its standard output and error are files that are emptied between commands, its standard input is
 * descriptor 0, opened again for each command, and a command has ended when nothing keeps the event loop alive, as with a process of its own.
 *
 * Started with a directory of its own. Takes `{ args, cwd, stdin }`, `stdin` being a named pipe; answers `reading` when it has opened that, and then `{ code }`.
 */

import { closeSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../../bin/bundle.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
/** Where its pipe and its output lie. */
const DIRECTORY = process.argv[2];
const STDIN = 0;
/** What Node ends with when its event loop is empty and the program still waits for a promise. */
const UNSETTLED = 13;

const verbs = loadBundle();

let running = false;
let isSettled = false;
let stdin;

/** Node makes this object once in a process, and a stream that has ended stays so. */
Object.defineProperty(process, 'stdin', {
  configurable: true,
  get: () => {
    stdin ??= new Socket({ fd: STDIN, readable: true, writable: false });
    return stdin;
  },
});

function openStdin(path) {
  closeSync(STDIN);
  // the lowest number that is free
  const descriptor = openSync(path, 'r');
  if (descriptor !== STDIN) throw new Error(`standard input became descriptor ${descriptor}`);
}

/** What a command has not read goes with the pipe, when all have closed it. */
function closeStdin() {
  stdin?.destroy();
  stdin = undefined;
  openStdin('/dev/null');
}

async function run(args) {
  const isDone = await verbs.main(ROOT, args);
  if (isDone) return;
  const { main } = await import('../../dist/cli/main.js');
  await main(ROOT, args);
}

process.on('message', ({ args, cwd, stdin: path }) => {
  running = true;
  isSettled = false;
  process.exitCode = undefined;
  process.argv = [process.execPath, BIN, ...args];
  process.chdir(cwd);
  openStdin(path);
  process.send('reading', () => {
    // from here on only what the command waits for keeps this process alive
    process.channel.unref();
    void run(args).then(() => {
      isSettled = true;
    });
  });
});

// a test process that has ended, however it did, leaves neither a command nor files
process.on('disconnect', () => {
  rmSync(DIRECTORY, { recursive: true, force: true });
  process.exit();
});

process.on('beforeExit', () => {
  if (!running) return;
  running = false;
  if (!isSettled) {
    process.stderr.write(`Warning: Detected unsettled top-level await at ${BIN}\n`);
    process.exit(UNSETTLED);
  }
  closeStdin();
  process.channel.ref();
  process.send({ code: process.exitCode ?? 0 });
});
