/** When a caller gets a writing thread: counted by its commits that the ledger answers at once, and so blocks the event loop for. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ThreadedPath } from '../../../src/core/emission/commit/commit-path.ts';
import type { Chunk } from '../../../src/core/emission/input/chunk.ts';
import type { CommitDraft, Committed } from '../../../src/core/model/events/commit.ts';

const BEFORE_THREAD = 4;
const COMMITTED = { kind: 'committed' } as Committed;

function site() {
  const state = { threads: 0, isBusy: false };
  const target = {
    commit: async () => {
      // another process holds the ledger
      if (state.isBusy) await nextTurn().then(() => nextTurn());
      return COMMITTED;
    },
  };
  const openPipeline = async () => {
    state.threads++;
    return { offer: async () => COMMITTED, close: async () => {} };
  };
  const isDue = (_: Chunk, chunks: number): boolean => chunks > BEFORE_THREAD;
  const path = new ThreadedPath(target, openPipeline, { inFlightMax: 1, isDue, isAwaited: () => true });
  const commit = async (count: number): Promise<void> => {
    for (let nth = 0; nth < count; nth++) {
      path.prepare({} as Chunk);
      expect(await path.offer({} as CommitDraft, 0)).toBe(COMMITTED);
    }
  };
  return { state, commit };
}

it('commits that are answered at once start a thread', async () => {
  const { state, commit } = site();
  await commit(BEFORE_THREAD);
  expect(state.threads).toBe(0);
  await commit(1);
  expect(state.threads).toBe(1);
});

it('commits that wait for other processes start none, however many they are', async () => {
  const { state, commit } = site();
  state.isBusy = true;
  await commit(10 * BEFORE_THREAD);
  expect(state.threads).toBe(0);
});

it('turns among other processes, in which a few are answered at once, start none', async () => {
  const { state, commit } = site();
  for (let turn = 0; turn < 10; turn++) {
    state.isBusy = true;
    await commit(1);
    state.isBusy = false;
    await commit(BEFORE_THREAD - 1);
  }
  expect(state.threads).toBe(0);
  await commit(BEFORE_THREAD + 1);
  expect(state.threads).toBe(1);
});
