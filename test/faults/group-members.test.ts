/** Members of a group that are killed and paused at any time: nothing is lost, no healthy member takes anything twice, and a member that lost its lease is refused. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { openEngine, parkedBy } from '../support/engines.ts';
import { BUSY_TIMEOUT_MS, expectGroupUnderFire, GROUP_TIMEOUT_MS } from '../support/group-under-fire.ts';
import { newLedger } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { untilStopped } from '../support/process-state.ts';
import { tamper } from '../support/sessions.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const MEMBERS = quick(5, 8);
/** Longer than a test may take, so that it ends by {@link endLeases} alone. */
const LONG_LEASE = '10m';

/** As if the time of all leases were over: the members that still run learn of it when they use them. */
function endLeases(ledger: string): void {
  tamper(ledger, 'UPDATE members SET expires_at = 0');
}

test(`${MEMBERS} members share sixteen partitions under kill -9 and pauses`, {
  timeout: GROUP_TIMEOUT_MS,
}, async () => {
  await expectGroupUnderFire(await newLedger('--routing', 'hash:k', '--partitions', '16'), MEMBERS);
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
  await untilStopped(slow.child.pid);
  const token = (await leaseOf())?.token ?? 0;
  endLeases(ledger);

  // takes over, and stands behind both events
  const other = await Completengine.open({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  let taken = 0;
  const { finished } = await other.subscribe({ group: 'g', member: 'other', until: { limit: 2 } }, ({ count }) => {
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
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', '3');
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

test('what the last delivery has failed of outlives the member that is killed before the next one', async () => {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', '2');
  const engine = await openEngine({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  await engine.emit([{ to: 'p0' }]);
  const lane = async () => (await engine.groups())[0]?.lanes[0];
  // the longest pause there is, half of it at least
  const args = ['--lease', LONG_LEASE, '--backoff', '30s', '--exec'];
  for (const attempts of [1, 2, 3]) {
    const name = `m${attempts}`;
    const member = new MemberProcess(ledger, 'g', name, [...args, `echo 'no ${name}' >&2; exit ${attempts}`]);
    const failure = { sequence: 1, attempts, member: name, reason: `exit code ${attempts}: no ${name}` };
    await until(async () => (await lane())?.failure?.member === name);
    member.child.kill('SIGKILL');
    await member.ended;
    expect(await lane()).toMatchObject({ attempts, failure });
    endLeases(ledger);
    // the next member removes it: no delivery was under way
    const other = await engine.subscribe({ group: 'g', member: 'idle', partitions: ['p1'] }, () => {});
    await other.close();
    expect(await lane()).toMatchObject({ attempts, failure });
  }
  await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
  expect(await lane()).toMatchObject({ attempts: 0, failure: null, lag: 0 });
});

test('a member that is killed during a delivery that was counted is named as the last failure', async () => {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', '2');
  const engine = await openEngine({ ledger, busyTimeoutMs: BUSY_TIMEOUT_MS });
  await engine.emit([{ to: 'p0' }]);
  const lane = async () => (await engine.groups())[0]?.lanes[0];
  const kill = ['--lease', LONG_LEASE, '--exec', 'kill -9 $PPID'];
  for (const name of ['first', 'second']) {
    await new MemberProcess(ledger, 'g', name, kill).ended;
    endLeases(ledger);
  }
  const takesNothing = await engine.subscribe({ group: 'g', member: 'idle', partitions: ['p1'] }, () => {});
  await takesNothing.close();
  expect(await lane()).toMatchObject({
    attempts: 2,
    failure: {
      sequence: null,
      attempts: 2,
      member: 'second',
      reason: expect.stringContaining('while it had this event'),
    },
  });
});
