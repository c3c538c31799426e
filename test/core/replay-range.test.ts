import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLedger } from '../../src/core/ledger/sqlite/connection/open.ts';
import { resolveRange } from '../../src/core/replay/resolve-range.ts';
import { formatTime } from '../../src/index.ts';
import { EARTHQUAKES } from '../support/cli.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { quick } from '../support/test-size.ts';

async function historyOf(ledger: string) {
  const history = await openSqliteLedger(ledger, { access: 'read', busyLimit: { limitMs: 5000, signal: undefined } });
  onTestFinished(() => history.close());
  return history;
}

test('every range of the earthquakes, by the time of any two, is what a plain filter over the file selects', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'hash:properties.net', time: 'properties.time' });
  const lines = readFileSync(EARTHQUAKES, 'utf8').trimEnd().split('\n');
  // commits of all sizes, some of them between events of one time
  for (let at = 0, size = 1; at < lines.length; at += size, size = (size * 7) % 31 || 1)
    await engine.emit(lines.slice(at, at + size));
  const history = await historyOf(ledger);
  const times = earthquakes().map(({ ms }) => ms * 1000);
  const context = { now: 0 };
  // a range is its two ends, each found by itself: all starts and all ends are all ranges
  for (const [at, time] of [...new Set(times)].entries()) {
    if (at % quick(4, 1) !== 0) continue;
    const text = formatTime(time);
    const before = times.filter((other) => other < time).length;
    const through = times.filter((other) => other <= time).length;
    expect(await history.sequenceAtTime(time)).toBe(before + 1);
    expect(await history.sequenceAtTime(time + 1)).toBe(through + 1);
    if (at % 20 !== 0) continue;
    expect(await resolveRange({ from: text }, history, context)).toMatchObject({
      from: before + 1,
      through: times.length,
    });
    expect(await resolveRange({ through: text }, history, context)).toMatchObject({ from: 1, through });
    expect(await resolveRange({ until: text }, history, context)).toMatchObject({ from: 1, through: before });
    expect(await resolveRange({ from: formatTime(time + 1) }, history, context)).toMatchObject({
      from: through + 1,
      through: times.length,
    });
    expect(await resolveRange({ range: `${text}/PT0.000001S` }, history, context)).toMatchObject({
      from: before + 1,
      through,
    });
  }
});

test('thousands of events on one microsecond, over many commits, lie on one side of an end', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 3, time: 'at' });
  const at = 1_700_000_000_000_000;
  const events = (count: number, time: number) => Array.from({ length: count }, (_, n) => ({ at: time, n }));
  await engine.emit(events(10, at - 1));
  await engine.emit([...events(5, at - 1), ...events(700, at)]);
  for (let commit = 0; commit < 5; commit++) await engine.emit(events(1000, at));
  await engine.emit([...events(300, at), ...events(2, at + 1)]);
  const history = await historyOf(ledger);
  const context = { now: 0 };
  const [before, now, after] = [at - 1, at, at + 1].map(formatTime) as [string, string, string];
  expect(await resolveRange({ from: now, through: now }, history, context)).toMatchObject({ from: 16, through: 6015 });
  expect(await resolveRange({ until: now }, history, context)).toMatchObject({ from: 1, through: 15 });
  expect(await resolveRange({ from: before, until: after }, history, context)).toMatchObject({
    from: 1,
    through: 6015,
  });
  expect(await resolveRange({ range: `${now}/${after}` }, history, context)).toMatchObject({ from: 16, through: 6015 });
  expect(await resolveRange({ from: after }, history, context)).toMatchObject({ from: 6016, through: 6017 });
});
