/** Why a group stands still, as its operator sees it: `group show`, `group --json`, `group skip`, `inspect --check`. */

import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { until } from '../support/until.ts';

/** A pause that outlasts the test: the longest there is. */
const ONCE = ['--backoff', '30s', '--lease', '10m'];
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

/** A ledger of three events and a member `m` of group `g` that has failed once, or has ended. */
async function standingStill(command: string): Promise<{ ledger: string; member: MemberProcess }> {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 3) });
  const engine = await openEngine({ ledger });
  const member = new MemberProcess(ledger, 'g', 'm', [...ONCE, '--exec', command]);
  const failure = async () => (await engine.groups())[0]?.lanes[0]?.failure ?? null;
  await until(async () => !member.isRunning || (await failure()) !== null);
  expect(await failure(), member.complaints.join('\n')).not.toBeNull();
  return { ledger, member };
}

async function documentOf(ledger: string, ...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await runCli([...args, '--json', '-l', ledger]);
  return JSON.parse(stdout.toString());
}

it('shows the last failure of a command wherever the group is shown, with nothing of it raw', async () => {
  const { ledger } = await standingStill(`printf 'one\\n\\033]0;x\\007db down\\n' >&2; exit 7`);
  const reason = 'exit code 7: \u001b]0;x\u0007db down';
  const shown = 'exit code 7: \\x1b]0;x\\x07db down';
  const { stdout } = await succeed(['group', 'show', 'g', '-l', ledger]);
  const [, , , line] = stdout.toString().split('\n');
  expect(line?.replace(TIME, 'TIME')).toBe(`p0/0 (sequence 1): 1 failure, the last at TIME by member m: ${shown}`);
  expect((await succeed(['group', '-l', ledger])).stdout.toString()).toContain(shown);

  const failure = { sequence: 1, attempts: 1, failedAt: expect.stringMatching(TIME), member: 'm', reason };
  const partitions = [{ partition: 'p0', attempts: 1, failure }];
  expect(await documentOf(ledger, 'group', 'show', 'g')).toMatchObject({ partitions });
  expect(await documentOf(ledger, 'group')).toMatchObject({ groups: [{ partitions }] });
  expect(await documentOf(ledger, 'group', 'skip', 'g', 'p0')).toMatchObject({ attempts: 1, failure });
  const skipped = await succeed(['group', 'skip', 'g', 'p0', '-l', ledger]);
  expect(skipped.stdout.toString().split('\n')[1]).toBe(line);

  const check = ['inspect', '--check', 'lag<3', '--check', 'parked<1', '--check', 'members>1', '-l', ledger];
  const checked = await runCli(check);
  expect(checked.code).toBe(8);
  expect(checked.stdout.toString().replace(TIME, 'TIME')).toBe(
    `failed: lag<3: g 3 (p0/0 (sequence 1): 1 failure, the last at TIME by member m: ${shown})\nok: parked<1\nfailed: members>1: g 1\n`,
  );
  const failing = { partition: 'p0', nextOffset: 0, attempts: 1, failure };
  expect(await documentOf(ledger, ...check.slice(0, -2))).toMatchObject({
    checks: [
      { failures: [{ group: 'g', value: 3, failing }] },
      { failures: [] },
      { failures: [{ group: 'g', value: 1, failing: null }] },
    ],
  });
});

it('names the signal that has ended a command, and forgets it when the event is taken', async () => {
  const { ledger, member } = await standingStill('kill -SEGV $$');
  expect((await succeed(['group', 'show', 'g', '-l', ledger])).stdout.toString()).toMatch(/by member m: .*SIGSEGV$/m);
  member.child.kill('SIGINT');
  await member.ended;
  await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', 'true']);
  expect(await documentOf(ledger, 'group', 'show', 'g')).toMatchObject({
    partitions: [{ attempts: 0, failure: null }],
  });
});

it('says which command is missing where a member could not run it', async () => {
  const { ledger, member } = await standingStill('"no-such-command" --now');
  expect(await member.ended).toBe(69);
  expect((await succeed(['group', 'show', 'g', '-l', ledger])).stdout.toString()).toMatch(
    /^p0\/0 \(sequence 1\): not delivered, tried at .* by member m: the command was not found: "no-such-command" --now$/m,
  );
});

it('lists parked events with the reason of the last delivery', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 1) });
  const tail = ['tail', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '2', '--backoff', '1ms', '--exec'];
  const run = await runCli([...tail, 'echo "attempt $COMPLETENGINE_ATTEMPT" >&2; exit 3']);
  expect(run.code).toBe(5);
  expect(await documentOf(ledger, 'group', 'parked', 'g')).toMatchObject({
    ...{ sequence: 1, attempts: 2, reason: 'exit code 3', details: 'attempt 2' },
  });
  expect(await documentOf(ledger, 'group', 'show', 'g')).toMatchObject({ parked: 1, partitions: [{ failure: null }] });
});
