import { expect, test } from 'vitest';
import { FakeClock, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';

const SECOND = 1_000_000;

test('arrival times are the clock’s', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock });
  const { time } = await engine.emit('1');
  expect(time).toBe(clock.micros);
});

test('ledger time does not follow a clock that steps back', async () => {
  const clock = new FakeClock();
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, clock });
  const start = clock.micros;
  const times: number[] = [];
  for (const step of [0, 5, -100, 3, 10]) {
    clock.micros = start + step * SECOND;
    times.push((await engine.emit({ step })).time - start);
  }
  expect(times).toEqual([0, 5, 5, 5, 10].map((seconds) => seconds * SECOND));
  expect(storedEvents(ledger).map(({ time }) => time - start)).toEqual(times);
  await expectSoundLedger(ledger);
});

test('two engines with different clocks on one file keep time in order, and their receipts agree with it', async () => {
  const ledger = ledgerPath();
  const [fast, slow] = [new FakeClock(), new FakeClock()];
  slow.micros -= 3600 * SECOND;
  const engines = [await openEngine({ ledger, clock: fast }), await openEngine({ ledger, clock: slow })] as const;
  const receipts = [];
  for (let n = 0; n < 6; n++) {
    fast.micros += SECOND;
    slow.micros += SECOND;
    receipts.push(await engines[n % 2 === 0 ? 0 : 1].emit({ n }));
  }
  const stored = await expectSoundLedger(ledger);
  expect(receipts.map(({ time }) => time)).toEqual(stored.map(({ time }) => time));
  expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('two engines that emit at the same time lose nothing and keep each one’s order', async () => {
  const ledger = ledgerPath();
  const engines = [await openEngine({ ledger }), await openEngine({ ledger })];
  const emitting = engines.map(async (engine, who) => {
    for (let n = 0; n < 150; n++) await engine.emit({ who, n });
  });
  await Promise.all(emitting);
  const events = await expectSoundLedger(ledger);
  expect(events).toHaveLength(300);
  for (const who of [0, 1]) {
    const own = events.map(({ payload }) => JSON.parse(payload)).filter((event) => event.who === who);
    expect(own.map(({ n }) => n)).toEqual(Array.from({ length: 150 }, (_, n) => n));
  }
});

test('the limit of how far ahead an event may be follows the clock', async () => {
  const clock = new FakeClock();
  const engine = await openEngine({ clock, time: 'at' });
  const tomorrow = { at: (clock.micros + 25 * 3600 * SECOND) / SECOND };
  await failureOf(() => engine.emit(tomorrow), 'BAD_LINE');
  clock.micros += 2 * 3600 * SECOND;
  expect((await engine.emit(tomorrow)).sequence).toBe(1);
});

test('words in a range count from the clock', async () => {
  const clock = new FakeClock();
  clock.micros = Date.UTC(2026, 3, 12, 0, 30) * 1000;
  const engine = await openEngine({ clock });
  for (const [days, name] of [
    [0, 'today'],
    [1, 'tomorrow'],
  ] as const) {
    clock.micros += days * 86_400 * SECOND;
    await engine.emit(`"${name}"`);
  }
  expect(await payloadsOf(engine.replay({ from: 'today' }))).toEqual(['"tomorrow"']);
  expect(await payloadsOf(engine.replay({ from: 'yesterday', through: 'yesterday' }))).toEqual(['"today"']);
  expect(await payloadsOf(engine.replay({ from: '-2h', through: 'now' }))).toEqual(['"tomorrow"']);
  expect(await payloadsOf(engine.replay({ through: 'today', zone: 'America/New_York' }))).toEqual([
    '"today"',
    '"tomorrow"',
  ]);
});
