/** Laws of checkpoints, for every storage: each head that was signed is proven later, in the order of the chain, and another history is not. */

import { afterAll, describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { signing, verifyingCheckpoints } from '../../src/core/engine/checkpoints.ts';
import { labelsOf } from '../../src/core/engine/labels.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { systemClock } from '../../src/index.ts';
import { failureOf } from '../support/engines.ts';
import { newKeyPair } from '../support/signing-keys.ts';
import { draftOf } from './drafts.ts';
import { openNew, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const { privateKey: key, publicKey } = newKeyPair();
const event = (payload: string, partition = 0) => ({ partition, time: 1, payload });

async function commit(ledger: Ledger, ...payloads: readonly string[]): Promise<void> {
  await ledger.commit(
    draftOf(
      await ledger.basis(),
      payloads.map((payload) => event(payload)),
    ),
  );
}

async function addPartition(ledger: Ledger): Promise<void> {
  await ledger.beginEpoch(({ epoch, partitionNames }) => ({
    spec: epoch.spec,
    newPartitionNames: [`more${partitionNames.length}`],
    partitionIds: [...epoch.partitionIds, partitionNames.length],
    placements: [],
    keepsPlacements: true,
  }));
}

/** Signs after each step, those without a commit too. */
async function signedHistory(ledger: Ledger): Promise<string[]> {
  const steps = [
    () => commit(ledger, '1', '2'),
    () => addPartition(ledger),
    () => addPartition(ledger),
    () => commit(ledger, '3'),
  ];
  const notes: string[] = [];
  const sign = async () => {
    const previous = notes.at(-1);
    notes.push((await signing(ledger, systemClock, { key, ...(previous && { previous }) })).note);
  };
  await sign();
  for (const step of steps) {
    await step();
    await sign();
  }
  return notes;
}

const proving = (ledger: Ledger, ...notes: readonly string[]) =>
  verifyingCheckpoints(ledger, labelsOf(ledger), {
    checkpoints: [{ name: 'notes', bytes: Buffer.from(notes.join('')) }],
    publicKeys: [publicKey],
  });

describe.each(STORAGES)('checkpoints of a ledger in $name', (storage) => {
  it('are proven in one pass, each with its place in the chain', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    const notes = await signedHistory(ledger);
    const places = notes.map((note) => {
      const checkpoint = parseCheckpoint(`${note.split('\n\n')[0]}\n`);
      return typeof checkpoint === 'string' ? checkpoint : [checkpoint.sequence, checkpoint.joints];
    });
    expect(places).toEqual([
      [0, 1],
      [2, 1],
      [2, 2],
      [2, 3],
      [3, 3],
    ]);
    await commit(ledger, '4');
    const report = await proving(ledger, ...notes.toReversed());
    expect(report).toMatchObject({ events: 4, isAnchored: true, checkpoints: { checkpoints: 5, dropped: 0 } });
    expect(report.checkpoints?.signers).toMatchObject([{ kind: 'log', checkpoints: 5, through: 3 }]);
  });

  it('are never of a transaction that is not committed', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    await commit(ledger, '1');
    const before = await ledger.chainEnd();
    const transaction = await ledger.begin();
    await transaction.commit(draftOf(await ledger.basis(), [event('2')]));
    expect(await ledger.chainEnd()).toEqual(before);
    await transaction.abandon();
    expect(await ledger.chainEnd()).toEqual(before);
    await commit(ledger, '3');
    expect(await ledger.chainEnd()).toMatchObject({ head: { sequence: 2 } });
  });

  it('of another ledger, or of another history, prove nothing', async () => {
    const [one, other] = [await openNew(storage), await openNew(storage)];
    const notes = await signedHistory(one);
    const foreign = await failureOf(() => proving(other, ...notes), 'CHECKPOINT_REFUSED');
    expect(foreign.message).toContain('checkpoint 1 of notes, at sequence 0, is of the ledger');
    // as an attacker would sign who has the key, and not the ledger
    const end = await one.chainEnd();
    const rewritten = {
      ...one,
      identity: one.identity,
      chainEnd: async () => ({ ...end, head: { ...end.head, hash: '7'.repeat(64) } }),
    };
    const { note } = await signing(rewritten, systemClock, { key });
    const fork = await failureOf(() => proving(one, ...notes, note), 'CHECKPOINT_FORKED');
    expect(fork.message).toMatch(
      /^a fork: checkpoint 5 of notes, at sequence 3, and checkpoint 6 of notes, at sequence 3/,
    );
    const wrong = await failureOf(() => proving(one, notes[0] as string, note), 'HEAD_MISMATCH');
    expect(wrong.message).toMatch(/^checkpoint 2 of notes, at sequence 3: the ledger has another history/);
  });
});
