/**
 * Preloaded into `completengine bench` and all that it starts: sends the benchmark a signal from inside one of its steps, so that none can be
 * over before a test has noticed it. A step is `commits`, in the benchmark itself, or a part of the command line of a process that it starts.
 * That process then does nothing until it is killed.
 */

import { readdirSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const { COMPLETENGINE_TEST_STEP: step = '', COMPLETENGINE_TEST_SIGNAL: signal = '' } = process.env;
const args = process.argv.slice(2);

if (isMainThread && args[0] === 'bench') {
  process.env.COMPLETENGINE_TEST_BENCH = String(process.pid);
  if (step === 'commits') signalAtCommits(args[args.indexOf('--dir') + 1]);
} else if (isMainThread && step !== '' && args.join(' ').includes(step)) {
  if (signal !== '') process.kill(Number(process.env.COMPLETENGINE_TEST_BENCH), signal);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The benchmark commits for thousands of turns of its event loop, and this needs one of them. */
function signalAtCommits(directory) {
  const timer = setInterval(() => {
    if (!readdirSync(directory, { recursive: true }).some((file) => file.endsWith('single.codex'))) return;
    clearInterval(timer);
    process.kill(process.pid, signal);
  }, 1);
}
