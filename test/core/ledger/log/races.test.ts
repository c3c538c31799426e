/** What becomes of proposals that others come before, by reason. */

import { expect, it, onTestFinished } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Ledger } from '../../../../src/core/ledger/ledger.ts';
import { Fold } from '../../../../src/core/ledger/log/fold/fold.ts';
import type { LogState } from '../../../../src/core/ledger/log/fold/log-state.ts';
import { readState } from '../../../../src/core/ledger/log/fold/state-text.ts';
import type { LogMessage } from '../../../../src/core/ledger/log/ordered-log.ts';
import { parseRoutingSpec } from '../../../../src/core/model/routing/routing-text.ts';
import { type CreateOptions, systemClock } from '../../../../src/index.ts';
import { draftOf, readAll } from '../../../ledger-contract/drafts.ts';
import { failureOf } from '../../../support/engines.ts';
import { foldAll } from '../../../support/folded-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';

const busyLimit = { limitMs: 1000 };

async function openTwice(options: CreateOptions = {}) {
  const { driver, messagesOf } = newMemory();
  await driver.create('m', toBlueprint({ partitions: 2, routing: 'hash:k', ...options }), systemClock, busyLimit);
  const open = async (): Promise<Ledger> => {
    const ledger = await driver.open('m', { access: 'write', busyLimit });
    onTestFinished(() => ledger.close());
    return ledger;
  };
  return { one: await open(), other: await open(), all: messagesOf('m').all, open };
}

const event = (payload: string, time = 1) => ({ partition: 0, time, payload });
const voidsOf = (all: readonly LogMessage[]) => Object.fromEntries(foldAll(all).fold.state.voids);

it('an emitter whose clock is ahead of the log commits nothing, and learns why', async () => {
  const { one, other, all } = await openTwice();
  const draft = draftOf(await one.basis(), [event('1')]);
  const ahead = { ...draft, committedAt: systemClock.nowMicros() + 120e6 };
  await failureOf(() => one.commit(ahead), 'CLOCK_UNUSABLE');
  const pipeline = await one.openPipeline();
  await failureOf(() => pipeline.offer(ahead, 0), 'CLOCK_UNUSABLE');
  await failureOf(() => pipeline.offer(draft, 0), 'CLOCK_UNUSABLE');
  await pipeline.close();
  expect(voidsOf(all)).toEqual({ clock: 2 });
  expect(await one.commit(draft)).toMatchObject({ kind: 'committed', firstSequence: 1 });
  expect(await readAll(other)).toHaveLength(1);
});

it('epochs that two writers begin at once both begin, one after the other', async () => {
  const { one, other } = await openTwice();
  const add = (ledger: Ledger, name: string) =>
    ledger.beginEpoch(({ epoch, partitionNames }) => ({
      spec: epoch.spec,
      newPartitionNames: [name],
      partitionIds: [...epoch.partitionIds, partitionNames.length],
      placements: [],
      keepsPlacements: true,
    }));
  const changes = await Promise.all([add(one, 'a'), add(other, 'b')]);
  expect(changes.map(({ after }) => after.epoch.epoch).sort()).toEqual([2, 3]);
  expect(one.identity.partitions.map(({ name }) => name).sort()).toEqual(['a', 'b', 'p0', 'p1']);
  expect(other.identity).toEqual(one.identity);
  await one.verify({});
});

it('a transaction that another commit comes before is busy, and nothing of it is stored', async () => {
  const { one, other, all } = await openTwice();
  const transaction = await one.begin();
  await transaction.commit(draftOf(await one.basis(), [event('1')]));
  await other.commit(draftOf(await other.basis(), [event('2')]));
  await failureOf(() => transaction.end(), 'BUSY');
  expect((await readAll(other)).map(({ payload }) => payload)).toEqual(['2']);
  expect(voidsOf(all)).toEqual({});
});

it('drafts on their way when an epoch begins are built again, and go on where sessions are pinned', async () => {
  const { one, other, all, open } = await openTwice();
  const pipeline = await one.openPipeline();
  const basis = await one.basis();
  const sticky = parseRoutingSpec('sticky:k');
  await other.beginEpoch(({ epoch: { partitionIds } }) => ({
    spec: sticky,
    newPartitionNames: [],
    partitionIds,
    placements: [],
    keepsPlacements: false,
  }));
  const answers = await Promise.all(['1', '2'].map((payload) => pipeline.offer(draftOf(basis, [event(payload)]), 0)));
  expect(answers[0]?.kind).toBe('conflict');
  const next = await one.basis();
  for (const payload of ['1', '2'])
    expect(await pipeline.offer(draftOf(next, [event(payload)]), 1)).toMatchObject({ kind: 'committed' });
  await pipeline.close();
  expect((await readAll(other)).map(({ payload }) => payload)).toEqual(['1', '2']);
  const unguarded = all.findLast(({ topic }) => topic === 'c.0') as LogMessage;
  const header = unguarded.header
    .replace(/"base":\{[^}]*\}/, '"base":null')
    .replace(/"n":\d+/, '"n":0')
    .replace(/"generation":(\d+)/, '"generation":1$1');
  all.push({ ...unguarded, header, position: all.length + 1 });
  expect(voidsOf(all)).toMatchObject({ overtaken: 1 });
  expect(await (await open()).verify({})).toMatchObject({ events: 2 });
});

it('a proposal on another message than the one at its base is void, as after a log that lost its end and went on', async () => {
  const { one, all } = await openTwice({ unique: 'id' });
  for (const id of [1, 2]) await one.commit(draftOf(await one.basis(), [event(`{"id":${id}}`)]));
  expect(voidsOf(all)).toEqual({});
  const last = all.at(-1) as LogMessage;
  const [, id] = /"base":\{[^}]*"id":"([^"]*)"/.exec(last.header) ?? [];
  expect(id).toBeTypeOf('string');
  const foreign = { ...last, header: last.header.replace(`"id":"${id}"`, `"id":"${'x'.repeat(id?.length ?? 0)}"`) };
  expect(voidsOf([...all.slice(0, -1), foreign])).toEqual({ overtaken: 1 });
});

it('a message that was on its way for too long is void, even if nothing else speaks against it', async () => {
  const { one, all } = await openTwice();
  await one.commit(draftOf(await one.basis(), [event('1')]));
  const { fold, text } = foldAll(all.slice(0, 1));
  const later = (position: number) => {
    const state = readState(text.replace('"position":1,', `"position":${position - 1},`)) as LogState;
    return new Fold(fold.genesis, state).take({ ...(all[1] as LogMessage), position });
  };
  expect(later(65_537)).toMatchObject({ kind: 'commits' });
  expect(later(65_538)).toMatchObject({ kind: 'void', reason: 'old' });
});

it('sessions are forgotten long after their last message, at the same positions for every reader', async () => {
  const { one, all } = await openTwice();
  await one.commit(draftOf(await one.basis(), [event('1')]));
  const { fold, text } = foldAll(all);
  const note = { topic: 'x', header: '', body: Buffer.alloc(0), bodyBytes: 0, storedAt: 0 };
  const sessionsAt = (position: number): number => {
    const state = readState(text.replace('"position":2,', `"position":${position - 1},`)) as LogState;
    new Fold(fold.genesis, state).take({ ...note, position });
    return state.sessions.size;
  };
  expect(sessionsAt(16 * 4096)).toBe(1);
  expect(sessionsAt(17 * 4096 - 1)).toBe(1);
  expect(sessionsAt(17 * 4096)).toBe(0);
});

it('a producer goes on from its mark alone, with several drafts on their way', async () => {
  const { one, other, all } = await openTwice();
  const step = (from: number) => ({
    producer: { name: 'p', from, position: from + 1, digest: Buffer.alloc(64, from) },
  });
  const pipeline = await one.openPipeline();
  const basis = await one.basis();
  const offers = [0, 1, 2].map((from) => pipeline.offer(draftOf(basis, [event(`${from}`)], step(from)), 0));
  expect((await Promise.all(offers)).map(({ kind }) => kind)).toEqual(['committed', 'committed', 'committed']);
  expect(await other.commit(draftOf(basis, [event('x')], step(1)))).toMatchObject({ producer: { position: 3 } });
  const behind = [
    pipeline.offer(draftOf(basis, [event('3')], step(3)), 0),
    other.commit(draftOf(basis, [event('y')], step(3))),
  ];
  expect((await Promise.all(behind)).map(({ kind }) => kind).sort()).toEqual(['committed', 'conflict']);
  await pipeline.close();
  expect(await one.positionOfProducer('p')).toEqual({ position: 4, digest: Buffer.alloc(64, 3) });
  expect(voidsOf(all)).toEqual({ producer: 1 });
});
