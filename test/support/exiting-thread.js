/** Preloaded into the threads of a process: each exits by itself, at its start or at its first message. */

import { isMainThread, parentPort } from 'node:worker_threads';

const when = process.env.COMPLETENGINE_TEST_THREAD_EXITS;
if (!isMainThread) {
  if (when === 'at-start') process.exit(0);
  if (when === 'throw-at-start') throw new Error('gone at the start');
  if (when === 'at-offer') parentPort.on('message', () => process.exit(0));
}
