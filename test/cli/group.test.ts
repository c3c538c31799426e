/** The verbs of groups: shown, moved past an event, deleted, their parked events in any format, and what replaced earlier spellings. */

import { describe, expect, it, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { until } from '../support/until.ts';

/** Longer than the test: a member that gets no processor keeps its partitions. */
const LIVE = ['--lease', '5m'];

/** A ledger with one partition of six numbers, and a group `g` that has read the first `read`. */
async function ledgerWithGroup(read: number): Promise<string> {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 6) });
  await succeed(['tail', '-l', ledger, '-g', 'g', '-c', String(read)]);
  return ledger;
}

async function documentOf(ledger: string, ...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await succeed(['group', ...args, '--json', '-l', ledger])).stdout.toString());
}

describe('group show', () => {
  it('prints one group, and the same document as the list', async () => {
    const ledger = await ledgerWithGroup(2);
    await succeed(['tail', '-l', ledger, '-g', 'h', '-c', '1']);
    const { stdout } = await succeed(['group', 'show', 'g', '-l', ledger]);
    expect(stdout.toString()).toMatch(/^group g: lag 4 events, .*; 0 parked; no members\npartition .*\np0 +2 +4 /);
    expect(stdout.toString()).not.toContain('group h');
    const { oldestAgeMs: _, ...shown } = await documentOf(ledger, 'show', 'g');
    const [{ oldestAgeMs: __, ...listed }] = (await documentOf(ledger))['groups'] as [Record<string, unknown>];
    expect(shown).toEqual(listed);
    expectFailure(await runCli(['group', 'show', 'none', '-l', ledger]), 2, "no group 'none'");
  });
});

describe('group skip', () => {
  it('shows the event, and moves past it with --yes and its sequence', async () => {
    const ledger = await ledgerWithGroup(2);
    const planned = await succeed(['group', 'skip', 'g', 'p0', '-l', ledger]);
    expect(planned.stdout.toString()).toMatch(
      /^group g: p0\/2 \(sequence 3\) of \d[^ ]+Z will be skipped after 0 failures; no active members\n3\n$/,
    );
    expect(planned.stderr).toBe('nothing was changed: add --sequence 3 --yes to apply it\n');
    expect(await documentOf(ledger, 'skip', 'g', 'p0')).toEqual({
      ...{
        group: 'g',
        isDone: false,
        partition: 'p0',
        offset: 2,
        sequence: 3,
        attempts: 0,
        failure: null,
        liveMembers: [],
      },
    });
    const skip = ['group', 'skip', 'g', 'p0', '--sequence', '3', '--yes', '-l', ledger];
    expect((await succeed(skip)).stderr).toBe('done: it was skipped\n');
    expect((await succeed(['tail', '-l', ledger, '-g', 'g', '-e'])).stdout.toString()).toBe(numbers(4, 6));
  });

  it('skips the shown event alone: a second run is refused, and says where the group is', async () => {
    const ledger = await ledgerWithGroup(2);
    const skip = (...args: string[]) => runCli(['group', 'skip', 'g', ...args, '-l', ledger]);
    const unnamed = await skip('p0', '--yes');
    expectFailure(unnamed, 2, '--yes without the event');
    expect(unnamed.stderr).toContain('g p0 --sequence 3 --yes');
    expect((await skip('p0', '--sequence', '3', '--yes')).code).toBe(0);
    expectFailure(await skip('p0', '--sequence', '3', '--yes'), 4, 'is at p0/3 (sequence 4), not at sequence 3');
    expectFailure(await skip('p0', '--sequence', '3'), 4, 'is at p0/3 (sequence 4), not at sequence 3');
    expect(await documentOf(ledger, 'skip', 'g', 'p0')).toMatchObject({ sequence: 4 });
  });

  it('takes the words that a failure is reported with: a place, or a sequence', async () => {
    const ledger = await ledgerWithGroup(2);
    const skip = (...args: string[]) => runCli(['group', 'skip', 'g', ...args, '-l', ledger]);
    expect((await skip('p0/2')).stderr).toBe('nothing was changed: add --yes to apply it\n');
    expectFailure(await skip('p0/3', '--yes'), 4, 'is at p0/2 (sequence 3), not at p0/3');
    expectFailure(await skip('p0/2', '--sequence', '4', '--yes'), 4, 'not at sequence 4');
    expect((await skip('p0/2', '--yes')).code).toBe(0);
    expect((await skip('4', '--yes')).code).toBe(0);
    expectFailure(await skip('4', '--yes'), 4, 'is at p0/4 (sequence 5), not at sequence 4');
    expectFailure(await skip('99', '--yes'), 2, 'sequence 99');
    await succeed(['group', 'reset', 'g', '--from', 'end', '--yes', '-l', ledger]);
    expectFailure(await skip('4', '--yes'), 4, 'is at the end of partition p0, offset 6, not at sequence 4');
  });

  it('refuses what is not there, and a group in use', async () => {
    const ledger = await ledgerWithGroup(6);
    expectFailure(await runCli(['group', 'skip', 'g', 'p0', '-l', ledger]), 2, 'no event of partition p0 waits');
    expectFailure(await runCli(['group', 'skip', 'g', 'p9', '-l', ledger]), 2, "no partition 'p9'");
    expectFailure(await runCli(['group', 'skip', 'h', 'p0', '-l', ledger]), 2, "no group 'h'");
    expectFailure(await runCli(['group', 'skip', 'g', '-l', ledger]), 2, /partition/);
  });

  it('skips the event that a live member cannot take with --force, and it goes on', async () => {
    const ledger = await newLedger('--partitions', '1');
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 3) });
    const engine = await openEngine({ ledger });
    const taken: number[] = [];
    await engine.subscribe({ group: 'g', batch: 1, maxDeliver: Number.POSITIVE_INFINITY }, (delivery) => {
      for (const batch of delivery.batches) {
        const n = Number(batch.payload(0).toString());
        if (n === 2) throw new Error('no twos');
        taken.push(n);
      }
    });
    await until(async () => ((await engine.groups())[0]?.lanes[0]?.attempts ?? 0) > 0);
    const skip = ['group', 'skip', 'g', '2', '--yes', '-l', ledger];
    expectFailure(await runCli(skip), 4, 'has a live member');
    await succeed([...skip, '--force']);
    await until(() => taken.length === 2);
    expect(taken).toEqual([1, 3]);
  });
});

describe('group delete', () => {
  it('prints a plan, and deletes with --yes: a member makes a new group under the name', async () => {
    const ledger = await ledgerWithGroup(2);
    const planned = await succeed(['group', 'delete', 'g', '-l', ledger]);
    expect(planned.stdout.toString()).toBe(
      'group g: its offsets in 1 partition and 0 parked events will be deleted; lag 4; no members\n',
    );
    expect(planned.stderr).toBe('nothing was changed: add --yes to apply it\n');
    expect(await documentOf(ledger, 'delete', 'g', '--yes')).toEqual({
      ...{ group: 'g', isDone: true, lag: 4, parked: 0, members: [] },
    });
    expect(await documentOf(ledger)).toEqual({ groups: [] });
    expectFailure(await runCli(['group', 'delete', 'g', '--yes', '-l', ledger]), 2, "no group 'g'");
    expect((await succeed(['tail', '-l', ledger, '-g', 'g', '-e'])).stdout.toString()).toBe(numbers(1, 6));
    await succeed(['inspect', '--verify', '-l', ledger]);
  });

  it('is refused while a member runs; forced, the member ends with the reason', async () => {
    const ledger = await ledgerWithGroup(6);
    const engine = await openEngine({ ledger });
    const subscription = await engine.subscribe({ group: 'g', member: 'worker', leaseMs: 1000 }, () => {});
    const ended = subscription.finished.catch((error: unknown) => error);
    const refused = await runCli(['group', 'delete', 'g', '--yes', '-l', ledger]);
    expectFailure(refused, 4, 'group g has members that have not left: worker');
    expect((await succeed(['group', 'delete', 'g', '-l', ledger])).stderr).toBe(
      'nothing was changed: members have not left; add --yes --force\n',
    );
    await succeed(['group', 'delete', 'g', '--yes', '--force', '-l', ledger]);
    expect(await ended).toMatchObject({ code: 'UNKNOWN_GROUP' });
    expect(await engine.groups()).toEqual([]);
  });

  it('does not end a member of another group', async () => {
    const ledger = await ledgerWithGroup(1);
    const other = new MemberProcess(ledger, 'other', 'm', ['--from', 'start', ...LIVE]);
    const engine = await openEngine({ ledger });
    await until(async () => (await engine.groups()).some(({ name, lag }) => name === 'other' && lag === 0));
    await engine.deleteGroup('g');
    await engine.emit([7]);
    await until(async () => (await engine.groups()).some(({ name, lag }) => name === 'other' && lag === 0));
    other.child.kill('SIGINT');
    expect(await other.ended).toBe(130);
  });
});

test('group parked --drop prints how many, and drops them with --yes alone', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 5) });
  await runCli(['tail', '-q', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '1', '--exec', 'exit 1']);
  const drop = (...args: string[]) => runCli(['group', 'parked', 'g', '--drop', ...args, '-l', ledger]);
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await drop(...args);
    return { code, stdout: stdout.toString(), stderr };
  };
  const asked = { code: 0, stderr: 'nothing was changed: add --yes to apply it\n' };
  expect(await said('all')).toEqual({ ...asked, stdout: 'group g: 5 parked events will be dropped for good\n' });
  expect(await said('2', '2', '3')).toEqual({
    ...asked,
    stdout: 'group g: 2 parked events will be dropped for good\n',
  });
  expectFailure(await drop('2', '9'), 2, 'sequence 9 is not parked for group g');
  expectFailure(await drop(), 2, '--drop without a sequence');
  expectFailure(await runCli(['group', 'parked', 'g', '--redeliver', '--yes', '-l', ledger]), 2, '--yes');
  expect(await documentOf(ledger, 'show', 'g')).toMatchObject({ parked: 5 });
  expect(await said('2', '3', '--yes')).toEqual({ code: 0, stdout: '', stderr: 'done: 2 events dropped\n' });
  expect(await said('all', '--yes')).toEqual({ code: 0, stdout: '', stderr: 'done: 3 events dropped\n' });
  expect(await documentOf(ledger, 'show', 'g')).toMatchObject({ parked: 0 });
});

test('group parked takes a format and a limit', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 5) });
  const parking = ['tail', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '1', '--exec', 'exit 1'];
  const run = await runCli(parking);
  expect({ code: run.code, last: run.stderr.trimEnd().split('\n').at(-1) }).toEqual({
    code: 5,
    last: '5 events: 0 delivered, 5 parked',
  });
  const quiet = await runCli([
    'tail',
    '-q',
    '-l',
    ledger,
    '-g',
    'quiet',
    '-e',
    '--max-deliver',
    '1',
    '--exec',
    'exit 1',
  ]);
  expect({ code: quiet.code, stderr: quiet.stderr }).toEqual({ code: 5, stderr: '5 events: 0 delivered, 5 parked\n' });
  const parked = async (...args: string[]) =>
    (await succeed(['group', 'parked', 'g', '-l', ledger, ...args])).stdout.toString();
  expect(await parked('-o', 'payload')).toBe(numbers(1, 5));
  expect(await parked('-o', 'payload', '--limit', '2')).toBe(numbers(1, 2));
  expect((await parked('-c', '3')).trimEnd().split('\n')).toHaveLength(3);
});

test.each([
  [['replay', '--to-group', 'mailer', '--from', 'start'], 'completengine group reset GROUP --from PLACE'],
  [['tail', '--parked', '--group', 'mailer'], 'completengine group parked GROUP'],
  [['tail', '--group', 'mailer', '--parked', '--drop', '3'], 'completengine group parked GROUP'],
  [['inspect', '--groups'], 'completengine group'],
])('an earlier spelling is answered with the present one: %j', async (args, hint) => {
  const result = await runCli(args);
  expectFailure(result, 2, ' has no --');
  expect(result.stderr).toContain(`  try: ${hint}`);
});
