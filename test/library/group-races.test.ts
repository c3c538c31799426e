/**
 * Concurrent changes of a group: offset resets during a delivery, clocks, epochs, crashes, and members that cannot
 * start.
 */

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Completengine, Delivery, SubscribeOptions } from '../../src/index.ts';
import { FakeClock, failureOf, ledgerPath, openEngine, parkedBy } from '../support/engines.ts';
import { turns } from '../support/turns.ts';
import { until } from '../support/until.ts';

/** Short pauses, and no warnings of parked events. */
const QUICK = { backoffMs: 1, onParked: () => {} };

const emitNumbers = (engine: Completengine, count: number) => engine.emit(Array.from({ length: count }, (_, n) => n));

const placesOf = (delivery: Delivery): string[] =>
  [...delivery].map(({ partition, offset }) => `${partition}/${offset}`);

/** A handler whose deliveries last until they are released. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  readonly begun: string[][] = [];
  held = 0;
  mostHeld = 0;

  readonly handler = async (delivery: Delivery): Promise<void> => {
    this.begun.push(placesOf(delivery));
    this.mostHeld = Math.max(this.mostHeld, ++this.held);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.held--;
  };

  letGo(): void {
    this.#waiting.shift()?.();
  }
}

describe('a group that is stepped back by force', () => {
  it('during a delivery: that one is fenced, and the next begins only when it has ended', async () => {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 6);
    const gate = new Gate();
    const refused: number[] = [];
    await engine.subscribe(
      { group: 'g', batch: 2, ...QUICK, onFenced: ({ offset }) => void refused.push(offset) },
      gate.handler,
    );
    await until(() => gate.begun.length === 1);
    gate.letGo();
    await until(() => gate.begun.length === 2);
    const { liveMembers, steps } = await engine.setCursors('g', { from: 'start', force: true });
    expect({ liveMembers: liveMembers.length, steps }).toEqual({
      liveMembers: 1,
      steps: [{ partition: 'p0', from: 2, to: 0 }],
    });
    const tokenOf = async () => (await engine.groups())[0]?.lanes[0]?.token ?? null;
    await until(async () => (await tokenOf()) !== null);
    await turns();
    for (let delivered = 0; delivered < 4; delivered++) {
      gate.letGo();
      await until(() => gate.begun.length === Math.min(5, delivered + 3));
    }
    await until(async () => (await engine.groups())[0]?.lag === 0);
    expect(gate.begun).toEqual([
      ['p0/0', 'p0/1'],
      ['p0/2', 'p0/3'],
      ['p0/0', 'p0/1'],
      ['p0/2', 'p0/3'],
      ['p0/4', 'p0/5'],
    ]);
    expect({ refused, mostHeld: gate.mostHeld }).toEqual({ refused: [2], mostHeld: 1 });
  });

  it('continues from there, also in partitions that an epoch has added and no member has seen', async () => {
    const engine = await openEngine({ routing: 'manual:to', partitions: ['a'] });
    await engine.emit([{ to: 'a' }]);
    await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
    await engine.partitioning.add(['b']);
    await engine.emit([{ to: 'a' }, { to: 'b' }, { to: 'b' }]);
    expect(await engine.planCursors('g', { from: 'end' })).toMatchObject({ redelivered: 0, skipped: 3 });
    expect((await engine.setCursors('g', { from: 'end' })).steps).toEqual([
      { partition: 'a', from: 1, to: 2 },
      { partition: 'b', from: 0, to: 2 },
    ]);
    await engine.emit([{ to: 'b' }]);
    const seen: string[] = [];
    await (
      await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => void seen.push(...placesOf(delivery)))
    ).finished;
    expect(seen).toEqual(['b/2']);
  });
});

it('groups are reported with the names of partitions that another process has added', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'manual:to', partitions: ['a'] });
  await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
  const other = await openEngine({ ledger });
  await other.partitioning.add(['b']);
  expect((await engine.groups())[0]?.lanes.map(({ partition }) => partition)).toEqual(['a', 'b']);
});

it.each(['the same', 'another'])(
  'members take up partitions that %s process adds at once, however long their leases are',
  async (whose) => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'manual:to', partitions: ['a'] });
    await engine.emit({ to: 'a' });
    const taken: string[] = [];
    const leaseMs = 600_000;
    await engine.subscribe({ group: 'g', leaseMs }, (delivery) => void taken.push(...placesOf(delivery)));
    await until(() => taken.length === 1);
    const adding = whose === 'the same' ? engine : await openEngine({ ledger });
    await adding.partitioning.add(['b']);
    await adding.emit({ to: 'b' });
    // far less than a lease: the limit of the test ends a wait for the next renewal
    await until(() => taken.length === 2);
    expect(taken).toEqual(['a/0', 'b/0']);
  },
);

it('a member that cannot begin is no member', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  await emitNumbers(engine, 2);
  await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
  const db = new Database(ledger);
  db.exec('UPDATE cursors SET next_offset = 99');
  db.close();
  await failureOf(() => engine.subscribe({ group: 'g', ...QUICK }, () => {}), 'VERIFICATION_FAILED');
  expect((await engine.groups())[0]?.members).toEqual([]);
});

it('a clock that is set back does not make a pause longer', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock, partitions: 1 });
  await emitNumbers(engine, 1);
  let calls = 0;
  const options: SubscribeOptions = {
    group: 'g',
    backoffMs: 100,
    onRetry: () => {
      clock.micros -= 3600e6;
    },
  };
  await engine.subscribe(options, () => {
    if (++calls === 1) throw new Error('not yet');
  });
  await until(() => {
    clock.micros += 5000;
    return calls === 2;
  });
});

describe('a parked event that is delivered again', () => {
  /** A group with one parked event, and a member whose delivery of it lasts until it is ended. */
  async function redelivering() {
    const engine = await openEngine({ partitions: 1 });
    await emitNumbers(engine, 1);
    await (
      await engine.subscribe({ group: 'g', maxDeliver: 1, until: { head: true }, ...QUICK }, () =>
        Promise.reject(new Error('no')),
      )
    ).finished;
    const parked: number[] = [];
    const failing: ((error: Error) => void)[] = [];
    const handler = (): Promise<void> => new Promise((_, reject) => void failing.push(reject));
    await engine.subscribe({ group: 'g', ...QUICK, onParked: ({ attempts }) => void parked.push(attempts) }, handler);
    await engine.redeliver('g');
    await until(() => failing.length === 1);
    return { engine, parked, failing };
  }

  it('and is dropped meanwhile, is not reported as parked when it fails', async () => {
    const { engine, parked, failing } = await redelivering();
    expect(await engine.dropParked('g', [1])).toBe(1);
    failing[0]?.(new Error('no'));
    await turns();
    expect({ parked, left: await parkedBy(engine, 'g') }).toEqual({ parked: [], left: [] });
  });

  it('and is asked for again meanwhile, comes again when it fails', async () => {
    const { engine, parked, failing } = await redelivering();
    await engine.redeliver('g');
    failing[0]?.(new Error('no'));
    await until(() => failing.length === 2);
    failing[1]?.(new Error('no'));
    await until(() => parked.length === 2);
    expect(await parkedBy(engine, 'g')).toMatchObject([{ attempts: 3, redeliveryDue: false }]);
    expect(parked).toEqual([2, 3]);
  });

  it('and is being delivered when its member is closed, is due again', async () => {
    const { engine, failing } = await redelivering();
    expect(await parkedBy(engine, 'g')).toMatchObject([{ attempts: 2, redeliveryDue: false }]);
    const stop = engine.close();
    await turns();
    failing[0]?.(new Error('interrupted'));
    await stop;
    const again = await openEngine({ ledger: engine.identity.path });
    expect(await parkedBy(again, 'g')).toMatchObject([{ attempts: 1, redeliveryDue: true }]);
  });
});

it('a delivery of an event that failed before is no failure when its member is closed during it', async () => {
  const engine = await openEngine({ partitions: 1 });
  await emitNumbers(engine, 1);
  const failing: ((error: Error) => void)[] = [];
  const handler = (): Promise<void> => new Promise((_, reject) => void failing.push(reject));
  const attempts = async (from: Completengine) => (await from.groups())[0]?.lanes[0]?.attempts;
  await engine.subscribe({ group: 'g', ...QUICK }, handler);
  await until(() => failing.length === 1);
  failing[0]?.(new Error('no'));
  await until(() => failing.length === 2);
  expect(await attempts(engine)).toBe(2);
  const stop = engine.close();
  await turns();
  failing[1]?.(new Error('interrupted'));
  await stop;
  expect(await attempts(await openEngine({ ledger: engine.identity.path }))).toBe(1);
});

it('an event that is to be delivered again is counted once, however often it is named', async () => {
  const engine = await openEngine({ partitions: 1 });
  await emitNumbers(engine, 1);
  await (
    await engine.subscribe({ group: 'g', maxDeliver: 1, until: { head: true }, ...QUICK }, () =>
      Promise.reject(new Error('no')),
    )
  ).finished;
  expect(await engine.redeliver('g', [1, 1])).toBe(1);
});
