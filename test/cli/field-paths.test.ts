/** Paths on the command line: elements of arrays, names with dots, and the notes about paths that meet nothing. */

import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { storedEvents } from '../support/invariants.ts';
import { expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';

const ZEEK =
  '{"ts":1517363399.6,"id.orig_h":"10.0.0.1","tags":["dns","slow"],"answers":[{"ip":"10.0.0.2"},{"ip":"10.0.0.3"}]}\n';

async function matches(ledger: string, where: string): Promise<{ count: number; stderr: string }> {
  const { stdout, stderr } = await succeed(['replay', '-l', ledger, '--where', where]);
  return { count: stdout.toString().split('\n').length - 1, stderr };
}

test('conditions on elements of arrays', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: ZEEK });
  for (const where of ['answers[1].ip=10.0.0.3', 'answers[].ip=10.0.0.3', 'tags[]=slow', '"id.orig_h"=10.0.0.1'])
    expect((await matches(ledger, where)).count, where).toBe(1);
  for (const where of ['answers[0].ip=10.0.0.3', 'answers[].ip=10.0.0.4', 'tags[]=fast'])
    expect((await matches(ledger, where)).count, where).toBe(0);
});

test.each([
  ['id.orig_h=10.0.0.1', 'no event read has the field id.orig_h; id.orig_h is there as "id.orig_h"'],
  ['answers.1.ip=10.0.0.3', 'no event read has the field answers.1.ip; answers.1.ip is there as answers[1].ip'],
  ['answers[2].ip=10.0.0.3', 'no event read has the field answers[2].ip'],
  ['nothing[].x=1', 'no event read has the field nothing[].x'],
  ['tags=slow', 'no events: tags is an array: tags[] is any of its elements'],
])('%s meets nothing, which is said', async (where, note) => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: ZEEK });
  const { count, stderr } = await matches(ledger, where);
  expect(count).toBe(0);
  expect(stderr).toContain(note);
  expect((await succeed(['tail', '-l', ledger, '--where', where])).stderr).toContain(note.replace('no events: ', ''));
});

test('time, unique id and routing read elements of arrays, in few lines and in many', async () => {
  const ledger = await newLedger('--time', 'at[0]', '--unique', 'ids[1].x', '--routing', 'hash:items[0].k');
  const line = (at: number) => `{"at":[${at},0],"ids":["x",{"x":${at}}],"items":[{"k":"k${at % 50}"},{"k":"no"}]}\n`;
  const input = (from: number, count: number) => Array.from({ length: count }, (_, nth) => line(from + nth)).join('');
  await succeed(['emit', '-l', ledger], { input: input(1_600_000_000, 3) });
  await succeed(['emit', '-l', ledger], { input: input(1_600_000_000, 3000) });
  const events = storedEvents(ledger);
  expect(events.map(({ time }) => time)).toEqual(Array.from({ length: 3000 }, (_, nth) => (1_600_000_000 + nth) * 1e6));
  const placed = new Map<string, Set<unknown>>();
  for (const { payload, partition } of events) {
    const key = JSON.parse(payload.toString()).items[0].k;
    placed.set(key, (placed.get(key) ?? new Set()).add(partition));
  }
  expect(placed.size).toBe(50);
  expect([...placed.values()].every(({ size }) => size === 1)).toBe(true);
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain('at[0]');
});

test('a missing field that is there under another spelling is named in it', async () => {
  const ledger = await newLedger('--time', 'ts', '--routing', 'hash:id.orig_h');
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: ZEEK }),
    65,
    'the routing field is missing (hash:id.orig_h); it is there as "id.orig_h"',
  );
  expectFailure(await runCli(['init', '-l', `${ledger}.2`, '--time', 'tags[]']), 2, "'[]' for any element");
});

const QUAKE = '{"type":"Feature","properties":{"mag":4.5,"time":"2026-04-12T09:00:00Z"}}\n';

test.each([
  [['--routing', 'hash:mag'], 'the routing field is missing (hash:mag); it is there as properties.mag'],
  [['--routing', 'hash:properties.magg'], '(hash:properties.magg); it may mean properties.mag'],
  [['--time', 'time'], "the time field 'time' is missing; it is there as properties.time"],
  [['--time', 'propertes.time'], "'propertes.time' is missing; it may mean properties.time"],
  [['--unique', 'type+mag'], "'type+mag' is missing; it is there as properties.mag"],
])('emit into a ledger of %j names the nearest field', async (init, reason) => {
  const ledger = await newLedger(...init);
  expectFailure(await runCli(['emit', '-l', ledger], { input: QUAKE }), 65, reason);
  const explained = await runCli(['partition', 'explain', '-l', ledger], { input: QUAKE });
  expect(explained.stdout.toString()).toContain(reason);
});

test.each([
  [['--where', 'mag>4'], 'no event read has the field mag; mag is there as properties.mag'],
  [['--where', 'Type=Feature'], 'Type may mean type'],
  [['--fields', 'sequence,mag,properties.tim', '-o', 'csv'], 'properties.tim may mean properties.time'],
  [['--format', '%{mag}\\n'], 'mag is there as properties.mag'],
])('replay %j names the nearest field', async (args, note) => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: QUAKE });
  expect((await succeed(['replay', '-l', ledger, ...args])).stderr).toContain(note);
});
