import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countByTime } from '../../src/core/engine/survey/count-by-time.ts';
import { sqliteDriver } from '../../src/core/ledger/sqlite/sqlite-driver.ts';
import { hashOf, LedgerError } from '../../src/index.ts';
import { earthquakeEngine, ledgerPath, openEngine } from '../support/engines.ts';

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('counts every event once, by time and by partition', async () => {
  const engine = await earthquakeEngine();
  const survey = await engine.survey();
  const { time, description } = survey;
  if (time === null) throw new Error('no buckets');
  for (const { id, events } of description.partitions) expect(sum(time.events[id] ?? [])).toBe(events);
  expect(time.events.reduce((total, lane) => total + sum(lane), 0)).toBe(1707);
  expect(survey.late).toMatchObject({ examined: 1707, late: 0 });
  expect(survey.lastEvents.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 12 }, (_, at) => 1707 - at));
});

test('counts the same by positions as by events', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: hashOf('key'), time: 'at' });
  const start = Date.UTC(2026, 0, 1);
  for (let commit = 0; commit < 40; commit++) {
    const events = Array.from({ length: 1 + ((commit * 7) % 23) }, (_, at) => ({
      key: `k${(commit * 31 + at * 17) % 50}`,
      at: new Date(start + commit * 3_600_000 + at * 400_000).toISOString(),
    }));
    await engine.emit(events);
  }
  const survey = await engine.survey();
  const { time, description, late } = survey;
  if (time === null) throw new Error('no buckets');
  const ends = description.partitions.map(({ nextOffset }) => nextOffset);
  const port = await sqliteDriver.open(ledger, { access: 'read', busyLimit: { limitMs: 1000 } });
  try {
    const counted = await countByTime(port, time, { start: 1, head: description.head.sequence, ends });
    expect(counted).toEqual(time.events);
  } finally {
    await port.close();
  }
  // a commit may end after the next one begins: those events were recorded later than they say
  expect(late?.late).toBeGreaterThan(0);
  expect(late?.late).toBe(sum(late?.byBucket ?? []));
  expect(late?.late).toBe(sum((late?.lateness.classes ?? []).map(({ count }) => count)));
});

test('reads times as they were read when they were emitted', async () => {
  const engine = await openEngine({ time: 'at', zone: 'Europe/Berlin' });
  await engine.emit([
    { at: '2026-01-05 10:00:00' },
    { at: '20260105T1000+0100' },
    { at: '1767603000' },
    { at: '2026-01-05T09:40:00,5' },
  ]);
  const { late } = await engine.survey();
  // half past nine and twenty minutes to ten in Berlin, or ten minutes before nine in UTC
  expect(late).toMatchObject({ examined: 4, late: 2 });
});

test('knows sizes, pauses and producers of commits', async () => {
  const engine = await openEngine();
  await engine.emit([{ n: 1 }]);
  await engine.emit([{ n: 2 }, { n: 3 }, { n: 4 }]);
  const { commits, time, late } = await engine.survey();
  expect(commits.examined).toBe(2);
  expect(commits.sizes).toMatchObject({ median: 1, largest: { value: 3, sequence: 2 } });
  expect(commits.sizes.classes.map(({ count }) => count)).toEqual([1, 1, 0, 0, 0, 0]);
  expect(sum(commits.intervals.classes.map(({ count }) => count))).toBe(1);
  expect(late).toBeNull();
  if (time !== null) expect(time.events.reduce((total, lane) => total + sum(lane), 0)).toBe(4);
});

test('an empty ledger and one event have no axis', async () => {
  const engine = await openEngine();
  expect(await engine.survey()).toMatchObject({ time: null, late: null, lastEvents: [], unreadable: null });
  await engine.emit([{ n: 1 }]);
  const survey = await engine.survey();
  expect(survey.time).toBeNull();
  expect(survey.lastEvents).toHaveLength(1);
});

test('an abort ends it', async () => {
  const engine = await earthquakeEngine();
  const reason = new LedgerError('CLOSED', { message: 'enough' });
  await expect(engine.survey({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
    code: 'ABORTED',
    cause: reason,
  });
});

test('reads archived history as if nothing had moved, and begins after what is gone', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: hashOf('key'), time: 'at' });
  const start = Date.UTC(2026, 0, 1);
  for (let day = 0; day < 10; day++)
    await engine.emit(
      Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, at: new Date(start + (day * 24 + at) * 3_600_000) })),
    );
  const before = await engine.survey();
  const { segment } = await engine.archive({ until: '2026-01-05' });
  const after = await engine.survey();
  expect({ time: after.time, late: after.late, from: after.from }).toEqual({
    ...{ time: before.time, late: before.late, from: 1 },
  });
  expect(after.archived).toHaveLength(1);
  expect(after.commits.examined).toBe(6);

  const alone = await openEngine({ ledger: segment as string, access: 'read', create: false });
  const part = await alone.survey();
  expect(part.time?.events.reduce((total, lane) => total + sum(lane), 0)).toBe(80);
  expect(part).toMatchObject({ unreadable: null, commits: { examined: 0 } });

  rmSync(segment as string);
  const moved = await engine.survey();
  expect(moved.from).toBe(81);
  expect(moved.time?.events.reduce((total, lane) => total + sum(lane), 0)).toBe(120);
});
