/** Loaded into a process before its program: notes each thread that it starts, at once, so that a kill does not lose it. */

import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.COMPLETENGINE_TEST_THREADS;
if (isMainThread && file !== undefined) subscribe('worker_threads', () => appendFileSync(file, '.'));
