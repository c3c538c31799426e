/** Laws of verification, for every storage: the whole ledger is verified, and compared with a head that was kept elsewhere. */

import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import type { Head } from '../../src/core/model/events/head.ts';
import { failureOf } from '../support/engines.ts';
import { draftOf } from './drafts.ts';
import { openNew, openTwice, STORAGES, stopStorages } from './drivers.ts';
import type { Storage } from './storage.ts';

afterAll(stopStorages);

const event = (payload: string, partition = 0) => ({ partition, time: 1, payload });

/** Three commits and an epoch between them. Returns the head after each step, the empty ledger's first. */
async function grown(storage: Storage): Promise<{ ledger: Ledger; heads: Head[] }> {
  const ledger = await openNew(storage, { routing: 'hash:k' });
  const heads = [await ledger.head()];
  const commit = async (...events: readonly ReturnType<typeof event>[]) => {
    await ledger.commit(draftOf(await ledger.basis(), events));
    heads.push(await ledger.head());
  };
  await commit(event('1'), event('2', 1));
  await commit(event('3'));
  await ledger.beginEpoch(({ epoch }) => ({
    spec: epoch.spec,
    newPartitionNames: ['more'],
    partitionIds: [0, 1, 2],
    placements: [],
    keepsPlacements: true,
  }));
  heads.push(await ledger.head());
  await commit(event('4', 2));
  return { ledger, heads };
}

describe.each(STORAGES)('verification of a ledger in $name', (storage) => {
  it('counts everything and reports the head', async () => {
    const { ledger, heads } = await grown(storage);
    const seen: { commits: number; events: number }[] = [];
    const report = await ledger.verify({ onProgress: (progress) => seen.push(progress) });
    expect(report).toEqual({
      from: 1,
      events: 4,
      commits: 3,
      head: heads.at(-1),
      isAnchored: false,
      droppedCheckpoints: 0,
    });
    expect(seen.at(-1)).toEqual({ commits: 3, events: 4 });
  });

  it('accepts a ledger without events', async () => {
    const ledger = await openNew(storage);
    expect(await ledger.verify({})).toMatchObject({ events: 0, commits: 0, head: { sequence: 0 } });
  });

  it('accepts every head that the ledger ever had as an anchor', async () => {
    const { ledger, heads } = await grown(storage);
    for (const anchor of heads) expect(await ledger.verify({ anchor })).toMatchObject({ isAnchored: true });
  });

  it('refuses an anchor of another history, inside a commit, or beyond the head', async () => {
    const { ledger, heads } = await grown(storage);
    const [empty, first, , , last] = heads as [Head, Head, Head, Head, Head];
    for (const anchor of [
      { ...first, hash: last.hash },
      { ...first, sequence: 1 },
      { ...last, sequence: 5 },
      { ...empty, hash: '00'.repeat(32) },
    ])
      await failureOf(() => ledger.verify({ anchor }), 'HEAD_MISMATCH');
  });

  it('has another first head for each ledger', async () => {
    const [one, other] = await openTwice(storage);
    expect(await other.head()).toEqual(await one.head());
    expect((await (await openNew(storage)).head()).hash).not.toBe((await one.head()).hash);
  });
});
