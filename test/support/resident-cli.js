/**
 * The built command line in a resident process: runs one command after the other as bin/run.js does, which saves the start of a process.
 * It replaces no part of the product. Standard output and error are files that each command appends to, standard input is
 * descriptor 0, reopened for each command. A command ends when nothing keeps the event loop alive, as in a separate process.
 *
 * Its argument is its directory. Receives `{ args, cwd, stdin, appendTo }`, `stdin` being a named pipe and `appendTo` the files that replace standard output
 * and error, by descriptor; answers `reading` when it has opened them, and then `{ code }`.
 */

import { closeSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../../bin/bundle.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
/** The directory of its pipe and output files. */
const DIRECTORY = process.argv[2];
const STDIN = 0;
const OUTPUTS = { 1: `${DIRECTORY}/stdout`, 2: `${DIRECTORY}/stderr` };
/** Node's exit code when the event loop is empty while the program awaits a promise. */
const UNFINISHED = 13;

const verbs = loadBundle();

let running = false;
let isFinished = false;
let stdin;
/** Descriptors of the outputs that the running command has in files of its own. */
let redirected = [];

/** Node creates this object once per process, and an ended stream stays ended. */
Object.defineProperty(process, 'stdin', {
  configurable: true,
  get: () => {
    stdin ??= new Socket({ fd: STDIN, readable: true, writable: false });
    return stdin;
  },
});

function reopen(descriptor, path, flags) {
  closeSync(descriptor);
  // open() returns the lowest free number
  const opened = openSync(path, flags);
  if (opened !== descriptor) throw new Error(`descriptor ${descriptor} became ${opened}`);
}

function openStdin(path) {
  reopen(STDIN, path, 'r');
}

/** As `>> FILE` and `2>> FILE` of a shell. */
function redirect(appendTo) {
  redirected = Object.keys(appendTo).map(Number);
  for (const descriptor of redirected) reopen(descriptor, appendTo[descriptor], 'a');
}

function restoreOutputs() {
  for (const descriptor of redirected) reopen(descriptor, OUTPUTS[descriptor], 'a');
}

/** Unread input disappears with the pipe, when all ends are closed. */
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

process.on('message', ({ args, cwd, stdin: path, appendTo }) => {
  running = true;
  isFinished = false;
  process.exitCode = undefined;
  process.argv = [process.execPath, BIN, ...args];
  process.chdir(cwd);
  openStdin(path);
  redirect(appendTo);
  process.send('reading', () => {
    // from here on only the work of the command keeps this process alive
    process.channel.unref();
    void run(args).then(() => {
      isFinished = true;
    });
  });
});

// after the test process has ended, in any way, no command and no file stays
process.on('disconnect', () => {
  rmSync(DIRECTORY, { recursive: true, force: true });
  process.exit();
});

process.on('beforeExit', () => {
  if (!running) return;
  running = false;
  if (!isFinished) {
    process.stderr.write(`Warning: Detected unsettled top-level await at ${BIN}\n`);
    process.exit(UNFINISHED);
  }
  closeStdin();
  restoreOutputs();
  process.channel.ref();
  process.send({ code: process.exitCode ?? 0 });
});
