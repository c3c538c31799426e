/** Tests that memory does not grow with the input: with a sample here, and with more in the bench. Only in the soak, because memory depends on the machine. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { fileIn } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { isSoak } from '../support/test-size.ts';

const LINES_PER_PIECE = 5000;
const PIECES = 100;

/** Peak memory of the process in MiB, by Linux; 0 if it has just ended. */
function peakMebibytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The output of a replay in bytes, and its peak memory. */
async function replayOf(...args: string[]): Promise<{ bytes: number; peak: number }> {
  const child = startCli(['replay', '-q', ...args]);
  let bytes = 0;
  let peak = 0;
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    peak = Math.max(peak, peakMebibytes(child.pid as number));
  });
  expect((await finished(child)).code).toBe(0);
  return { bytes, peak };
}

it.runIf(isSoak && process.platform === 'linux')(
  'emits 100 MB within 200 MiB, and the second half needs no more memory than the first',
  async () => {
    const ledger = join(tempDir(), 'events.codex');
    await runCli(['init', '-l', ledger, '--routing', 'hash:tenant']);
    const piece = Buffer.from(
      Array.from({ length: LINES_PER_PIECE }, (_, at) => `{"tenant":"t${at % 100}","pad":"${'x'.repeat(175)}"}\n`).join(
        '',
      ),
    );
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
  },
);

it.runIf(isSoak && process.platform === 'linux')(
  'replays large commits right after small ones within 250 MiB',
  async () => {
    const directory = tempDir();
    const ledger = join(directory, 'events.codex');
    const engine = await openEngine({ ledger, durability: 'normal' });
    for (let n = 0; n < 1500; n++) await engine.emit({ n });
    await engine.close();
    const [line, count] = [`{"pad":"${'x'.repeat(200)}"}\n`, 400_000];
    const input = fileIn(directory, 'input.jsonl', line.repeat(count));
    expect((await runCli(['emit', '-q', '-l', ledger, input])).code).toBe(0);

    for (const determinism of ['strict', 'relaxed']) {
      const { bytes, peak } = await replayOf('-l', ledger, '--determinism', determinism);
      expect(bytes).toBeGreaterThan(line.length * count);
      expect(peak).toBeGreaterThan(40);
      expect(peak).toBeLessThan(250);
    }
  },
);

it.runIf(isSoak && process.platform === 'linux')(
  'prints a commit of a million one-byte events in every form within 350 MiB',
  async () => {
    const directory = tempDir();
    const ledger = join(directory, 'events.codex');
    expect((await runCli(['init', '-l', ledger])).code).toBe(0);
    const count = 1_000_000;
    const input = fileIn(directory, 'input.jsonl', '1\n'.repeat(count));
    expect((await runCli(['emit', '-q', '-l', ledger, input])).code).toBe(0);

    for (const [form, leastBytes] of [
      ['envelope', 90],
      ['pretty', 30],
    ] as const) {
      const { bytes, peak } = await replayOf('-l', ledger, '-o', form);
      expect(bytes).toBeGreaterThan(leastBytes * count);
      expect(peak).toBeGreaterThan(40);
      expect(peak).toBeLessThan(350);
    }
  },
);
