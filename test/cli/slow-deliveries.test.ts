/** A run of `tail --exec` that hangs is reported before its time is over. */

import { expect, test } from 'vitest';
import { SlowDeliveries } from '../../src/cli/tail/slow-deliveries.ts';
import { finished, startCli } from '../support/cli.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';

const POSITION = { partition: 'p0', offset: 2, sequence: 3, events: 1 };

/** What is reported of a delivery that ends at its `wakes`th wait. */
async function reported(timeoutMs: number, wakes: number): Promise<{ lines: string[]; waits: number[] }> {
  const lines: string[] = [];
  const waits: number[] = [];
  let end = (): void => {};
  const timer = {
    nowMs: () => 0,
    wait: async (ms: number) => {
      waits.push(ms);
      await Promise.resolve();
      if (waits.length === wakes) end();
    },
  };
  const print = (line: string): void => void lines.push(line);
  end = new SlowDeliveries(timeoutMs, timer, print).watch(POSITION);
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
  return { lines, waits };
}

test('at half of its time', async () => {
  expect(await reported(30_000, 9)).toEqual({
    lines: ['p0/2 (sequence 3): running for 15s, killed after 30s'],
    waits: [15_000],
  });
});

test('after a minute where its time is long, and each time that has doubled', async () => {
  const { lines, waits } = await reported(600_000, 4);
  expect(waits).toEqual([60_000, 60_000, 120_000, 240_000]);
  expect(lines.map((line) => line.split(': ')[1])).toEqual([
    'running for 1m 0s, killed after 10m 0s',
    'running for 2m 0s, killed after 10m 0s',
    'running for 4m 0s, killed after 10m 0s',
  ]);
});

test('not if it has ended by then', async () => {
  expect((await reported(30_000, 1)).lines).toEqual([]);
});

test('by the command', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n' });
  const args = ['tail', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '1', '--ack-timeout', '200ms'];
  const tail = startCli([...args, '--exec', 'exec sleep 600']);
  const said = new LineReader(tail.stderr);
  expect(await said.next()).toBe('p0/0 (sequence 1): running for 100ms, killed after 200ms');
  await finished(tail);
});
