/** Which last failure a cursor has after a fence: what its former holder knows goes before what was guessed of its end. */

import { expect, it } from 'vitest';
import { fenced } from '../../../../src/core/ledger/log/groups/group-value.ts';
import type { CursorValue, Fence } from '../../../../src/core/ledger/log/groups/record-values.ts';

const failure = (attempts: number, sequence: number | null, reason: string) => ({
  ...{ attempts, sequence, reason, failedAt: 7, member: 'm' },
});
const cursor = (attempts: number, last: CursorValue['failure']): CursorValue => ({
  ...{ nextOffset: 3, nextSequence: 9, attempts, failure: last, token: 1, isHeld: true, parking: null },
});
const fence = (attempts: number, last: Fence['failure']): Fence => ({
  ...{ partition: 0, token: 2, isHeld: false, position: null, attempts, failure: last },
});
const SUSPECTED = failure(1, null, 'suspected');
const DIED = failure(2, 9, 'died');

it.each([
  ['nothing had failed', cursor(0, null), fence(1, SUSPECTED), [1, 'suspected']],
  ['a delivery was under way', cursor(2, failure(1, 9, 'known')), fence(0, DIED), [2, 'died']],
  ['the holder has counted a failure since', cursor(1, failure(1, 9, 'known')), fence(1, SUSPECTED), [1, 'known']],
  ['the holder has said how the delivery ended', cursor(2, failure(2, 9, 'known')), fence(0, DIED), [2, 'known']],
  ['the next delivery was counted since', cursor(3, failure(2, 9, 'known')), fence(0, DIED), [3, 'known']],
  ['the holder has acknowledged the event', cursor(0, null), fence(0, DIED), [0, undefined]],
  ['nobody knew which event it was', cursor(0, null), fence(0, failure(2, null, 'died')), [0, undefined]],
  ['as many have failed of the next event', cursor(2, failure(1, 11, 'next')), fence(0, DIED), [2, 'next']],
  ['no failure was guessed', cursor(1, failure(1, 9, 'known')), fence(0, null), [1, 'known']],
])('where %s', (_, before, by, after) => {
  const { attempts, failure: last } = fenced(by, before);
  expect([attempts, last?.reason]).toEqual(after);
});

it('is none where the cursor is moved', () => {
  const moved = { ...fence(0, null), position: { nextOffset: 3, nextSequence: 9 } };
  expect(fenced(moved, cursor(2, DIED))).toMatchObject({ attempts: 0, failure: null });
});
