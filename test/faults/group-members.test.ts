/** Members of a group that are killed and paused at any time: nothing is lost, nothing is taken twice by those who are well, and who has lost a lease is refused. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { openEngine } from '../support/engines.ts';
import { storedEvents } from '../support/invariants.ts';
import { newLedger } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { seededForTest } from '../support/seeded.ts';

const MEMBERS = 8;
const LASTS_MS = 10_000;
const LEASE_MS = 2500;

test('eight members share sixteen partitions under kill -9 and pauses', async () => {
  const chance = seededForTest();
  const ledger = await newLedger('--partition', 'hash:k', '--partitions', '16');
  const engine = await openEngine({ ledger });
  const members: MemberProcess[] = [];
  const join = () => members.push(new MemberProcess(ledger, 'g', `m${members.length}`, ['--lease', `${LEASE_MS}ms`]));
  for (let at = 0; at < MEMBERS; at++) join();

  let isEmitting = true;
  let emitted = 0;
  const emitter = (async () => {
    while (isEmitting) {
      const events = Array.from({ length: chance.between(1, 40) }, () => ({ n: emitted++, k: chance.between(0, 200) }));
      await engine.emit(events);
      await sleep(chance.between(1, 25));
    }
  })();

  const started = performance.now();
  const pauses: Promise<void>[] = [];
  let kills = 0;
  while (performance.now() - started < LASTS_MS) {
    await sleep(chance.between(300, 1200));
    const running = members.filter(({ isRunning }) => isRunning);
    // two are left in peace
    const victim = chance.pick(running.slice(2));
    if (chance.unit() < 0.5) {
      victim.kill();
      kills++;
      join();
    } else {
      pauses.push(victim.pause(chance.between(500, LEASE_MS * 2)));
    }
  }
  await Promise.all(pauses);
  isEmitting = false;
  await emitter;
  while ((await engine.groups())[0]?.lag !== 0) await sleep(50);
  for (const { child } of members) child.kill('SIGINT');
  await Promise.all(members.map(({ ended }) => ended));

  expect({ hasKilled: kills > 0, hasPaused: pauses.length > 0 }).toEqual({ hasKilled: true, hasPaused: true });
  const stored = storedEvents(ledger).map(({ partition, offset }) => `${partition}/${offset}`);
  const given = new Set(members.flatMap((member) => member.given.map(placeOf)));
  expect(stored).toHaveLength(emitted);
  expect(stored.filter((place) => !given.has(place))).toEqual([]);

  // what comes again was delivered by one who was killed or paused with it in hand, or was not allowed to stand behind it
  const stoodBehind = new Set<string>();
  for (const member of members.filter(({ isHealthy }) => isHealthy)) {
    const { refused } = member;
    const last = new Map<string, number>();
    for (const event of member.given) {
      const place = placeOf(event);
      if (refused.has(place)) continue;
      expect(stoodBehind.has(place)).toBe(false);
      stoodBehind.add(place);
      expect(event.offset).toBeGreaterThan(last.get(event.partition) ?? -1);
      last.set(event.partition, event.offset);
    }
    expect(member.stderr.split('\n').filter((line) => line !== '' && !line.includes('the lease had gone'))).toEqual([]);
  }
  expect(stoodBehind.size).toBeGreaterThan(0);
});

const placeOf = ({ partition, offset }: { partition: string; offset: number }): string => `${partition}/${offset}`;

test('a member that was paused while its command ran is refused, and goes on with what it is given then', async () => {
  const ledger = await newLedger('--partitions', '1');
  const engine = await openEngine({ ledger });
  await engine.emit([{ n: 1 }, { n: 2 }]);
  const slow = new MemberProcess(ledger, 'g', 'slow', ['--lease', '600ms', '--exec', 'cat > /dev/null; sleep 0.4']);
  const leaseOf = async () => (await engine.groups())[0]?.lanes[0];
  while ((await leaseOf())?.member !== 'slow') await sleep(10);
  await sleep(100);
  slow.child.kill('SIGSTOP');
  const token = (await leaseOf())?.token ?? 0;

  // takes over when the lease is over, and stands behind both events
  const other = await Completengine.open({ ledger });
  let taken = 0;
  const { finished } = await other.subscribe({ group: 'g', member: 'other', leaseMs: 600, until: { count: 2 } }, ({ count }) => {
    taken += count;
  });
  await finished;
  await other.close();
  expect({ taken, lane: await leaseOf() }).toMatchObject({ taken: 2, lane: { nextOffset: 2, member: null } });

  slow.child.kill('SIGCONT');
  while ((await leaseOf())?.member !== 'slow') await sleep(10);
  const lane = await leaseOf();
  expect(lane?.token).toBeGreaterThan(token);
  expect(lane?.nextOffset).toBe(2);
  await engine.emit([{ n: 3 }]);
  while ((await leaseOf())?.nextOffset !== 3) await sleep(10);
  expect(slow.isRunning).toBe(true);
  expect([...slow.refused]).toEqual(['p0/0']);
  slow.child.kill('SIGINT');
  expect(await slow.ended).toBe(130);
});

test('an event that kills its consumers is parked in the end, and events that were only held by those who died are not', async () => {
  const ledger = await newLedger('--partition', 'manual:to', '--partitions', '3');
  const engine = await openEngine({ ledger });
  await engine.emit(['p0', 'p1', 'p2'].flatMap((to) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ to, n }))));
  const deadly = `events=$(cat); case "$events" in *'"p0","n":6'*) kill -9 $PPID;; esac; echo "$events"`;
  const args = ['--lease', '400ms', '--max-deliver', '3', '--batch', '8', '-e', '--exec', deadly];
  const members: MemberProcess[] = [];
  for (let code: number | null = null; code !== 0 && members.length < 15; ) {
    const member = new MemberProcess(ledger, 'g', `m${members.length}`, args);
    members.push(member);
    code = await member.ended;
  }
  expect(members.at(-1)?.child.exitCode).toBe(0);
  expect((await engine.parked('g')).map(({ partition, offset, attempts }) => ({ partition, offset, attempts }))).toEqual([
    { partition: 'p0', offset: 5, attempts: 3 },
  ]);
  expect(await engine.groups()).toMatchObject([{ lag: 0 }]);

  // it kills the one it is delivered to once more, and nobody after that
  await engine.redeliver('g');
  const killed = new MemberProcess(ledger, 'g', 'killed', args);
  await killed.ended;
  expect(killed.child.signalCode).toBe('SIGKILL');
  expect(await new MemberProcess(ledger, 'g', 'next', args).ended).toBe(0);
  expect(await engine.parked('g')).toMatchObject([{ attempts: 4, isDue: false }]);
});
