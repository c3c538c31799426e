/**
 * Preloaded into a process. Records each thread that the process starts, and each that is ready, immediately, so that a kill does not lose the record.
 * Optionally delays the exit of the threads, to extend the time between a thread's last answer and its exit.
 */

import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.COMPLETENGINE_TEST_THREADS;
const exitDelayMs = Number(process.env.COMPLETENGINE_TEST_THREAD_EXIT_MS ?? 0);
if (isMainThread && file !== undefined) {
  subscribe('worker_threads', ({ worker }) => {
    appendFileSync(file, '.');
    // the first message of a thread means that it is ready; received here before the program receives it
    worker.once('message', () => appendFileSync(`${file}-ready`, '.'));
  });
}
if (!isMainThread && exitDelayMs > 0)
  process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, exitDelayMs));
