/** Measures the disk without any database: appends 4 KiB to a file and syncs it, many times. */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fsync } from './document.ts';
import { throwIfAborted } from './processes.ts';
import { median, roundMs } from './samples.ts';
import type { Stage } from './stage.ts';

const SYNCS_MAX = 500;
const TIME_MS_MAX = 1500;
const BLOCK_BYTES = 4096;
/** No disk is faster: a quicker answer means the data was not flushed. */
const FLUSH_MS_MIN = 0.05;

export async function measureFsync({ workplace, signal, display }: Stage): Promise<Fsync> {
  const block = Buffer.alloc(BLOCK_BYTES, 'fsync ');
  const file = openSync(workplace.path('fsync.probe'), 'w', 0o600);
  const samples: number[] = [];
  try {
    let spentMs = 0;
    while (samples.length < SYNCS_MAX && spentMs < TIME_MS_MAX) {
      const began = performance.now();
      writeSync(file, block);
      fsyncSync(file);
      const ms = performance.now() - began;
      samples.push(ms);
      spentMs += ms;
      await nextTurn();
      throwIfAborted(signal);
      display.at(Math.max(samples.length / SYNCS_MAX, spentMs / TIME_MS_MAX));
    }
  } finally {
    closeSync(file);
  }
  const medianMs = roundMs(median(samples));
  return { count: samples.length, medianMs, seemsToFlush: medianMs >= FLUSH_MS_MIN };
}
