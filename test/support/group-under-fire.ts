/** Members of a group that are killed and paused at any time, while others emit: what must hold of what each of them was given. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { finished, startCli } from './cli.ts';
import { openEngine } from './engines.ts';
import { MemberProcess } from './members.ts';
import { seededForTest } from './seeded.ts';
import { groupLoad, quick } from './test-size.ts';
import { until } from './until.ts';

/** A paused member loses its leases after this, and so does one that a loaded machine keeps from renewing them. */
const LEASE_MS = quick(1000, 2500);
/** Most events of one delivery to a stream: what a killed member may have held unacknowledged. */
const UNACKNOWLEDGED_MAX = 1000;
const EMITTERS = 2;
/** One that is paused in the middle of a transaction holds the file for all others. Longer than a test may take. */
export const BUSY_TIMEOUT_MS = 1_800_000;
const BUSY_TIMEOUT = `${BUSY_TIMEOUT_MS}ms`;

const { seconds, rate } = groupLoad();

/** Of a test with such a group. */
export const GROUP_TIMEOUT_MS = 60_000 + seconds * 3000;

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

/**
 * Expects of a ledger without events, with partitions by `k`: every event is given to a member, in the order of its partition; no member that lives takes one
 * twice; and a member that lost its lease is refused. Returns how many members were killed and paused.
 */
export async function expectGroupUnderFire(
  ledger: string,
  memberCount: number,
): Promise<{ readonly kills: number; readonly pauses: number }> {
  const chance = seededForTest();
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
  for (let at = 0; at < memberCount; at++) enter();

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
  // also of members that came last: one that is interrupted before it has joined says so
  await until(async () => {
    const [group] = await engine.groups();
    const joined = new Set(group?.members.map(({ name }) => name));
    return group?.lag === 0 && members.every(({ isRunning, name }) => !isRunning || joined.has(name));
  });
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
  return { kills, pauses: pauses.length };
}
