/** The last failure of a group's partition: why it stands still, stored by the transactions that count failures. */

import { describe, expect, it } from 'vitest';
import { type Completengine, type Delivery, LedgerError, type MemberOptions } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { tamper } from '../support/sessions.ts';
import { until } from '../support/until.ts';
import { walCommits } from '../support/wal-commits.ts';

/** Longer than a test: no heartbeat is a commit of it. */
const STILL = { group: 'g', member: 'm', batch: 1, backoffMs: 0, leaseMs: 600_000 } as const;
/** A pause that outlasts the test: the longest there is. */
const PAUSED = { ...STILL, backoffMs: 30_000 } as const;

async function engineOf(events: number): Promise<Completengine> {
  const engine = await openEngine({ ledger: ledgerPath(), partitions: 1 });
  await engine.emit(Array.from({ length: events }, (_, n) => ({ n: n + 1 })));
  return engine;
}

/** Delivers everything, and returns the commits that this took. */
async function commitsOf(
  engine: Completengine,
  handler: (delivery: Delivery) => void,
  options: Partial<MemberOptions> = {},
) {
  const before = walCommits(engine.identity.path);
  const { finished } = await engine.subscribe({ ...STILL, until: { head: true }, ...options }, handler);
  await finished;
  return walCommits(engine.identity.path) - before;
}

const lane = async (engine: Completengine) => (await engine.groups())[0]?.lanes[0];

/** Fails the first `times` deliveries of event 2. */
function failing(times: number) {
  let failures = 0;
  return (delivery: Delivery) => {
    if (delivery.firstSequence === 2 && ++failures <= times) throw new Error('no twos');
  };
}

describe('the commits of a member', () => {
  it('are one for each delivery that succeeds, and two for an event that fails once, as many as count it', async () => {
    const base = await commitsOf(await engineOf(3), failing(0));
    expect(await commitsOf(await engineOf(8), failing(0))).toBe(base + 5);
    // the failure, and the second delivery before it begins
    expect(await commitsOf(await engineOf(3), failing(1))).toBe(base + 2);
    // each further one: how it failed, and the next delivery before it begins
    expect(await commitsOf(await engineOf(3), failing(2))).toBe(base + 4);
    expect(await commitsOf(await engineOf(3), failing(3))).toBe(base + 6);
  });

  it('are one for each failure where nothing is counted before it is delivered', async () => {
    const forEver = { maxDeliver: Number.POSITIVE_INFINITY };
    const base = await commitsOf(await engineOf(3), failing(0), forEver);
    for (const times of [1, 2, 3])
      expect(await commitsOf(await engineOf(3), failing(times), forEver)).toBe(base + times);
  });

  it('have the reason of the last failure with the parked event', async () => {
    const engine = await engineOf(3);
    const base = await commitsOf(await engineOf(3), failing(0));
    // counted, counted before the second delivery, parked instead of acknowledged
    expect(await commitsOf(engine, failing(9), { maxDeliver: 2, onParked: () => {} })).toBe(base + 2);
    expect(await lane(engine)).toMatchObject({ lag: 0, attempts: 0, failure: null });
    for await (const parked of engine.parked('g')) expect(parked).toMatchObject({ sequence: 2, reason: 'no twos' });
  });
});

describe('the last failure of a partition', () => {
  it('says which event a handler has not taken, how often, when, where and why', async () => {
    const engine = await engineOf(3);
    const from = Date.now() * 1000;
    await engine.subscribe(PAUSED, failing(9));
    await until(async () => (await lane(engine))?.failure !== null);
    const { attempts, nextOffset, failure } = (await lane(engine)) ?? {};
    expect({ attempts, nextOffset }).toEqual({ attempts: 1, nextOffset: 1 });
    expect(failure).toEqual({
      ...{ sequence: 2, attempts: 1, member: 'm', reason: 'no twos' },
      failedAt: expect.any(Number),
    });
    expect(failure?.failedAt).toBeGreaterThanOrEqual(from);
    expect(failure?.failedAt).toBeLessThanOrEqual(Date.now() * 1000 + 1000);
  });

  it('is of the newest delivery, with the text of each', async () => {
    const engine = await engineOf(1);
    let times = 0;
    const seen: unknown[] = [];
    const handler = async () => {
      const { attempts, failure } = (await lane(engine)) ?? {};
      seen.push([attempts, failure?.attempts, failure?.reason]);
      if (++times < 4) throw new Error(`failed ${times}\nmore`);
    };
    await (await engine.subscribe({ ...STILL, until: { head: true } }, handler)).finished;
    // the delivery that is under way is counted, and has not failed
    expect(seen).toEqual([
      [0, undefined, undefined],
      [2, 1, 'failed 1'],
      [3, 2, 'failed 2'],
      [4, 3, 'failed 3'],
    ]);
    expect(await lane(engine)).toMatchObject({ attempts: 0, failure: null });
  });

  it('says why a member has ended that could take no event at all, and counts nothing for that', async () => {
    const engine = await engineOf(2);
    const unusable = () => {
      throw new LedgerError('CONSUMER_UNUSABLE', { message: 'the command was not found: x', hint: 'check it' });
    };
    const run = async () => (await engine.subscribe({ ...STILL, onError: () => {} }, unusable)).finished;
    await failureOf(run, 'CONSUMER_UNUSABLE');
    expect(await lane(engine)).toMatchObject({
      attempts: 0,
      failure: { sequence: 1, attempts: 0, reason: 'the command was not found: x' },
    });
    await (await engine.subscribe({ ...STILL, until: { limit: 1 } }, () => {})).finished;
    expect(await lane(engine)).toMatchObject({ attempts: 0, failure: null });
  });

  it('is read out of a damaged file as damage', async () => {
    const engine = await engineOf(2);
    const member = await engine.subscribe(PAUSED, failing(9));
    await until(async () => (await lane(engine))?.failure !== null);
    await member.close();
    for (const change of [
      'failure_member = NULL',
      "failure_member = 'a' || char(27)",
      'failed_at = 9007199254740993',
    ]) {
      tamper(engine.identity.path, `UPDATE cursors SET ${change}`);
      await failureOf(() => engine.groups(), 'VERIFICATION_FAILED');
    }
  });
});
