import { expect, test } from 'vitest';
import { Completengine, formatTime } from '../../src/index.ts';
import { FakeClock, failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger } from '../support/invariants.ts';

const DAY = 86_400e6;
const YEAR = 365 * DAY;

async function* lines(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) yield `${text}\n`;
}

test.each([
  ['after 2111', 300 * YEAR, '2326-'],
  ['before 1828', -300 * YEAR, '1726-'],
])(
  'a clock %s commits nothing and makes nothing, and the ledger can be used when it is set',
  async (_, shift, shown) => {
    const clock = new FakeClock();
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, clock });
    await engine.emit(1);
    clock.micros += shift;
    for (const attempt of [
      () => engine.emit(2),
      () => engine.emit(lines('2')),
      () => engine.emit(lines('2'), { atomic: true }),
    ]) {
      const error = await failureOf(attempt, 'CLOCK_UNUSABLE');
      expect(error.message).toContain(`shows ${shown}`);
    }
    const other = ledgerPath();
    await failureOf(() => Completengine.create(other, { clock }), 'CLOCK_UNUSABLE');
    expect(await Completengine.exists(other)).toBe(false);
    clock.micros -= shift;
    expect((await engine.emit(2)).sequence).toBe(2);
    expect(await expectSoundLedger(ledger)).toHaveLength(2);
  },
);

test('a clock more than five years after everything in the ledger commits only where it is trusted', async () => {
  const clock = new FakeClock();
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, clock });
  await engine.emit(1);
  const start = clock.micros;
  clock.micros = start + 4 * YEAR;
  await engine.emit('"after a long rest"');
  clock.micros += 6 * YEAR;
  const error = await failureOf(() => engine.emit(3), 'CLOCK_UNUSABLE');
  expect(error.message).toContain(formatTime(start + 4 * YEAR));
  expect(error.hint).toContain('`trustClock`');
  const trusting = await openEngine({ ledger, clock, trustClock: true });
  expect((await trusting.emit(3)).time).toBe(clock.micros);
  expect((await engine.emit(4)).sequence).toBe(4);
});

test('the bound holds for an input of volume and a replay into another ledger too', async () => {
  const clock = new FakeClock();
  const source = await openEngine({ clock });
  await source.emit(1);
  const target = await openEngine({ clock });
  const many = await openEngine({ clock });
  clock.micros += 60 * YEAR;
  await failureOf(() => source.replayInto(target), 'CLOCK_UNUSABLE');
  const block = `${JSON.stringify({ pad: 'x'.repeat(1000) })}\n`.repeat(2000);
  await failureOf(() => many.emit(lines(block.trimEnd(), block.trimEnd(), block.trimEnd())), 'CLOCK_UNUSABLE');
  expect((await many.head()).sequence).toBe(0);
});

test('a ledger of old dates accepts a commit of today, and so does one whose last emitter had a wrong clock', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock, time: 'at' });
  await engine.emit({ at: '1999-01-01T00:00:00Z' });
  const today = clock.micros;
  clock.micros = 0;
  expect((await engine.emit({ at: '1969-01-01T00:00:00Z' })).sequence).toBe(2);
  clock.micros = today;
  expect((await engine.emit({ at: '2000-01-01T00:00:00Z' })).sequence).toBe(3);
});

test('a head ahead of the clock is reported by an emission and by inspect', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock });
  clock.micros += 30 * DAY;
  const head = (await engine.emit(1)).time;
  const warnings: string[] = [];
  const onWarning = ({ code, message }: { code: string; message: string }): void =>
    void warnings.push(`${code} ${message}`);
  expect((await engine.inspect()).warnings).toEqual([]);
  await engine.emit(lines('2'), { onWarning });
  expect(warnings).toEqual([]);

  clock.micros -= 30 * DAY;
  await engine.emit(lines('3'), { onWarning });
  const expected = `HEAD_AHEAD the ledger's time is 30 days ahead of the clock of this machine: until then events are recorded at the head's time, ${formatTime(head)}`;
  expect(warnings).toEqual([expected]);
  const [warning, ...rest] = (await engine.inspect()).warnings;
  expect(`${warning?.code} ${warning?.message}`).toBe(expected);
  expect(rest).toEqual([]);
  clock.micros += 30 * DAY - 30e6;
  expect((await engine.inspect()).warnings).toEqual([]);
});

test('events that bring their time along may be a day ahead', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock, time: 'at' });
  await engine.emit({ at: formatTime(clock.micros + 23 * 3600e6) });
  expect((await engine.inspect()).warnings).toEqual([]);
  clock.micros -= 3 * DAY;
  expect((await engine.inspect()).warnings).toMatchObject([{ code: 'HEAD_AHEAD' }]);
});
