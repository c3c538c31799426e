/**
 * Loaded into a process before its program. It notes each thread that the process starts, and each that is ready: at once, so that a kill does not lose it.
 * On request it delays the exit of the threads, so that whatever happens in a process between a thread's last answer and its exit has happened.
 */

import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.COMPLETENGINE_TEST_THREADS;
const exitDelayMs = Number(process.env.COMPLETENGINE_TEST_THREAD_EXIT_MS ?? 0);
if (isMainThread && file !== undefined) {
  subscribe('worker_threads', ({ worker }) => {
    appendFileSync(file, '.');
    // a thread's first message says that it is ready; heard here before the program hears it
    worker.once('message', () => appendFileSync(`${file}-ready`, '.'));
  });
}
if (!isMainThread && exitDelayMs > 0)
  process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, exitDelayMs));
