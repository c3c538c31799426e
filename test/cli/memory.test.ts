/** Memory does not grow with the input: the bound holds for a sample, and the bench holds it for more. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const LINES_PER_PIECE = 5000;
const PIECES = 100;

/** Most memory the process ever held, in MiB, as Linux counts it. */
function peakMebibytes(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}

it.runIf(process.platform === 'linux')('emits 100 MB within 200 MiB, and the second half needs no more than the first', async () => {
  const ledger = join(tempDir(), 'events.codex');
  await runCli(['init', '-l', ledger, '--partition', 'hash:tenant']);
  const piece = Buffer.from(Array.from({ length: LINES_PER_PIECE }, (_, at) => `{"tenant":"t${at % 100}","pad":"${'x'.repeat(175)}"}\n`).join(''));
  const child = startCli(['emit', '-l', ledger]);
  const result = finished(child);
  const peaks: number[] = [];
  for (let sent = 0; sent < PIECES; sent++) {
    if (!child.stdin.write(piece)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    if (sent === PIECES / 2 || sent === PIECES - 1) {
      await sleep(200);
      peaks.push(peakMebibytes(child.pid as number));
    }
  }
  child.stdin.end();
  expect((await result).code).toBe(0);
  const [half = 0, whole = 0] = peaks;
  expect(half).toBeGreaterThan(40);
  expect(whole).toBeLessThan(200);
  expect(whole - half).toBeLessThan(40);
});
