/** Tests `group reset`: offset resets by processes, also during live consumers. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Completengine } from '../../src/index.ts';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { hasScreen, Screen } from '../support/screen.ts';
import { until } from '../support/until.ts';

interface PlanDocument {
  readonly isDone: boolean;
  readonly redelivered: number;
  readonly skipped: number;
  readonly liveMembers: readonly string[];
  readonly partitions: readonly {
    readonly partition: string;
    readonly from: number;
    readonly to: number;
    readonly redelivered: number;
    readonly skipped: number;
  }[];
}

/** Longer than the test: a member that gets no processor keeps its partitions. */
const LIVE = ['--lease', '5m'];

/** Three partitions with ten numbers each, alternating by sequence, and a group that has consumed all of them. */
async function readLedger(): Promise<string> {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', '3');
  const lines = Array.from({ length: 30 }, (_, n) => `{"to":"p${n % 3}","n":${n + 1}}\n`);
  await succeed(['emit', '-q', '-l', ledger], { input: lines.join('') });
  await succeed(['tail', '-l', ledger, '-g', 'g', '-e']);
  return ledger;
}

async function plan(ledger: string, ...args: string[]): Promise<PlanDocument> {
  const { stdout } = await succeed(['group', 'reset', 'g', '-l', ledger, '--json', ...args]);
  return JSON.parse(stdout.toString()) as PlanDocument;
}

async function consumed(ledger: string): Promise<number[]> {
  const { stdout } = await succeed(['tail', '-l', ledger, '-g', 'g', '-e']);
  const lines = stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { n: number }).n).sort((one, other) => one - other);
}

const range = (from: number, through: number): number[] =>
  Array.from({ length: through - from + 1 }, (_, at) => from + at);

describe('group reset', () => {
  test('prints a plan, and changes nothing without --yes', async () => {
    const ledger = await readLedger();
    for (const args of [[], ['--force']]) {
      const { stdout, stderr } = await succeed(['group', 'reset', 'g', '-l', ledger, '--from-sequence', '25', ...args]);
      expect(stdout.toString().split('\n')).toEqual([
        'group g: 6 events will be redelivered, 0 skipped; no active members',
        'partition  from offset  to offset  redelivered  skipped',
        'p0                  10          8            2',
        'p1                  10          8            2',
        'p2                  10          8            2',
        '',
      ]);
      expect(stderr).toBe('nothing was changed: add --yes to apply it\n');
    }
    expect(await consumed(ledger)).toEqual([]);
  });

  test('with --yes its members receive everything from there on, up to the head', async () => {
    const ledger = await readLedger();
    const { stdout, stderr } = await succeed(['group', 'reset', 'g', '-l', ledger, '--from-sequence', '12', '--yes']);
    expect(stdout.toString()).toMatch(/^group g: 19 events will be redelivered, 0 skipped; no active members\n/);
    expect(stderr).toBe('done: members continue from there\n');
    await succeed(['emit', '-q', '-l', ledger], { input: '{"to":"p1","n":31}\n' });
    expect(await consumed(ledger)).toEqual(range(12, 31));
  });

  test('resets the named partitions, back and forward, to sequences, times, start and end', async () => {
    const ledger = await readLedger();
    expect(await plan(ledger, '--from', 'start', '-p', 'p1', '--yes')).toEqual({
      group: 'g',
      isDone: true,
      redelivered: 10,
      skipped: 0,
      liveMembers: [],
      partitions: [{ partition: 'p1', from: 10, to: 0, redelivered: 10, skipped: 0 }],
    });
    expect(await plan(ledger, '--from', 'end')).toMatchObject({ isDone: false, redelivered: 0, skipped: 10 });
    expect(await plan(ledger, '--from', '-1h', '-p', 'p0', '-p', 'p1')).toMatchObject({ redelivered: 10, skipped: 0 });
    expect(await plan(ledger, '--from', '2031-01-01', '--yes')).toMatchObject({ redelivered: 0, skipped: 10 });
    expect(await plan(ledger, '--from', '1999-12-31T23:00', '--tz', 'Europe/Berlin', '--yes')).toMatchObject({
      redelivered: 30,
    });
    expect(await consumed(ledger)).toEqual(range(1, 30));
  });

  test('refuses invalid combinations with one line, and changes nothing', async () => {
    const ledger = await readLedger();
    const refused = async (code: number, fact: RegExp, ...args: string[]) =>
      expectFailure(await runCli(['group', 'reset', 'g', '-l', ledger, '--yes', ...args]), code, fact);
    await refused(2, /an offset reset without a start/);
    for (const words of ['--through now', '--until now', '--through-sequence 5', '--limit 3'])
      await refused(2, /^error: group reset has no --/, '--from', 'start', ...words.split(' '));
    for (const words of ['--speed 2', '--follow', '--key a', '--where n=1', '--exec cat', '-o payload', '--dry-run'])
      await refused(2, /^error: .*-/, '--from', 'start', ...words.split(' '));
    await refused(2, /yesterday/, '--from', 'start', 'yesterday');
    await refused(2, /no partition 'hash:n'/, '--from', 'start', '--partition', 'hash:n');
    await refused(2, /no partition 'p9'/, '--from', 'start', '--partition', 'p9');
    await refused(2, /there is no sequence 1775984400: the head is at 30/, '--from-sequence', '1775984400');
    await refused(2, /there is no sequence 32/, '--from-sequence', '32');
    await refused(2, /0 is not a sequence/, '--from-sequence', '0');
    await refused(2, /'noon' is not a time/, '--from', 'noon');
    for (const group of ['h', '', "g'; DROP TABLE cursors; --", '\u001b[2J']) {
      expectFailure(
        await runCli(['group', 'reset', group, '-l', ledger, '--from', 'start', '--yes']),
        2,
        /has no group/,
      );
    }
    expect(await consumed(ledger)).toEqual([]);
  });

  test('is refused while members are active, unless forced', async () => {
    const ledger = await readLedger();
    const engine = await openEngine({ ledger });
    const member = new MemberProcess(ledger, 'g', 'worker', LIVE);
    await until(async () => (await engine.groups())[0]?.lanes.every(({ member: holder }) => holder !== null) === true);
    const args = ['group', 'reset', 'g', '-l', ledger, '--from', 'start'];
    const refused = await runCli([...args, '--yes']);
    expectFailure(refused, 4, /group g has a live member: worker/);
    expect(refused.stdout.toString()).toBe('');
    const planned = await succeed(args);
    expect(planned.stdout.toString()).toMatch(
      /^group g: 30 events will be redelivered, 0 skipped; active members: worker\n/,
    );
    expect(planned.stderr).toBe('nothing was changed: members are active; add --yes --force\n');
    expect(await givenTo(member)).toEqual([]);
  });

  test('a live consumer receives all of history again, and then new events', async () => {
    const ledger = await readLedger();
    const engine = await openEngine({ ledger });
    const member = new MemberProcess(ledger, 'g', 'worker', LIVE);
    await engine.emit({ to: 'p0', n: 31 });
    await idle(engine);
    expect(await plan(ledger, '--from', 'start', '--yes', '--force')).toMatchObject({
      isDone: true,
      redelivered: 31,
      liveMembers: ['worker'],
    });
    // it knows of the reset: until then it may be given new events by its old position, which is at-least-once, too
    await idle(engine);
    await engine.emit([{ to: 'p0', n: 32 }]);
    await idle(engine);
    const [first, ...again] = await givenTo(member);
    expect(first).toEqual({ partition: 'p0', offset: 10 });
    for (const [partition, count] of [
      ['p0', 12],
      ['p1', 10],
      ['p2', 10],
    ] as const) {
      expect(offsetsOf(again, partition)).toEqual(range(0, count - 1));
    }
    member.child.kill('SIGINT');
    expect(await member.ended).toBe(130);
    expect({ complaints: member.complaints, refused: member.refused.size }).toEqual({ complaints: [], refused: 0 });
  });

  test.skipIf(!hasScreen)('asks on a terminal, and treats everything but yes as no', async () => {
    const ledger = await readLedger();
    const screen = new Screen({ columns: 100, rows: 60, variables: { COMPLETENGINE_LEDGER: ledger } });
    let asked = 0;
    const ask = async () => {
      // a number that is not in the typed text: the screen may still show the previous question
      screen.type(`clear; echo "round $((${asked++} + 1))"; completengine group reset g --from start; echo "exit $?"`);
      await screen.showing(new RegExp(`round ${asked}\n[^]*reset the offsets of group g\\? \\[y/N\\]`));
    };
    await ask();
    screen.press('Enter');
    expect((await screen.showing(/exit 0/)).join('\n')).toMatch(/\nnothing was changed\n/);
    for (const key of ['C-c', 'C-d']) {
      await ask();
      screen.press(key);
      expect((await screen.showing(key === 'C-c' ? /exit 130/ : /exit 0/)).join('\n')).toMatch(/nothing was changed\n/);
    }
    expect(await plan(ledger, '--from', 'end')).toMatchObject({ skipped: 0 });
    await ask();
    screen.type('y');
    await screen.showing(/done: members continue from there\nexit 0/);
    expect(await consumed(ledger)).toEqual(range(1, 30));
  });

  test.skipIf(!hasScreen)('asks before it drops parked events, which is final', async () => {
    const ledger = await newLedger('--partitions', '1');
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 2) });
    await runCli(['tail', '-q', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '1', '--exec', 'exit 1']);
    const screen = new Screen({ columns: 100, rows: 60, variables: { COMPLETENGINE_LEDGER: ledger } });
    for (const [answer, end] of [
      ['n', /\nnothing was changed\nexit 0/],
      ['y', /\ndone: 2 events dropped\nexit 0/],
    ] as const) {
      screen.type(`clear; echo "round ${answer}"''1; completengine group parked g --drop all; echo "exit $?"`);
      await screen.showing(
        new RegExp(`round ${answer}1\n[^]*2 parked events will be dropped[^]*drop them for group g\\? \\[y/N\\]`),
      );
      screen.type(answer);
      await screen.showing(end);
    }
  });
});

/** Waits until the group has no lag, so that all acknowledgements are stored. */
async function idle(engine: Completengine): Promise<void> {
  await until(async () => (await engine.groups())[0]?.lag === 0);
}

interface Place {
  readonly partition: string;
  readonly offset: number;
}

async function givenTo(member: MemberProcess): Promise<Place[]> {
  const places: Place[] = [];
  for await (const { partition, offset } of member.given()) places.push({ partition, offset });
  return places;
}

function offsetsOf(places: readonly Place[], name: string): number[] {
  return places.filter(({ partition }) => partition === name).map(({ offset }) => offset);
}

test('after any reset all later events are delivered in partition order, during concurrent emitters and consumers', async () => {
  const ledger = await readLedger();
  const engine = await openEngine({ ledger });
  const members = ['one', 'other'].map((name) => new MemberProcess(ledger, 'g', name, LIVE));
  const given = () => Promise.all(members.map(givenTo));
  const step = fc.record({
    sequence: fc.integer({ min: 1, max: 31 }),
    partitions: fc.subarray(['p0', 'p1', 'p2'], { minLength: 1 }),
    fresh: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(step, async ({ sequence, partitions, fresh }) => {
      const before = await given();
      const emitting = engine.emit(Array.from({ length: fresh + 1 }, (_, n) => ({ to: `p${n % 3}`, n })));
      const names = partitions.flatMap((name) => ['-p', name]);
      const { isDone, partitions: steps } = await plan(
        ledger,
        '--from-sequence',
        String(sequence),
        ...names,
        '--yes',
        '--force',
      );
      await emitting;
      await idle(engine);
      expect({ isDone, stepped: steps.map(({ partition }) => partition) }).toEqual({
        isDone: true,
        stepped: partitions,
      });
      const ends = new Map(
        (await engine.groups())[0]?.lanes.map(({ partition, nextOffset }) => [partition, nextOffset]),
      );
      const since = (await given()).map((places, at) => places.slice(before[at]?.length));
      for (const { partition, to } of steps) {
        const offsets = since.map((places) => offsetsOf(places, partition));
        const delivered = new Set(offsets.flat());
        expect(range(to, (ends.get(partition) ?? 0) - 1).filter((offset) => !delivered.has(offset))).toEqual([]);
        for (const each of offsets) {
          // in order, except for events delivered before the reset, or in flight during it
          const backward = each.filter((offset, index) => index > 0 && offset <= (each[index - 1] as number));
          expect(backward.length).toBeLessThanOrEqual(1);
        }
      }
    }),
    { numRuns: 12 },
  );
  for (const { child } of members) child.kill('SIGINT');
  expect(await Promise.all(members.map(({ ended }) => ended))).toEqual([130, 130]);
});
