/** The count of commits without an answer: when a sender should wait for a fuller one. */

import { describe, expect, it } from 'vitest';
import { Backlog } from '../../../src/core/emission/commit/backlog.ts';

function answers(count: number) {
  return Array.from({ length: count }, () => {
    let resolve = () => {};
    let reject = () => {};
    const promise = new Promise<void>((resolved, rejected) => {
      resolve = resolved;
      reject = () => rejected(new Error('the disk is full'));
    });
    return { promise, resolve, reject };
  });
}

describe('a ledger', () => {
  it('is not busy with nothing, nor with one commit', () => {
    const backlog = new Backlog();
    expect(backlog.busy()).toBeNull();
    for (const { promise } of answers(1)) backlog.add(promise);
    expect(backlog.busy()).toBeNull();
  });

  it('is busy with two, until all but one are answered, in any order', async () => {
    const backlog = new Backlog();
    const [first, second, third] = answers(3) as [Answer, Answer, Answer];
    for (const { promise } of [first, second, third]) backlog.add(promise);
    const free = backlog.busy();
    expect(free).not.toBeNull();
    third.resolve();
    await third.promise;
    expect(backlog.busy()).toBe(free);
    first.resolve();
    await free;
    expect(backlog.busy()).toBeNull();
  });

  it('is free again after a failure, which is left to the one who waits for the commit', async () => {
    const backlog = new Backlog();
    const [first, second] = answers(2) as [Answer, Answer];
    for (const { promise } of [first, second]) backlog.add(promise);
    const free = backlog.busy();
    first.reject();
    await free;
    await expect(first.promise).rejects.toThrow('the disk is full');
    expect(backlog.busy()).toBeNull();
  });
});

type Answer = ReturnType<typeof answers>[number];
