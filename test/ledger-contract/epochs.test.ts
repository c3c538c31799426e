/** Laws of epochs, for every storage: a change of routing is one link of the chain, in force for every opening. */

import { afterAll, describe, expect, it } from 'vitest';
import { Groups } from '../../src/core/ledger/groups.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import type { EpochPlan } from '../../src/core/model/routing/epoch-plan.ts';
import { draftOf, readAll } from './drafts.ts';
import { openNew, openTwice, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const event = (payload: string, partition = 0) => ({ partition, time: 1, payload });

/** A change of the routing in force by these fields alone. */
async function begin(ledger: Ledger, change: Partial<EpochPlan>) {
  return ledger.beginEpoch(({ epoch: { spec, partitionIds } }) => ({
    spec,
    partitionIds,
    newPartitionNames: [],
    placements: [],
    keepsPlacements: true,
    ...change,
  }));
}

const ADD = { newPartitionNames: ['more'], partitionIds: [0, 1, 2] };

describe.each(STORAGES)('epochs of a ledger in $name', (storage) => {
  it('begin after the head, in force for every opening', async () => {
    const [one, other] = await openTwice(storage, { routing: 'hash:k' });
    await one.commit(draftOf(await one.basis(), [event('1'), event('2', 1)]));
    const before = await other.basis();
    const change = await begin(one, ADD);
    expect(change).toMatchObject({
      before: { epoch: { epoch: 1, fromSequence: 1 }, partitionNames: ['p0', 'p1'] },
      after: { epoch: { epoch: 2, fromSequence: 3, partitionIds: [0, 1, 2] }, partitionNames: ['p0', 'p1', 'more'] },
    });
    expect(before).toMatchObject(change.before);
    for (const ledger of [one, other]) {
      expect(await ledger.basis()).toMatchObject(change.after);
      expect(ledger.identity.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
      expect(ledger.identity.partitions).toEqual([
        { id: 0, name: 'p0' },
        { id: 1, name: 'p1' },
        { id: 2, name: 'more' },
      ]);
    }
  });

  it('are links of the chain: the head has another hash, and the same sequence', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    await ledger.commit(draftOf(await ledger.basis(), [event('1')]));
    const { sequence, time, hash } = await ledger.head();
    await begin(ledger, ADD);
    const head = await ledger.head();
    expect(head).toMatchObject({ sequence, time });
    expect(head.hash).not.toBe(hash);
    await ledger.commit(draftOf(await ledger.basis(), [event('2', 2)]));
    expect(await ledger.verify({})).toMatchObject({ events: 2, commits: 2 });
  });

  it('may begin one after another at one sequence, the first one too', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    for (const name of ['a', 'b', 'c']) {
      const { partitionNames, epoch } = await ledger.basis();
      await begin(ledger, { newPartitionNames: [name], partitionIds: [...epoch.partitionIds, partitionNames.length] });
    }
    expect(ledger.identity.epochs.map(({ epoch, fromSequence }) => [epoch, fromSequence])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    await ledger.commit(draftOf(await ledger.basis(), [event('1', 4)]));
    await ledger.verify({});
  });

  it('give a new partition offsets from 0 on', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    await ledger.commit(draftOf(await ledger.basis(), [event('1')]));
    await begin(ledger, ADD);
    expect(await ledger.ends([0, 1, 2])).toEqual([1, 0, 0]);
    expect((await ledger.positionsAt(2)).map(({ nextOffset }) => nextOffset)).toEqual([1, 0, 0]);
    const committed = await ledger.commit(draftOf(await ledger.basis(), [event('2'), event('3', 2)]));
    expect(committed).toMatchObject({ kind: 'committed', offsets: [1, 0] });
    expect((await readAll(ledger, { from: 1, through: 3 }, [2])).map(({ payload }) => payload)).toEqual(['3']);
  });

  it('do not begin where the plan changes nothing, or throws', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    const before = { head: await ledger.head(), routing: await ledger.basis() };
    const { before: unchanged, after } = await ledger.beginEpoch(() => null);
    expect(after).toEqual(unchanged);
    await expect(
      ledger.beginEpoch(() => {
        throw new Error('not like this');
      }),
    ).rejects.toThrow('not like this');
    expect({ head: await ledger.head(), routing: await ledger.basis() }).toEqual(before);
    expect(ledger.identity.epochs).toHaveLength(1);
  });

  it('refuse a plan that no ledger can hold, and store nothing of it', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    const head = await ledger.head();
    await expect(begin(ledger, { newPartitionNames: ['p0'] })).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(begin(ledger, { partitionIds: [0, 7] })).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await ledger.head()).toEqual(head);
  });

  it('carry placements on as long as the plan keeps them, the later ones first', async () => {
    const [one, other] = await openTwice(storage, { routing: 'hash:k' });
    const placements = async () => Object.fromEntries((await other.basis()).placements);
    await begin(one, {
      placements: [
        { key: 'b', partition: 1 },
        { key: 'a', partition: 0 },
      ],
    });
    expect(await placements()).toEqual({ a: 0, b: 1 });
    await begin(one, { placements: [{ key: 'a', partition: 1 }] });
    expect(await placements()).toEqual({ a: 1, b: 1 });
    expect((await other.basis()).epoch).toMatchObject({ epoch: 3, placedFrom: 2 });
    await begin(one, { ...ADD, keepsPlacements: false });
    expect(await placements()).toEqual({});
    expect((await other.basis()).epoch.placedFrom).toBeNull();
    await one.verify({});
  });

  it.runIf(storage.hasGroups)('begin a new generation of every group if they add partitions', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    const groups = new Groups(ledger);
    await groups.create('g', 1, 0);
    const beat = { group: 'g', member: 'one', partitions: null, ttl: 1000, idle: [] };
    const joined = await groups.heartbeat({ ...beat, token: null, now: 0 });
    await begin(ledger, { placements: [{ key: 'a', partition: 0 }] });
    expect(await groups.generation('g'), 'nothing to share').toBe(joined.generation);
    await begin(ledger, ADD);
    expect(await groups.generation('g')).not.toBe(joined.generation);
    const { leases } = await groups.heartbeat({ ...beat, token: joined.token, now: 1 });
    expect(leases.at(-1)).toMatchObject({ partition: 2, nextOffset: 0, nextSequence: 1 });
  });
});
