/** Tests sticky sessions end to end: a week of earthquakes by network, four concurrent emitters, and kills. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EARTHQUAKES, finished, runCli, startCli } from '../support/cli.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { type Envelope, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { rawCommits } from '../support/raw-ledger.ts';
import { expectPinnedForEver, expectPinnedWhileAwake, storedPins } from '../support/sessions.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const networkOf = (payload: string): string => (JSON.parse(payload) as { properties: { net: string } }).properties.net;
const sessionOf = (payload: string): string => (JSON.parse(payload) as { session: string }).session;

test('each network of a week of earthquakes stays in one partition, also in a copy from envelopes', async () => {
  const spec = ['--routing', 'sticky:properties.net', '--time', 'properties.time'];
  const [ledger, copy] = [await newLedger(...spec), await newLedger(...spec)];
  await succeed(['emit', '-l', ledger, EARTHQUAKES]);
  const places = await expectPinnedForEver(ledger, networkOf);
  expect(places.size).toBe(new Set(earthquakes().map(({ line }) => networkOf(line))).size);
  expect(new Set(places.values()).size).toBe(8);
  await succeed(['emit', '-q', '--envelope', '-l', copy], { input: await replayed(ledger, '-o', 'envelope') });
  expect(await expectPinnedForEver(copy, networkOf)).toEqual(places);
  const envelopes = parseLines<Envelope>(await replayed(ledger, '-o', 'envelope'));
  expect(envelopes.map(({ key }) => key)).toEqual(envelopes.map(({ payload }) => networkOf(JSON.stringify(payload))));
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toMatch(
    new RegExp(`^sessions +${places.size} pinned$`, 'm'),
  );
  expect(JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString())).toMatchObject({
    sessions: places.size,
  });
});

test('networks idle for an hour may move, the others stay', async () => {
  const ledger = await newLedger('--routing', 'sticky:properties.net,idle=1h', '--time', 'properties.time');
  await succeed(['emit', '-l', ledger, EARTHQUAKES]);
  const events = await expectSoundLedger(ledger);
  expectPinnedWhileAwake(events, 3600e6, networkOf);
  const places = new Set(events.map(({ payload, partition }) => `${networkOf(payload)} ${partition}`));
  expect(places.size).toBeGreaterThan(new Set(events.map(({ payload }) => networkOf(payload))).size);
});

const SESSIONS = 5000;
/** Events of an emitter in volume: more than a chunk of two mebibytes, and than there are sessions. */
const VOLUME = quick(6000, 25_000);
/** Long in every run, because the oracle reads each event. */
const PAD = 'x'.repeat(quick(450, 150));

function linesOf(emitter: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, n) => `{"emitter":"${emitter}","n":${n},"session":"s${(n * 7919) % SESSIONS}","pad":"${PAD}"}\n`,
  );
}

test('four concurrent emitters of the same sessions, in volume and in pieces, agree on every session', async () => {
  const ledger = await newLedger('--routing', 'sticky:session', '--partitions', '5');
  const volumes = ['anna', 'bert'].map((name) =>
    runCli(['emit', '-q', '-l', ledger], { input: linesOf(name, VOLUME).join('') }),
  );
  const trickles = ['cleo', 'dora'].map(async (name) => {
    const child = startCli(['emit', '-q', '-l', ledger]);
    const result = finished(child);
    for (const [n, line] of linesOf(name, 3000).entries()) {
      child.stdin.write(line);
      if (n % 60 === 0) await sleep(2);
    }
    child.stdin.end();
    return result;
  });
  for (const { code, stderr } of await Promise.all([...volumes, ...trickles]))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const places = await expectPinnedForEver(ledger, sessionOf);
  expect(places.size).toBe(SESSIONS);
  expect((await replayed(ledger)).split('\n').length - 1).toBe(2 * VOLUME + 6000);
});

test('a killed emitter leaves the pins of its commits, and resumes with them', async () => {
  const ledger = await newLedger('--routing', 'sticky:session,idle=30m', '--partitions', '3');
  const lines = linesOf('one', quick(6000, 40_000));
  const emit = ['emit', '-q', '--producer', 'one', '-l', ledger];
  let stored = 0;
  for (const reach of [0.225, 0.525, 0.825]) {
    const commits = rawCommits(ledger).length;
    const child = startCli(emit);
    const result = finished(child);
    child.stdin.on('error', () => {});
    // it waits for more input, or is processing this
    child.stdin.write(lines.slice(0, reach * lines.length).join(''));
    await until(() => rawCommits(ledger).length > commits);
    child.kill('SIGKILL');
    expect((await result).signal).toBe('SIGKILL');
    const events = await expectSoundLedger(ledger);
    expect(events.length).toBeGreaterThan(stored);
    stored = events.length;
    expect(storedPins(ledger).length).toBe(new Set(events.map(({ payload }) => sessionOf(payload))).size);
  }
  await succeed(emit, { input: lines.join('') });
  const events = await expectSoundLedger(ledger);
  const places = new Map(events.map(({ payload, partition }) => [sessionOf(payload), partition]));
  // the test takes seconds, so no session was idle for half an hour
  expectPinnedWhileAwake(events, 1800e6, sessionOf);
  expect(new Map(storedPins(ledger).map(({ session, partition }) => [session, partition]))).toEqual(places);
});
