/** Archives: the old end of a ledger moves into segments, and every reader goes on as if nothing had moved. */

import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Completengine, MemberOptions, OpenOptions, StartRequest } from '../../src/index.ts';
import { FakeClock, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { tamper } from '../support/sessions.ts';
import { tempDir } from '../support/temp-dir.ts';

const DAY = 86_400_000_000;

/** Ten days of three commits of two events each, from 2026-04-12 on. */
async function tenDays(options: Partial<OpenOptions> = {}) {
  const clock = new FakeClock();
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, clock, routing: 'manual:to', partitions: 3, ...options });
  for (let day = 0; day < 10; day++) {
    for (let nth = 0; nth < 3; nth++) {
      clock.micros += 1000;
      await engine.emit([
        { to: `p${nth % 2}`, day, nth, id: `${day}-${nth}-a` },
        { to: 'p1', day, nth, id: `${day}-${nth}-b` },
      ]);
    }
    clock.micros += DAY;
  }
  return { engine, clock, ledger };
}

/** With the real clock, by which groups live. */
async function reopened(): Promise<Completengine> {
  const { engine, ledger } = await tenDays();
  await engine.close();
  return openEngine({ ledger });
}

async function everything(engine: Completengine) {
  const events = [];
  for await (const { sequence, partition, offset, time, payload } of engine.replay())
    events.push({ sequence, partition, offset, time, payload: payload.toString() });
  return events;
}

describe('an archive', () => {
  it('moves commits before a time into a segment, and everything is read as before', async () => {
    const { engine, ledger } = await tenDays();
    const before = await everything(engine);
    const head = await engine.head();
    const plan = await engine.planArchive({ until: '2026-04-15' });
    expect(plan).toMatchObject({
      range: { from: 1, through: 18 },
      events: 18,
      commits: 9,
      leftover: 0,
      groupsBehind: [],
    });
    expect(existsSync(`${ledger}.archive`)).toBe(false);
    const report = await engine.archive({ until: '2026-04-15' });
    expect(report).toMatchObject({ range: { from: 1, through: 18 } });
    expect(readdirSync(`${ledger}.archive`)).toHaveLength(1);
    expect(statSync(`${ledger}.archive`).mode & 0o777).toBe(0o700);

    await engine.archive({ until: '2026-04-18' });
    await engine.archive({ until: '2026-04-20' });
    expect(await engine.archivedRuns()).toMatchObject([
      { range: { from: 1, through: 18 }, isAtHand: true },
      { range: { from: 19, through: 36 }, isAtHand: true },
      { range: { from: 37, through: 48 }, isAtHand: true },
    ]);
    expect(await everything(engine)).toEqual(before);
    expect(await engine.verify({ expectHead: `${head.sequence}:${head.hash}` })).toMatchObject({
      from: 1,
      events: 60,
      commits: 30,
    });
    expect((await engine.head()).sequence).toBe(head.sequence);
    const { firstTime, commits, partitions } = await engine.inspect();
    expect({ firstTime, commits }).toEqual({ firstTime: before[0]?.time, commits: 30 });
    expect(partitions.map(({ events }) => events)).toEqual([20, 40, 0]);
  });

  it('reads single events, ranges by time, partitions and the last events across the seam', async () => {
    const { engine } = await tenDays();
    const all = await everything(engine);
    await engine.archive({ until: '2026-04-15' });
    await engine.archive({ until: '2026-04-18' });
    for (const sequence of [1, 2, 17, 18, 19, 36, 37, 60])
      expect((await engine.event(sequence)).payload.toString()).toBe(all[sequence - 1]?.payload);
    for (const day of [12, 14, 15, 16, 17, 18, 21]) {
      const own = await payloadsOf(engine.replay({ range: `2026-04-${day}` }));
      expect(own.map((line) => JSON.parse(line).day)).toEqual(new Array(6).fill(day - 12));
    }
    const first = await payloadsOf(engine.replay({ partitions: ['p0'] }));
    expect(first).toEqual(all.filter(({ partition }) => partition === 'p0').map(({ payload }) => payload));
    for (const last of [3, 20, 25, 50, 200])
      expect(await payloadsOf(engine.tail({ last }))).toEqual(all.slice(-last).map(({ payload }) => payload));
    expect(await payloadsOf(engine.tail({ last: 15, partitions: ['p0'] }))).toEqual(first.slice(-15));
    expect(await payloadsOf(engine.replay({ fromSequence: 16, throughSequence: 40 }))).toEqual(
      all.slice(15, 40).map(({ payload }) => payload),
    );
    const target = await openEngine({ partitions: 2 });
    expect(await engine.replayInto(target)).toMatchObject({ events: 60 });
    expect(await payloadsOf(target.replay())).toEqual(all.map(({ payload }) => payload));
  });

  it('goes on after the record: commits, epochs and further archives are links of the same chain', async () => {
    const { engine, clock } = await tenDays();
    const heads = [await engine.head()];
    await engine.archive({ until: '2026-04-15' });
    heads.push(await engine.head());
    await engine.partitioning.add(['p9']);
    await engine.archive({ until: '2026-04-16' });
    heads.push(await engine.head());
    await engine.emit({ to: 'p9', after: true });
    await engine.partitioning.place([{ key: 'x', partition: 'p0' }]);
    await engine.emit({ to: 'x', placed: true });
    clock.micros += 20 * DAY;
    await engine.emit({ to: 'p2', last: true });
    heads.push(await engine.head());
    await engine.archive({ until: '2026-04-30' });
    heads.push(await engine.head());
    for (const { sequence, hash } of heads)
      expect(await engine.verify({ expectHead: `${sequence}:${hash}` })).toMatchObject({ events: 63 });
    expect(new Set(heads.map(({ hash }) => hash)).size).toBe(5);
    expect((await engine.archivedRuns()).at(-1)?.range).toEqual({ from: 25, through: 62 });
    const { partitions } = await engine.inspect();
    expect(partitions.map(({ events }) => events)).toEqual([21, 40, 1, 1]);
  });

  it('gives new events of a partition whose events are all archived the next offset', async () => {
    const { engine, clock, ledger } = await tenDays();
    clock.micros += DAY;
    await engine.emit({ to: 'p2' });
    await engine.archive({ until: '2026-05-01' });
    await engine.close();
    const again = await openEngine({ ledger, clock });
    const receipt = await again.emit({ to: 'p0' });
    expect(receipt).toMatchObject({ partition: 'p0', offset: 20, sequence: 62 });
    expect(await again.verify()).toMatchObject({ from: 1, events: 62 });
  });

  it('keeps commits whole and the last one where it is, and says so', async () => {
    const clock = new FakeClock();
    const engine = await openEngine({ clock, time: 't', partitions: 1 });
    expect(await engine.planArchive({ until: '2030-01-01' })).toMatchObject({ range: null, keepsLast: false });
    await engine.emit([{ t: '2026-01-01T00:00:00Z' }]);
    await engine.emit([{ t: '2026-01-02T00:00:00Z' }, { t: '2026-01-04T00:00:00Z' }]);
    expect(await engine.planArchive({ until: '2026-01-03' })).toMatchObject({
      ...{ range: { from: 1, through: 1 }, movedFrom: 3, keepsLast: false },
    });
    expect(await engine.planArchive({ until: '2026-01-10' })).toMatchObject({
      ...{ range: { from: 1, through: 1 }, movedFrom: null, keepsLast: true },
    });
    await engine.archive({ until: '2026-01-10' });
    expect(await engine.planArchive({ until: '2026-01-10' })).toMatchObject({ range: null, keepsLast: true });
    expect(await engine.archive({ until: '2026-01-10' })).toMatchObject({ range: null, segment: null });
  });

  it('names a segment that is not there, and the first sequence that is', async () => {
    const { engine, ledger, clock } = await tenDays();
    const all = await everything(engine);
    for (const day of [15, 18, 20]) await engine.archive({ until: `2026-04-${day}` });
    await engine.close();
    const files = readdirSync(`${ledger}.archive`).sort();
    const elsewhere = tempDir();
    renameSync(join(`${ledger}.archive`, files[1] as string), join(elsewhere, files[1] as string));

    const open = await openEngine({ ledger, clock });
    const missing = await failureOf(() => payloadsOf(open.replay()), 'ARCHIVE_MISSING');
    expect(missing.message).toContain(files[1]);
    expect(missing.details).toMatchObject({ sequence: 19, through: 36, next: 37 });
    expect(await payloadsOf(open.replay({ fromSequence: 37 }))).toEqual(all.slice(36).map(({ payload }) => payload));
    expect(await payloadsOf(open.replay({ throughSequence: 18 }))).toHaveLength(18);
    expect(await payloadsOf(open.tail({ last: 10 }))).toHaveLength(10);
    expect(await open.verify()).toMatchObject({ from: 37, events: 24 });
    await failureOf(() => open.verify({ expectHead: `20:${'0'.repeat(64)}` }), 'ARCHIVE_MISSING');
    await open.close();

    for (const file of files)
      if (!existsSync(join(elsewhere, file))) copyFileSync(join(`${ledger}.archive`, file), join(elsewhere, file));
    rmSync(`${ledger}.archive`, { recursive: true });
    const named = await openEngine({ ledger, clock, archive: elsewhere });
    expect(await everything(named)).toEqual(all);
    renameSync(join(elsewhere, files[0] as string), join(elsewhere, files[1] as string));
    const exchanged = await openEngine({ ledger, clock, archive: elsewhere });
    const wrong = await failureOf(() => payloadsOf(exchanged.replay({ fromSequence: 19 })), 'VERIFICATION_FAILED');
    expect(wrong.message).toContain('it holds sequences 1 to 18');
  });

  it('drops history and keeps its anchor', async () => {
    const { engine, ledger } = await tenDays();
    const all = await everything(engine);
    const head = await engine.head();
    expect(await engine.archive({ until: '2026-04-15', drop: true })).toMatchObject({ segment: null, segmentBytes: 0 });
    expect(existsSync(`${ledger}.archive`)).toBe(false);
    const gone = await failureOf(() => payloadsOf(engine.replay()), 'HISTORY_DROPPED');
    expect(gone.message).toMatch(/^sequences 1 to 18 were dropped on 2026-04-22T/);
    expect(gone.details).toMatchObject({ next: 19 });
    expect(await payloadsOf(engine.replay({ fromSequence: 19 }))).toEqual(all.slice(18).map(({ payload }) => payload));
    expect(await payloadsOf(engine.tail({ last: 100 }))).toHaveLength(42);
    expect(await engine.verify({ expectHead: `${head.sequence}:${head.hash}` })).toMatchObject({
      from: 19,
      events: 42,
    });
    await engine.archive({ until: '2026-04-17' });
    expect(await engine.verify()).toMatchObject({ from: 19, events: 42 });
    expect((await engine.inspect()).firstTime).toBe(all[18]?.time);
  });

  it('refuses to begin a group within dropped history, by sequence as by time, and begins at the start with what is left', async () => {
    const engine = await reopened();
    const plan = (start: StartRequest) => engine.planCursors('g', start);
    const run = async (options: MemberOptions) => {
      const { finished } = await engine.subscribe({ until: { limit: 1 }, ...options }, () => {});
      await finished;
    };
    await run({ group: 'g', from: 'end', until: { head: true } });
    await engine.archive({ throughSequence: 6 });
    await engine.archive({ throughSequence: 18, drop: true });
    // the first one is in a segment that is kept, but what comes after it is gone
    const starts = [{ fromSequence: 1 }, { fromSequence: 7 }, { fromSequence: 18 }, { from: '2026-04-14' }];
    for (const start of [...starts, { from: '2000-01-01' }]) {
      for (const call of [
        () => plan(start),
        () => engine.setCursors('g', start),
        () => run({ group: 'new', ...start }),
      ]) {
        const gone = await failureOf(call, 'HISTORY_DROPPED');
        expect(gone.message).toMatch(/^sequences 7 to 18 were dropped on 20/);
        expect(gone.hint).toContain('begin at sequence 19');
        expect(gone.details).toMatchObject({ next: 19 });
      }
    }
    expect((await engine.groups()).map(({ name, lag }) => [name, lag])).toEqual([['g', 0]]);
    for (const start of [{ from: 'start' }, { fromSequence: 19 }]) expect((await plan(start)).redelivered).toBe(42);
    // a member of a group that exists goes on at its offsets, whatever begin it was started with
    await engine.setCursors('g', { from: 'start' });
    for (const start of starts) await run({ group: 'g', ...start });
    expect((await engine.groups())[0]?.lag).toBe(38);
  });

  it('begins, for inspect, with a segment that is kept before dropped history, and warns if it is missing', async () => {
    const { engine, ledger } = await tenDays();
    const all = await everything(engine);
    await engine.archive({ throughSequence: 12 });
    await engine.archive({ throughSequence: 24, drop: true });
    expect(await engine.inspect()).toMatchObject({ firstTime: all[0]?.time, warnings: [] });
    expect((await engine.gauges()).firstTime).toBe(all[0]?.time);
    rmSync(`${ledger}.archive`, { recursive: true });
    const { warnings } = await engine.inspect();
    expect(warnings).toMatchObject([
      { code: 'SEGMENT_MISSING', message: '1 of 1 segments is missing or not whole: sequences 1 to 12' },
    ]);
  });

  it('is searched for the last matches only where they may be', async () => {
    const { engine, ledger } = await tenDays();
    await engine.archive({ until: '2026-04-15', drop: true });
    await engine.archive({ until: '2026-04-18' });
    await engine.archive({ until: '2026-04-20' });
    const days = async (last: number, where: string) =>
      (await payloadsOf(engine.tail({ last, where }))).map((payload) => (JSON.parse(payload) as { day: number }).day);
    expect(await days(2, 'nth=0')).toEqual([9, 9]);
    expect(await days(100, 'nth=0')).toEqual([3, 4, 5, 6, 7, 8, 9].flatMap((day) => [day, day]));
    expect(await days(1, 'day=1')).toEqual([]);
    const [first] = readdirSync(`${ledger}.archive`).sort() as [string];
    renameSync(join(`${ledger}.archive`, first), join(tempDir(), first));
    await engine.close();
    const reopened = await openEngine({ ledger });
    const count = async (last: number) => (await payloadsOf(reopened.tail({ last, where: 'nth=0' }))).length;
    expect(await count(4)).toBe(4);
    expect(await count(8)).toBe(8);
    const missing = await failureOf(() => count(9), 'ARCHIVE_MISSING');
    expect(missing.details).toMatchObject({ segment: first });
  });

  it('refuses while a group has not read all of it, and moves it when forced', async () => {
    const engine = await reopened();
    const seen: number[] = [];
    const subscription = await engine.subscribe({ group: 'g', from: 'start', until: { limit: 10 } }, (delivery) => {
      for (const { sequence } of delivery) seen.push(sequence);
    });
    await subscription.finished;
    expect(await engine.planArchive({ until: '2026-04-15' })).toMatchObject({ groupsBehind: [{ group: 'g' }] });
    const refused = await failureOf(() => engine.archive({ until: '2026-04-15' }), 'GROUP_BEHIND');
    expect(refused.message).toContain('g (');
    expect(await engine.archivedRuns()).toEqual([]);
    tamper(
      engine.identity.path,
      "UPDATE cursors SET attempts = 1, failure = 'no', failure_attempts = 1, failure_member = 'm', failed_at = 1",
    );
    const report = await engine.archive({ until: '2026-04-15', force: true });
    // what has failed is over where the cursor was moved
    const [group] = await engine.groups();
    expect(group?.lanes.map(({ attempts, failure }) => [attempts, failure?.reason])).toEqual([
      [0, undefined],
      [0, undefined],
      [1, 'no'],
    ]);
    expect(report.moved).toEqual(['g']);
    const rest: number[] = [];
    const next = await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => {
      for (const { sequence } of delivery) rest.push(sequence);
    });
    await next.finished;
    expect(Math.min(...rest)).toBeGreaterThan(18);
    expect(new Set([...seen, ...rest]).size).toBe(seen.length + rest.length);
    expect(await engine.planArchive({ until: '2026-04-18' })).toMatchObject({ groupsBehind: [] });
    expect(await engine.verify()).toMatchObject({ events: 60 });
  });

  it('need not be at hand for cursors after it: they are verified and begun by its record', async () => {
    const { engine: writer, ledger } = await tenDays();
    await writer.close();
    const engine = await openEngine({ ledger });
    // after the archive, p0 has no event in the ledger itself
    await engine.emit([{ to: 'p1' }]);
    const nothing = () => {};
    const before = await engine.subscribe({ group: 'g', from: 'start', until: { head: true } }, nothing);
    await before.finished;
    expect(await engine.archive({ until: '2026-06-01' })).toMatchObject({ range: { from: 1, through: 60 } });
    await engine.close();
    renameSync(`${ledger}.archive`, join(tempDir(), 'elsewhere'));
    const alone = await openEngine({ ledger });
    expect(await alone.verify()).toMatchObject({ from: 61, events: 1 });
    const after = await alone.subscribe({ group: 'h', from: 'end', until: { head: true } }, nothing);
    await after.finished;
    expect((await alone.groups()).map(({ lag }) => lag)).toEqual([0, 0]);
    expect((await alone.planCursors('g', { fromSequence: 61 })).steps.map(({ to }) => to)).toEqual([20, 40, 0]);
    // a member of a group that cannot begin leaves no group behind, which would keep history from being archived
    const start = (partitions: string[]) => alone.subscribe({ group: 'n', partitions, until: { head: true } }, nothing);
    await failureOf(() => start([]), 'ARCHIVE_MISSING');
    await failureOf(() => start(['p0']), 'ARCHIVE_MISSING');
    expect((await alone.groups()).map(({ name }) => name)).toEqual(['g', 'h']);
    // p2 has no event in it
    await (await start(['p2'])).finished;
    expect((await alone.groups()).map(({ name }) => name)).toEqual(['g', 'h', 'n']);
    await alone.deleteGroup('n');
    // a place within it needs it
    await failureOf(() => alone.planCursors('g', { fromSequence: 30 }), 'ARCHIVE_MISSING');
    // a cursor that is ahead of the record is found as before
    await alone.close();
    const db = new Database(ledger);
    db.prepare("UPDATE cursors SET next_offset = 21 WHERE group_name = 'g' AND partition = 0").run();
    db.close();
    const ahead = await failureOf(async () => (await openEngine({ ledger })).verify(), 'VERIFICATION_FAILED');
    expect(ahead.message).toContain('goes on from offset 21 of partition 0, not 20');
  });

  it('feeds groups from its segments', async () => {
    const engine = await reopened();
    for (const day of [15, 18]) await engine.archive({ until: `2026-04-${day}` });
    const seen = new Map<string, number[]>();
    const subscription = await engine.subscribe({ group: 'g', from: 'start', until: { head: true } }, (delivery) => {
      for (const { partition, offset } of delivery) seen.set(partition, [...(seen.get(partition) ?? []), offset]);
    });
    await subscription.finished;
    const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);
    expect(Object.fromEntries(seen)).toEqual({ p0: upTo(20), p1: upTo(40) });
    await engine.setCursors('g', { fromSequence: 25 });
    const [group] = await engine.groups();
    expect(group?.lag).toBe(36);
  });
});
