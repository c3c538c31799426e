/** Members of a group that are killed and paused at any time: nothing is lost, no healthy member takes anything twice, and a member that lost its lease is refused. */

import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { finished, startCli } from '../support/cli.ts';
import { openEngine, parkedBy } from '../support/engines.ts';
import { newLedger } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { seededForTest } from '../support/seeded.ts';
import { tamper } from '../support/sessions.ts';
import { tempDir } from '../support/temp-dir.ts';
import { groupLoad, quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const MEMBERS = quick(5, 8);
/** A paused member loses its leases after this, and so does one that a loaded machine keeps from renewing them. */
const LEASE_MS = quick(1000, 2500);
/** Most events of one delivery to a stream: what a killed member may have held unacknowledged. */
const UNACKNOWLEDGED_MAX = 1000;
const EMITTERS = 2;
/** One that is paused in the middle of a transaction holds the file for all others. Longer than a test may take. */
const BUSY_TIMEOUT_MS = 1_800_000;
const BUSY_TIMEOUT = `${BUSY_TIMEOUT_MS}ms`;
/** Longer than a test may take, so that it ends by {@link endLeases} alone. */
const LONG_LEASE = '10m';

/** As if the time of all leases were over: the members that still run learn of it when they use them. */
function endLeases(ledger: string): void {
  tamper(ledger, 'UPDATE members SET expires_at = 0');
}

const { seconds, rate } = groupLoad();

/** Emits `rate` events a second in all, from several processes. Returns how many there were. */
async function emitFor(ledger: string, durationMs: number): Promise<number> {
  const emitters = Array.from({ length: EMITTERS }, () =>
    startCli(['emit', '-l', ledger, '-q', '--busy-timeout', BUSY_TIMEOUT]),
  );
  const ends = emitters.map(finished);
  const started = performance.now();
  let emitted = 0;
  for (let ranMs = 0; ranMs < durationMs; ranMs = performance.now() - started) {
    const due = Math.floor((ranMs / 1000) * rate);
    for (const [at, { stdin }] of emitters.entries()) {
      const end = emitted + Math.floor((due - emitted) / (EMITTERS - at));
      const lines: string[] = [];
      while (emitted < end) lines.push(JSON.stringify({ n: emitted, k: emitted++ % 997, pad: 'x'.repeat(150) }));
      if (lines.length > 0 && !stdin.write(`${lines.join('\n')}\n`)) await once(stdin, 'drain');
    }
    await sleep(20);
  }
  for (const { stdin } of emitters) stdin.end();
  for (const { code } of await Promise.all(ends)) expect(code).toBe(0);
  return emitted;
}

test(`${MEMBERS} members share sixteen partitions under kill -9 and pauses`, {
  timeout: 60_000 + seconds * 3000,
}, async () => {
  const chance = seededForTest();
  const ledger = await newLedger('--partition', 'hash:k', '--partitions', '16');
  const engine = await openEngine({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  const members: MemberProcess[] = [];
  const enter = () =>
    members.push(
      new MemberProcess(ledger, 'g', `m${members.length}`, [
        '--lease',
        `${LEASE_MS}ms`,
        '--busy-timeout',
        BUSY_TIMEOUT,
      ]),
    );
  for (let at = 0; at < MEMBERS; at++) enter();

  const started = performance.now();
  const emission = emitFor(ledger, seconds * 1000);
  const pauses: Promise<void>[] = [];
  let kills = 0;
  // at least one of each, however slow the machine is
  while (performance.now() - started < seconds * 1000 || kills === 0 || pauses.length === 0) {
    await sleep(chance.between(300, 1200));
    // two are left in peace
    const victim = chance.pick(members.filter(({ isRunning }) => isRunning).slice(2));
    if (kills === 0 || (pauses.length > 0 && chance.unit() < 0.5)) {
      victim.kill();
      kills++;
      enter();
    } else {
      pauses.push(victim.pause(chance.between(500, LEASE_MS * 2)));
    }
  }
  await Promise.all(pauses);
  const emitted = await emission;
  await until(async () => (await engine.groups())[0]?.lag === 0);
  for (const { child } of members) child.kill('SIGINT');
  await Promise.all(members.map(({ ended }) => ended));

  expect({ hasKilled: kills > 0, hasPaused: pauses.length > 0 }).toEqual({ hasKilled: true, hasPaused: true });
  expect((await engine.head()).sequence).toBe(emitted);
  const deliveries = new Uint8Array(emitted + 1);
  const acknowledged = new Uint8Array(emitted + 1);
  for (const member of members) {
    expect(member.complaints).toEqual([]);
    const finished: number[] = [];
    const last = new Map<string, number>();
    for await (const { sequence, partition, offset, isRefused } of member.given()) {
      deliveries[sequence] = 1;
      if (isRefused) continue;
      finished.push(sequence);
      // plain comparisons: a matcher for each of millions would take longer than the run
      if (offset <= (last.get(partition) ?? -1))
        expect.fail(`${partition}/${offset} came behind ${last.get(partition)}`);
      last.set(partition, offset);
    }
    // what comes again was in the hands of one who was killed, or refused to one who had lost its lease
    if (member.wasKilled) finished.splice(-UNACKNOWLEDGED_MAX);
    for (const sequence of finished) {
      if (acknowledged[sequence] === 1) expect.fail(`sequence ${sequence} was acknowledged and came again`);
      acknowledged[sequence] = 1;
    }
  }
  expect(deliveries.indexOf(0, 1), 'the first event that nobody was given').toBe(-1);
  expect(acknowledged.includes(1)).toBe(true);
});

test('a member that was paused while its command ran is refused, and goes on with what it is given then', async () => {
  const ledger = await newLedger('--partitions', '1');
  const engine = await openEngine({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  await engine.emit([{ n: 1 }, { n: 2 }]);
  const [begun, goOn] = [join(tempDir(), 'begun'), join(tempDir(), 'go-on')];
  const command = `cat > /dev/null; touch '${begun}'; until test -e '${goOn}'; do sleep 0.02; done`;
  const slow = new MemberProcess(ledger, 'g', 'slow', ['--lease', LONG_LEASE, '--exec', command]);
  const leaseOf = async () => (await engine.groups())[0]?.lanes[0];
  await until(() => existsSync(begun));
  slow.child.kill('SIGSTOP');
  const token = (await leaseOf())?.token ?? 0;
  endLeases(ledger);

  // takes over, and stands behind both events
  const other = await Completengine.open({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  let taken = 0;
  const { finished } = await other.subscribe({ group: 'g', member: 'other', until: { count: 2 } }, ({ count }) => {
    taken += count;
  });
  await finished;
  await other.close();
  expect({ taken, lane: await leaseOf() }).toMatchObject({ taken: 2, lane: { nextOffset: 2, member: null } });

  writeFileSync(goOn, '');
  slow.child.kill('SIGCONT');
  await until(async () => (await leaseOf())?.member === 'slow');
  const lane = await leaseOf();
  expect(lane?.token).toBeGreaterThan(token);
  expect(lane?.nextOffset).toBe(2);
  await engine.emit([{ n: 3 }]);
  await until(async () => (await leaseOf())?.nextOffset === 3);
  expect(slow.isRunning).toBe(true);
  expect([...slow.refused.keys()]).toEqual(['p0/0']);
  slow.child.kill('SIGINT');
  expect(await slow.ended).toBe(130);
});

test('an event that kills its consumers is parked in the end, and events that were only held by crashed members are not', async () => {
  const ledger = await newLedger('--partition', 'manual:to', '--partitions', '3');
  const engine = await openEngine({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  await engine.emit(['p0', 'p1', 'p2'].flatMap((to) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ to, n }))));
  const poison = `events=$(cat); case "$events" in *'"p0","n":6'*) kill -9 $PPID;; esac; echo "$events"`;
  const args = ['--lease', LONG_LEASE, '--max-deliver', '3', '--batch', '8', '-e', '--exec', poison];
  const members: MemberProcess[] = [];
  for (let code: number | null = null; code !== 0 && members.length < 15; ) {
    const member = new MemberProcess(ledger, 'g', `m${members.length}`, args);
    members.push(member);
    code = await member.ended;
    // one that was killed has not left the group
    if (member.child.signalCode !== null) endLeases(ledger);
  }
  expect(members.at(-1)?.child.exitCode).toBe(0);
  expect(
    (await parkedBy(engine, 'g')).map(({ partition, offset, attempts }) => ({ partition, offset, attempts })),
  ).toEqual([{ partition: 'p0', offset: 5, attempts: 3 }]);
  expect(await engine.groups()).toMatchObject([{ lag: 0 }]);

  // it kills the one it is delivered to once more, and nobody after that
  await engine.redeliver('g');
  const killed = new MemberProcess(ledger, 'g', 'killed', args);
  await killed.ended;
  expect(killed.child.signalCode).toBe('SIGKILL');
  endLeases(ledger);
  expect(await new MemberProcess(ledger, 'g', 'next', args).ended).toBe(0);
  expect(await parkedBy(engine, 'g')).toMatchObject([{ attempts: 4, redeliveryDue: false }]);
});
