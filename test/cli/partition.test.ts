import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { storedEvents } from '../support/invariants.ts';
import { earthquakeLedger, expectFailure, newLedger, PLAIN, succeed } from '../support/ledger-cli.ts';

test('lists each partition with its share of the events', async () => {
  const ledger = await earthquakeLedger(...PLAIN);
  const { stdout, stderr } = await succeed(['partition', '-l', ledger]);
  const lines = stdout.toString().split('\n');
  expect(stderr).toBe('');
  expect(lines[0]).toBe('routing hash:properties.net over 8 partitions, epoch 1 from sequence 1');
  expect(lines[2]).toMatch(/^partition +rule +events +share +skew +stored +offsets +first time +last time$/);
  expect(lines.filter((line) => /^p\d /.test(line))).toHaveLength(8);
  expect(stdout.toString()).toMatch(
    /^p0 +hash 0 of 8 +416 +24\.4 % +x1\.95 +310\.\d kB +0-415 +2018-01-31T02:40:30\.540000Z +2018-02-07T00:54:20\.110000Z$/m,
  );
});

test('--json lists them as a document that agrees with the events', async () => {
  const ledger = await earthquakeLedger();
  const document = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString());
  expect(document.routing).toMatchObject({ epoch: 1, rule: 'hash:properties.net', missing: null });
  const counts = new Map<string, number>();
  for (const { partition } of storedEvents(ledger)) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  for (const [
    id,
    { name, events, nextOffset, lastOffset, share, skew, ...partition },
  ] of document.partitions.entries()) {
    expect(events).toBe(counts.get(name) ?? 0);
    expect(nextOffset).toBe(events);
    expect(lastOffset).toBe(events === 0 ? null : events - 1);
    expect(share).toBe(events / 1707);
    expect(skew).toBeCloseTo(share * 8, 10);
    expect(partition).toMatchObject({
      rule: `hash ${id} of 8`,
      isKeyed: true,
      isEstimate: false,
      bytes: events === 0 ? 0 : expect.any(Number),
    });
  }
  expect(document.partitions[0]).toMatchObject({ id: 0, name: 'p0', firstTime: '2018-01-31T02:40:30.540000Z' });
});

test('an empty ledger lists its partitions without shares', async () => {
  const ledger = await newLedger('--routing', 'manual:shoal', '--partitions', 'herring,cod');
  const { stdout } = await succeed(['partition', '-l', ledger]);
  expect(stdout.toString()).toMatch(/^herring +shoal = herring +0 +0 B$/m);
});

test('refuses an unknown argument', async () => {
  expectFailure(await runCli(['partition', 'nonsense', '-l', await newLedger()]), 2, 'nonsense');
});
