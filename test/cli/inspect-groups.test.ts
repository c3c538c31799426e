/** What the overview says of groups and late events: parked events, and members that died. */

import { expect, test } from 'vitest';
import { groupTable } from '../../src/cli/group/groups-text.ts';
import { Completengine } from '../../src/index.ts';
import type { GroupDocument, MemberDocument } from '../../src/views/group-document.ts';
import { runCli } from '../support/cli.ts';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';

const overview = async (ledger: string, ...args: string[]) =>
  (await succeed(['inspect', '-l', ledger, ...args])).stdout.toString();

const group = (facts: Partial<GroupDocument>): GroupDocument => ({
  ...{ name: 'mailer', createdAt: '2026-04-12T09:00:00Z', lag: 0, oldestTime: null, oldestAgeMs: null, parked: 0 },
  ...{ members: [], partitions: [], ...facts },
});
const member = (name: string, expiresInMs: number): MemberDocument => ({
  ...{ name, isAlive: expiresInMs > 0, expiresAt: '2026-04-12T09:00:00Z', expiresInMs },
});

test('parked events are shown, of the worst group first', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n2\n3\n' });
  await succeed(['tail', '-l', ledger, '-g', 'audit', '--exit-at-head']);
  const parking = ['tail', '-l', ledger, '-g', 'mailer', '-c', '2', '--max-deliver', '1', '--exec', 'exit 1'];
  expect((await runCli(parking)).code).toBe(5);
  expect(await overview(ledger)).toMatch(/^mailer +1 +\S.* +2 {2}none\naudit +0 +0 {2}none$/m);
});

test('a dead member is named with the time since its lease expired', async () => {
  const members = [member('one', 8000), member('two', -302_000), member('three', -5000), member('four', -9e7)];
  const table = await groupTable([group({ lag: 3, oldestAgeMs: 61_000, members })]);
  expect(table).toContain('1 live, three expired 5s ago, two expired 5m 2s ago, 1 more expired');
  expect(await groupTable([group({ members: [member('\u001b[2J', -1000)] })])).not.toContain('\u001b');
});

test('group and group show say since when, too', async () => {
  const ledger = await newLedger('--partitions', '1');
  const engine = await Completengine.open({ ledger, clock: { nowMicros: () => (Date.now() - 3_600_000) * 1000 } });
  const subscription = await engine.subscribe({ group: 'g', member: 'one', from: 'start' }, () => {});
  // a member that closes leaves the group: read while it has not
  for (const verb of [['group'], ['group', 'show', 'g']])
    expect((await succeed([...verb, '-l', ledger])).stdout.toString()).toMatch(/members one \(expired 59m \d+s ago\)/);
  expect(await overview(ledger)).toMatch(/one expired 59m \d+s ago$/m);
  await subscription.close();
  await engine.close();
});

test('many groups are cut, and the rest is counted', async () => {
  const groups = Array.from({ length: 11 }, (_, at) => group({ name: `g${at}`, lag: at }));
  const lines = (await groupTable(groups)).split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[1]).toMatch(/^g10 /);
  expect(lines[9]).toBe('3 more groups: completengine group');
});

test('late events are counted, with the largest lateness', async () => {
  const ledger = await earthquakeLedger();
  expect(await overview(ledger)).toMatch(/^late +none$/m);
  await succeed(['emit', '-q', '-l', ledger], { input: '{"properties":{"net":"x","time":1517362000000}}\n' });
  expect(await overview(ledger)).toMatch(/^late +1 event, 0\.1 %; by 6d \d+h at most$/m);
  expect(JSON.parse(await overview(ledger, '--json'))).toMatchObject({
    late: { examined: 1708, isSample: false, events: 1 },
  });
  expect(await overview(await newLedger())).not.toMatch(/^late/m);
});

test('a large ledger is sampled', async () => {
  const ledger = await newLedger('--time', 't', '--partitions', '1');
  const lines = Array.from({ length: 60_000 }, (_, at) => `{"t":${1_700_000_000 + (at % 4 === 3 ? at - 10 : at)}}\n`);
  await succeed(['emit', '-q', '-l', ledger], { input: lines.join('') });
  expect(await overview(ledger)).toMatch(/^late +~2[45]\.\d % of the events, by a sample of 20,000; by \d+s at most$/m);
});
