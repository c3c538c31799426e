/** A proof has a bound, however far the next checkpoint is. */

import { expect, test } from 'vitest';
import { proving } from '../../src/core/engine/proof.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import type { ChainStep } from '../../src/core/ledger/protocol/chain-step.ts';
import { systemClock } from '../../src/index.ts';
import { failureOf } from '../support/engines.ts';
import { newKeyPair } from '../support/signing-keys.ts';

test('more than 100,000 links are refused, and reading ends there', async () => {
  let read = 0;
  const link = {
    firstSequence: 1,
    count: 1,
    firstTime: 0,
    lastTime: 0,
    committedAt: 0,
    producer: null,
    producerPosition: null,
    producerDigest: null,
    sentTo: null,
    frames: [],
  };
  async function* endless(): AsyncGenerator<ChainStep, void, undefined> {
    for (;;) {
      read++;
      yield { kind: 'commit', link, place: null };
    }
  }
  const head = { sequence: 10, time: 0, hash: '0'.repeat(64) };
  const ledger = {
    identity: { uuid: '00000000-0000-4000-8000-000000000000' },
    head: async () => head,
    chainEnd: async () => ({ head, joints: 1, format: 'completengine/1' }),
    pathFrom: async () => ({ previous: Buffer.alloc(32), bodies: [], steps: endless() }),
  } as unknown as Ledger;
  const { message } = await failureOf(
    () => proving(ledger, systemClock, 1, { key: newKeyPair().privateKey }),
    'PROOF_TOO_LONG',
  );
  expect(message).toContain('more than 100000 links');
  expect(read).toBe(100_001);
});
