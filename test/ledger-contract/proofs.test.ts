/** Laws of proofs of single events, for every storage: each event is proven with its bytes, place and time, and no changed proof holds. */

import { afterAll, describe, expect, it } from 'vitest';
import { signing } from '../../src/core/engine/checkpoints.ts';
import { proving, verifyingProof } from '../../src/core/engine/proof.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { EventBatch } from '../../src/core/model/events/event.ts';
import { EVERYTHING } from '../../src/core/model/events/range.ts';
import { LedgerError, systemClock } from '../../src/index.ts';
import { failureOf } from '../support/engines.ts';
import { newKeyPair } from '../support/signing-keys.ts';
import { quick } from '../support/test-size.ts';
import { draftOf } from './drafts.ts';
import { openNew, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const { privateKey: key, publicKey } = newKeyPair();
const trust = { publicKeys: [publicKey] };

async function commit(
  ledger: Ledger,
  ...events: readonly (readonly [partition: number, time: number, payload: string])[]
) {
  const drafts = events.map(([partition, time, payload]) => ({ partition, time, payload }));
  await ledger.commit(draftOf(await ledger.basis(), drafts));
}

/** Commits of several partitions, epochs between them, late events where the storage raises them. */
async function filled(ledger: Ledger): Promise<void> {
  await commit(ledger, [0, 10, '"a"'], [1, 10, '"b"'], [0, 12, '"ü"']);
  await commit(ledger, [1, 20, '"c"']);
  await ledger.beginEpoch(({ epoch }) => ({
    spec: epoch.spec,
    newPartitionNames: ['more'],
    partitionIds: [0, 1, 2],
    placements: [{ key: 'k', partition: 2 }],
    keepsPlacements: true,
  }));
  await commit(ledger, [2, 30, '"d"'], [2, 31, '"e"']);
  await commit(ledger, [0, 40, '"f"']);
}

async function eventsOf(ledger: Ledger) {
  const { sequence: through } = await ledger.head();
  const events: { sequence: number | undefined; time: number | undefined; payload: string }[] = [];
  for await (const { commits } of ledger.pages({ range: { from: 1, through }, partitions: null, verify: true }))
    for (const each of commits) {
      const batch = EventBatch.of(each, EVERYTHING);
      for (let at = 0; at < batch.count; at++)
        events.push({ sequence: batch.sequences[at], time: batch.times[at], payload: batch.payload(at).toString() });
    }
  return events;
}

describe.each(STORAGES)('proofs of events of a ledger in $name', (storage) => {
  it('hold for each event, with all that the ledger says of it, up to any checkpoint', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    await filled(ledger);
    if (storage.raisesLate) await commit(ledger, [1, 5, '"late"'], [1, 41, '"not"']);
    const { note } = await signing(ledger, systemClock, { key });
    await commit(ledger, [0, 50, '"after"']);
    const events = await eventsOf(ledger);
    expect(events.length).toBeGreaterThan(7);
    for (const { sequence, time, payload } of events) {
      const isCovered = !payload.startsWith('"after"');
      const options = isCovered ? { checkpoints: [{ name: 'notes', bytes: Buffer.from(note) }] } : { key };
      const proof = await proving(ledger, systemClock, sequence as number, options);
      const { event, uuid, signers } = await verifyingProof(proof.text, trust);
      expect({ ...event, payload: event.payload.toString() }).toMatchObject({ sequence, time, payload });
      expect([uuid, signers.length]).toEqual([ledger.identity.uuid, 1]);
    }
    const offsets = await Promise.all(
      [1, 2, 3].map(async (sequence) => {
        const { text } = await proving(ledger, systemClock, sequence, { key });
        const { event } = await verifyingProof(text, trust);
        return [event.partition, event.offset];
      }),
    );
    expect(offsets).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
  });

  it('do not hold if anything in them is changed', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    await filled(ledger);
    const { text } = await proving(ledger, systemClock, 3, { key });
    const { event } = await verifyingProof(text, trust);
    let refusals = 0;
    for (let at = 0; at < text.length; at += quick(17, 1)) {
      const digit = text[at] === '1' ? '2' : '1';
      const changed = text.slice(0, at) + digit + text.slice(at + 1);
      const outcome = await verifyingProof(changed, trust).catch((error: unknown) => error);
      if (outcome instanceof LedgerError) {
        expect(['VERIFICATION_FAILED', 'CHECKPOINT_REFUSED']).toContain(outcome.code);
        expect(outcome.message).toMatch(/^[^\n]{1,400}$/);
        refusals++;
      } else expect(outcome, changed.slice(Math.max(0, at - 20), at + 20)).toMatchObject({ event });
    }
    expect(refusals).toBeGreaterThan(10);
  });

  it('are refused for what is not there, and without a checkpoint that covers it', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    const { note } = await signing(ledger, systemClock, { key });
    await filled(ledger);
    const checkpoints = [{ name: 'notes', bytes: Buffer.from(note) }];
    await failureOf(() => proving(ledger, systemClock, 100, { key }), 'INVALID_RANGE');
    await failureOf(() => proving(ledger, systemClock, 1, { checkpoints }), 'CHECKPOINT_REFUSED');
    await failureOf(() => proving(ledger, systemClock, 1, {}), 'INVALID_ARGUMENT');
    const { text } = await proving(ledger, systemClock, 1, { key });
    await failureOf(() => verifyingProof(text, { publicKeys: [newKeyPair().publicKey] }), 'CHECKPOINT_REFUSED');
    for (const hostile of ['', '{}', '[]', 'null', text.slice(0, -20), text.replace('"links"', '"link"')])
      await failureOf(() => verifyingProof(hostile, trust), 'VERIFICATION_FAILED');
  });
});
