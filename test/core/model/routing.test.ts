/** The epoch that was in force at a sequence. */

import { expect, it } from 'vitest';
import { type Epochs, epochAt } from '../../../src/core/model/routing/routing.ts';
import { hashOf } from '../../../src/core/model/routing/routing-intents.ts';

it('finds the epoch an event was routed in', () => {
  const epoch = (number: number, fromSequence: number) => ({
    epoch: number,
    fromSequence,
    spec: hashOf(),
    partitionIds: [0],
    placedFrom: null,
  });
  const epochs: Epochs = [epoch(0, 1), epoch(1, 11), epoch(2, 11), epoch(3, 40)];
  expect([1, 10, 11, 39, 40, 1e15].map((sequence) => epochAt(epochs, sequence).epoch)).toEqual([0, 0, 2, 2, 3, 3]);
});
