/**
 * Epochs through the library: changes of routing under running emitters and readers, and the chain that covers them.
 */

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Completengine, type LedgerEvent } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectRoutedByEpochs } from '../support/epochs.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';

const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, nth) => `{"k":"k${(from + nth) % 101}","n":${from + nth}}\n`).join('');

async function* streamOf(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

/** Changes a ledger from outside the engine, as another program could. */
function tamper(path: string, sql: string, ...values: unknown[]): void {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  expect(db.prepare(sql).run(...values).changes).toBe(1);
  db.close();
}

describe('a new epoch', () => {
  it('begins after the head, and is the head of the chain until a commit follows', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'hash:k', partitions: 2 });
    await engine.emit(streamOf(lines(10)));
    const before = await engine.head();
    const { after } = await engine.partitioning.add(['p2']);
    expect(after.epoch).toMatchObject({ epoch: 2, fromSequence: 11, partitionIds: [0, 1, 2] });
    const head = await engine.head();
    expect(head.sequence).toBe(10);
    expect(head.hash).not.toBe(before.hash);
    expect(engine.partitions.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2']);
    await engine.emit(streamOf(lines(10, 10)));
    await engine.verify({ expectHead: `10:${head.hash}` });
    await engine.verify({ expectHead: `10:${before.hash}` });
    await expectRoutedByEpochs(ledger);
  });

  it('may begin in an empty ledger, several at one sequence', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'manual:k', partitions: ['a'] });
    await engine.partitioning.add(['b']);
    await engine.partitioning.place([{ key: 'x', partition: 'b' }]);
    await engine.partitioning.add(['c']);
    await engine.verify();
    await engine.emit([{ k: 'x' }, { k: 'c' }, { k: 'a' }]);
    expect(storedEvents(ledger).map(({ partition }) => partition)).toEqual(['b', 'c', 'a']);
    const { identity } = await engine.inspect();
    expect(identity.epochs.map(({ fromSequence }) => fromSequence)).toEqual([1, 1, 1, 1]);
    await engine.verify();
  });

  it('is none where nothing changes', async () => {
    const engine = await openEngine({ routing: 'hash:k', partitions: 2 });
    const head = await engine.head();
    const { before, after } = await engine.partitioning.reroute('hash:k', { partitions: 2 });
    expect(after).toEqual(before);
    expect(await engine.head()).toEqual(head);
  });

  it('that is rejected leaves no trace', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'range:k=b', partitions: ['low', 'high'] });
    await failureOf(() => engine.partitioning.add(['x']), 'INVALID_ARGUMENT');
    await failureOf(() => engine.partitioning.place([{ key: 'x', partition: 'nowhere' }]), 'UNKNOWN_PARTITION');
    await failureOf(
      () => engine.partitioning.reroute('range:k=b,c', { partitions: ['low', 'high'] }),
      'INVALID_ARGUMENT',
    );
    expect((await engine.partitioning.inForce()).epoch.epoch).toBe(1);
    await engine.emit([{ k: 'a' }]);
    await expectRoutedByEpochs(ledger);
  });

  it('is not begun by an engine that reads', async () => {
    const ledger = ledgerPath();
    await openEngine({ ledger });
    const reader = await openEngine({ ledger, access: 'read' });
    await failureOf(() => reader.partitioning.add(['x']), 'PERMISSION_DENIED');
  });

  it('leaves earlier events as they were', async () => {
    const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
    await engine.emit(streamOf(lines(500)));
    const delivered = await engine.replay();
    await engine.partitioning.reroute('range:k=k3,k6', { partitions: ['a', 'b', 'c'] });
    await engine.emit(streamOf(lines(500, 500)));
    expect((await engine.replay({ throughSequence: 500 })).digest).toBe(delivered.digest);
    expect((await engine.replay({ throughSequence: 500, determinism: 'relaxed' })).digest).toBe(delivered.digest);
  });
});

describe('an engine that is open while another one changes the routing', () => {
  it.each(['it changes the routing itself', 'another engine does'])(
    'sends single events to a new partition: %s',
    async (who) => {
      const ledger = ledgerPath();
      const engine = await openEngine({ ledger, partitions: 2 });
      await engine.emit({ n: 1 });
      await engine.emit({ n: 2 }, { to: 'p1' });
      await failureOf(() => engine.emit({ n: 3 }, { to: 'new' }), 'UNKNOWN_PARTITION');
      const other = who === 'another engine does' ? await openEngine({ ledger }) : engine;
      await other.partitioning.add(['new']);
      expect((await engine.emit({ n: 3 }, { to: 'new' })).partition).toBe('new');
      await failureOf(() => engine.emit({ n: 4 }, { to: 'newer' }), 'UNKNOWN_PARTITION');
      expect(await engine.emit([{ n: 4 }, { n: 5 }], { to: 'new' })).toMatchObject([{ offset: 1 }, { offset: 2 }]);
    },
  );

  it('routes by the new rule from its next commit on', async () => {
    const ledger = ledgerPath();
    const emitter = await openEngine({ ledger, routing: 'hash:k', partitions: 2 });
    const other = await openEngine({ ledger });
    await emitter.emit({ k: 'k1' });
    await other.partitioning.reroute('manual:k', { partitions: ['k1', 'k2'] });
    expect((await emitter.emit({ k: 'k2' })).partition).toBe('k2');
    await failureOf(() => emitter.emit({ k: 'k3' }), 'BAD_LINE');
    await other.partitioning.add(['k3']);
    // a refusal by the rule of an epoch that is over would be none of a commit's conflicts
    expect((await emitter.emit({ k: 'k3' })).partition).toBe('k3');
    await expectRoutedByEpochs(ledger);
  });

  it('names partitions and keys of events of the new epoch, and finds the new partitions', async () => {
    const ledger = ledgerPath();
    const reader = await openEngine({ ledger, routing: 'hash:k', partitions: 2 });
    const other = await openEngine({ ledger });
    await other.partitioning.reroute('manual:lane', { partitions: ['a', 'b'] });
    await other.emit([{ lane: 'b', k: 'x' }]);
    const [event] = await collected(reader.tail({ partitions: ['b'] }));
    expect(event).toMatchObject({ sequence: 1, partition: 'b', key: 'b' });
  });

  it('follows into partitions that are added while it follows', async () => {
    const ledger = ledgerPath();
    const reader = await openEngine({ ledger, routing: 'manual:k', partitions: ['a'] });
    const other = await openEngine({ ledger });
    const controller = new AbortController();
    const delivered: string[] = [];
    const following = (async () => {
      for await (const { partition } of reader.tail({ follow: true, signal: controller.signal })) {
        delivered.push(partition);
        if (delivered.length === 3) controller.abort();
      }
    })();
    await other.emit({ k: 'a' });
    await other.partitioning.add(['b']);
    await other.emit({ k: 'b' });
    await other.partitioning.reroute('hash:k', { partitions: ['c'] });
    await other.emit({ k: 'b' });
    await following;
    expect(delivered).toEqual(['a', 'b', 'c']);
  });

  it('commits all of an atomic emission by one rule', async () => {
    const ledger = ledgerPath();
    const emitter = await openEngine({ ledger, routing: 'hash:k', partitions: 2 });
    await emitter.emit({ k: 'k1' });
    await (await openEngine({ ledger })).partitioning.add(['p2', 'p3']);
    await emitter.emit(streamOf(lines(3000)), { atomic: true });
    await expectRoutedByEpochs(ledger);
  });
});

async function collected(events: AsyncIterable<LedgerEvent>): Promise<LedgerEvent[]> {
  const all: LedgerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('many changes at the same time', () => {
  it('come one after the other, each as a whole', async () => {
    const ledger = ledgerPath();
    const engines = [
      await openEngine({ ledger, routing: 'hash:k', partitions: 2 }),
      await openEngine({ ledger }),
      await openEngine({ ledger }),
    ];
    await Promise.all(
      engines.flatMap((engine, at) => [
        ...Array.from({ length: 8 }, (_, nth) => engine.partitioning.add([`e${at}-${nth}`])),
        engine.partitioning.place([{ key: `k${at}`, partition: 'p1' }]),
        engine.emit({ k: `k${at}` }),
      ]),
    );
    const { identity } = await (engines[0] as Completengine).inspect();
    expect(identity.epochs).toHaveLength(1 + 24 + 3);
    expect(identity.partitions).toHaveLength(2 + 24);
    await expectRoutedByEpochs(ledger);
  });

  it('of which two add one name, one is refused', async () => {
    const ledger = ledgerPath();
    const engines = [await openEngine({ ledger }), await openEngine({ ledger })];
    const outcomes = await Promise.allSettled(engines.map((engine) => engine.partitioning.add(['same'])));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await expectSoundLedger(ledger)).length).toBe(0);
  });
});

describe('the chain covers', () => {
  async function changedLedger(): Promise<string> {
    const ledger = ledgerPath();
    const engine = await Completengine.open({ ledger, routing: 'hash:k', partitions: 2 });
    await engine.emit(streamOf(lines(20)));
    await engine.partitioning.add(['p2']);
    await engine.partitioning.place([
      { key: 'k7', partition: 'p0' },
      { key: 'k8', partition: 'p2' },
    ]);
    await engine.emit(streamOf(lines(20, 20)));
    await engine.partitioning.reroute('hash:n');
    await engine.close();
    return ledger;
  }

  it.each([
    ['the routing of an epoch', "UPDATE epoch SET routing = replace(routing, '[0,1,2]', '[1,0,2]') WHERE epoch = 2"],
    ['the beginning of an epoch', 'UPDATE epoch SET from_sequence = 20 WHERE epoch = 2'],
    ['the place of the last epoch', 'UPDATE epoch SET from_sequence = 40 WHERE epoch = 4'],
    ['an epoch that has gone', 'DELETE FROM epoch WHERE epoch = 3'],
    ['the partition of a placement', "UPDATE placements SET partition = 1 WHERE key = 'k7'"],
    ['the key of a placement', "UPDATE placements SET key = 'k9' WHERE key = 'k7'"],
    ['the epoch of a placement', "UPDATE placements SET epoch = 2 WHERE key = 'k7'"],
    ['a placement that has gone', "DELETE FROM placements WHERE key = 'k8'"],
    ['a placement that was put in', "INSERT INTO placements (epoch, key, partition) VALUES (4, 'k1', 1)"],
    ['a placement of no epoch', "INSERT INTO placements (epoch, key, partition) VALUES (9, 'k1', 1)"],
    ['the name of an added partition', "UPDATE partition SET name = 'other' WHERE id = 2"],
    ['the epoch a partition was added in', 'UPDATE partition SET epoch = 3 WHERE id = 2'],
  ])('%s', async (_, sql) => {
    const ledger = await changedLedger();
    await expectRoutedByEpochs(ledger);
    tamper(ledger, sql);
    const engine = await openEngine({ ledger, access: 'read' });
    await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  });

  it('not what a partition without a table makes: such a ledger is not opened', async () => {
    const ledger = await changedLedger();
    tamper(ledger, "INSERT INTO partition (id, name, table_name, epoch) VALUES (3, 'p3', 'p3', 4)");
    await failureOf(() => Completengine.open({ ledger, access: 'read' }), 'DAMAGED_LEDGER');
  });

  it('not what a foreign index does: such a ledger is not opened', async () => {
    const ledger = await changedLedger();
    const db = new Database(ledger);
    db.exec('CREATE INDEX placement ON epoch (hash)');
    db.close();
    await failureOf(() => Completengine.open({ ledger }), 'NOT_A_LEDGER');
  });

  it('and a view that lacks the added partitions is not taken for ours', async () => {
    const ledger = await changedLedger();
    const db = new Database(ledger);
    const sql = db.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'events'").pluck().get() as string;
    db.exec('DROP VIEW events');
    db.exec(sql.replace(/\nUNION ALL .*\n\)/, '\n)'));
    db.close();
    await failureOf(() => Completengine.open({ ledger }), 'NOT_A_LEDGER');
  });
});

describe('a preview', () => {
  it('counts events and keys that would go elsewhere, and those that would be refused', async () => {
    const engine = await openEngine({ routing: 'manual:k', partitions: ['a', 'b', 'c'] });
    await engine.emit([
      { k: 'a', n: 1 },
      { k: 'a', n: 5 },
      { k: 'b', n: 5 },
      { k: 'c', n: 'five' },
      { k: 'c', n: 9 },
    ]);
    const head = await engine.head();
    const preview = await engine.partitioning.previewReroute('range:n=3,7', { partitions: ['a', 'b', 'd'] });
    expect(preview).toMatchObject({ events: 5, moved: 2, refused: 1, keys: 3, movedKeys: 2, areKeysEstimated: false });
    expect(preview.before).toEqual([2, 1, 2, 0]);
    expect(preview.after).toEqual([1, 2, 0, 1]);
    expect(preview.routing.after.partitionNames).toEqual(['a', 'b', 'c', 'd']);
    expect(
      await engine.partitioning.previewReroute('range:n=3,7', { partitions: ['a', 'b', 'd'], sample: 2 }),
    ).toMatchObject({
      events: 2,
      moved: 1,
      refused: 1,
    });
    expect(await engine.head()).toEqual(head);
    expect(engine.partitions).toHaveLength(3);
  });

  it('agrees with what the change then does', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'hash:k', partitions: 4 });
    await engine.emit(streamOf(lines(2000)));
    const preview = await engine.partitioning.previewReroute('composite:k+n', { partitions: 7 });
    await engine.partitioning.reroute('composite:k+n', { partitions: 7 });
    await engine.emit(streamOf(lines(2000)));
    const { partitions } = await engine.partitioning.list();
    expect(preview.after).toEqual(partitions.map(({ events }, id) => events - (preview.before[id] ?? 0)));
  });

  it('refuses a sample of nothing', async () => {
    const engine = await openEngine();
    await failureOf(() => engine.partitioning.previewReroute('hash:k', { sample: 0 }), 'INVALID_ARGUMENT');
  });
});
