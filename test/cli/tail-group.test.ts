import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CliResult, finished, type RunOptions, runCli, startCli } from '../support/cli.ts';
import { expectFailure, newLedger, numbers, parseLines, succeed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { parkAll } from '../support/parked-rows.ts';
import { hasGroup } from '../support/process-group.ts';
import { hasTerminal, runOnTerminal, runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

async function ledgerOf(input: string, ...initArgs: string[]): Promise<string> {
  const ledger = await newLedger(...initArgs);
  await succeed(['emit', '-q', '-l', ledger], { input });
  return ledger;
}

interface GroupDocument {
  readonly name: string;
  readonly lag: number;
  readonly parked: number;
  readonly members: readonly { readonly name: string; readonly isAlive: boolean }[];
  readonly partitions: readonly { readonly partition: string; readonly nextOffset: number; readonly lag: number }[];
}

async function groupsOf(ledger: string): Promise<GroupDocument[]> {
  const { stdout } = await succeed(['group', '--json', '-l', ledger]);
  return (JSON.parse(stdout.toString()) as { groups: GroupDocument[] }).groups;
}

/** Runs a command that must park events and exit with 5. */
async function parksSome(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  const result = await runCli(args, options);
  expect(result.stderr).not.toContain('error:');
  expect(result.code).toBe(5);
  return result;
}

const sorted = (text: string): string[] => text.trimEnd().split('\n').sort();

describe('tail --group', () => {
  test('prints what the group has not consumed yet, and resumes there the next time', async () => {
    const ledger = await ledgerOf(numbers(1, 30));
    const tail = async (...args: string[]) =>
      (await succeed(['tail', '-l', ledger, '-g', 'g', '-e', ...args])).stdout.toString();
    expect(sorted(await tail())).toEqual(sorted(numbers(1, 30)));
    expect(await tail()).toBe('');
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(31, 35) });
    expect(sorted(await tail())).toEqual(sorted(numbers(31, 35)));
    expect(await groupsOf(ledger)).toMatchObject([{ name: 'g', lag: 0, parked: 0, members: [] }]);
  });

  test('a new group starts at --from, and an existing one reports that it ignores it', async () => {
    const ledger = await ledgerOf(numbers(1, 9));
    const { stdout } = await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--from-sequence', '7']);
    expect(sorted(stdout.toString())).toEqual(['7', '8', '9']);
    const again = await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--from', 'start']);
    expect(again.stdout.toString()).toBe('');
    expect(again.stderr).toBe(
      `group g resumes at its own offsets: --from is for a new group; to reset the offsets: completengine group reset --ledger ${ledger} g --from start\n`,
    );
    const inZone = await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--from', '03:00', '--tz', 'Europe/Berlin']);
    expect(inZone.stderr).toContain(`completengine group reset --ledger ${ledger} g --from 03:00 --tz Europe/Berlin\n`);
  });

  test('two members get each event once', async () => {
    const ledger = await newLedger('--partitions', '4');
    const tails = [
      startCli(['tail', '-l', ledger, '-g', 'g', '--lease', '5m']),
      startCli(['tail', '-l', ledger, '-g', 'g', '--lease', '5m']),
    ];
    const results = tails.map(finished);
    for (let shares = ''; shares !== '2,2'; ) {
      const [group] = await groupsOf(ledger);
      const holders = (group?.partitions ?? []).map(
        (partition) => (partition as unknown as { member: string | null }).member,
      );
      shares = (group?.members ?? []).map(({ name }) => holders.filter((holder) => holder === name).length).join();
    }
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 100) });
    while ((await groupsOf(ledger))[0]?.lag !== 0);
    for (const tail of tails) tail.kill('SIGINT');
    const [one, other] = await Promise.all(results);
    expect([one?.code, other?.code]).toEqual([130, 130]);
    expect(sorted(`${one?.stdout}${other?.stdout}`)).toEqual(sorted(numbers(1, 100)));
    expect(one?.stdout.length).toBeGreaterThan(0);
    expect(other?.stdout.length).toBeGreaterThan(0);
  });

  test('stops after --count events, with the offset there', async () => {
    const ledger = await ledgerOf(numbers(1, 10), '--partitions', '1');
    const tail = async (...args: string[]) =>
      (await succeed(['tail', '-l', ledger, '-g', 'g', ...args])).stdout.toString();
    expect(await tail('-c', '3')).toBe(numbers(1, 3));
    expect(await tail('-c', '1')).toBe(numbers(4, 4));
    expect(await tail('--idle', '200ms')).toBe(numbers(5, 10));
  });

  test('leaves events that its reader has not taken to the next member', async () => {
    const ledger = await ledgerOf(numbers(1, 200_000), '--partitions', '1');
    const { stdout, code } = await runShell('completengine tail -l "$ledger" -g g | head -1', { ledger });
    expect({ line: stdout.toString(), code }).toEqual({ line: '1\n', code: 0 });
    const [group] = await groupsOf(ledger);
    // events still in the pipe when it was closed count as delivered: a writer cannot know
    expect(group?.partitions[0]?.nextOffset).toBeLessThan(60_000);
    expect(group?.members).toEqual([]);
  });

  test('reports an output that cannot be written, and acknowledges nothing', async () => {
    const ledger = await ledgerOf(numbers(1, 5));
    expectFailure(await runShell('completengine tail -l "$ledger" -g g > /dev/full', { ledger }), 74, /ENOSPC/);
    expect((await groupsOf(ledger))[0]?.lag).toBe(5);
  });

  test.each([
    [['-g', 'No Good'], /invalid group name/],
    [['-g', ''], /invalid group name/],
    [['-g', 'g', '--member', '../m'], /invalid member name/],
    [['-g', 'g', '-n', '3'], /--number/],
    [['-g', 'g', '--until', '-1h'], /--until/],
    [['-g', 'g', '--through-sequence', '9'], /--through-sequence/],
    [['--exec', 'cat'], /--group/],
    [['-g', 'g', '--batch', '3'], /--exec/],
    [['-g', 'g', '--lease', '1ms'], /too short/],
    [['-g', 'g', '--from', 'noon'], /'noon'/],
    [['-g', 'g', 'p77'], /p77/],
    [['-g', 'g', 'yesterday'], /a range cannot be combined with --group/],
    [['--parked'], /^error: tail has no --parked/],
    [['-g', 'g', '--redeliver', 'all'], /^error: tail has no --redeliver/],
  ])('refuses %j', async (args, fact) => {
    expectFailure(await runCli(['tail', '-l', await newLedger(), ...args]), 2, fact);
  });
});

describe('tail --exec', () => {
  const environment =
    'echo "$COMPLETENGINE_GROUP $COMPLETENGINE_PARTITION $COMPLETENGINE_FIRST_OFFSET-$COMPLETENGINE_LAST_OFFSET $COMPLETENGINE_ATTEMPT $(tr "\\n" " ")"';

  test('runs the command once per event or batch, with the position in its environment', async () => {
    const ledger = await ledgerOf(numbers(1, 5), '--partitions', '1');
    const one = await succeed(['tail', '-l', ledger, '-g', 'one', '-e', '--exec', environment]);
    expect(one.stdout.toString()).toBe([1, 2, 3, 4, 5].map((n) => `one p0 ${n - 1}-${n - 1} 1 ${n} \n`).join(''));
    const many = await succeed(['tail', '-l', ledger, '-g', 'many', '-e', '--batch', '3', '--exec', environment]);
    expect(many.stdout.toString()).toBe('many p0 0-2 1 1 2 3 \nmany p0 3-4 1 4 5 \n');
    const bytes = await succeed([
      'tail',
      '-l',
      ledger,
      '-g',
      'bytes',
      '-e',
      '--batch',
      '9',
      '--batch-bytes',
      '4',
      '--exec',
      environment,
    ]);
    expect(bytes.stdout.toString()).toBe('bytes p0 0-1 1 1 2 \nbytes p0 2-3 1 3 4 \nbytes p0 4-4 1 5 \n');
    const pretty = await succeed(['tail', '-l', ledger, '-g', 'pretty', '-c', '1', '-o', 'pretty', '--exec', 'cat']);
    expect(pretty.stdout.toString()).toMatch(/^\d{4}-\d\d-\d\dT\S+ p0\/0 /);
    const envelopes = await succeed(['tail', '-l', ledger, '-g', 'env', '-c', '1', '-o', 'envelope', '--exec', 'cat']);
    expect(parseLines(envelopes.stdout)).toMatchObject([{ sequence: 1, partition: 'p0', offset: 0, payload: 1 }]);
  });

  test('parks an event that fails too often, delivers the later ones, and redelivers it on request', async () => {
    const ledger = await ledgerOf(numbers(1, 6), '--partitions', '1');
    const log = join(tempDir(), 'log');
    const command = 'x=$(tr "\\n" " "); case "$x" in *3*) echo "no threes" >&2; exit 7;; esac; echo "$x" >> "$log"';
    const args = [
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '-e',
      '--batch',
      '4',
      '--max-deliver',
      '2',
      '--backoff',
      '1ms',
      '--exec',
      command,
    ];
    const { stderr } = await parksSome(args, { env: { ...process.env, log } });
    expect(stderr).toMatch(/^no threes\n4 events from p0\/0: exit code 7; retry in /);
    expect(stderr).toMatch(/^p0\/2 \(sequence 3\): exit code 7; parked after 2 attempts/m);
    expect(stderr).toMatch(/\n6 events: 5 delivered, 1 parked\n$/);
    expect((await succeed(['replay', '-q', '-l', ledger])).stdout.toString()).toBe(numbers(1, 6));
    const listed = async () => parseLines((await succeed(['group', 'parked', 'g', '-l', ledger])).stdout);
    expect(await listed()).toMatchObject([
      { sequence: 3, partition: 'p0', offset: 2, attempts: 2, reason: 'exit code 7', details: 'no threes', payload: 3 },
    ]);
    expect((await runShell('cat "$log"', { log })).stdout.toString()).toBe('1 \n2 \n4 \n5 6 \n');

    const asked = await succeed(['group', 'parked', 'g', '-l', ledger, '--redeliver', '3']);
    expect(asked.stderr).toBe('1 event will be redelivered when a member of the group runs\n');
    const again = await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', environment]);
    expect(again.stdout.toString()).toBe('g p0 2-2 3 3 \n');
    expect(await listed()).toEqual([]);
    expectFailure(await runCli(['group', 'parked', 'g', '-l', ledger, '--redeliver', '3']), 2, /3 is not parked/);
    expectFailure(await runCli(['group', 'parked', 'g', '-l', ledger, '--drop']), 2, /without a sequence/);
    expectFailure(await runCli(['group', 'parked', 'g', '-l', ledger, '--drop', 'x']), 2, /'x' is not a sequence/);
  });

  test('--count includes parked events', async () => {
    const ledger = await ledgerOf(numbers(1, 9), '--partitions', '2');
    const { stderr } = await parksSome([
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '-c',
      '3',
      '--max-deliver',
      '1',
      '--exec',
      'exit 1',
    ]);
    expect(stderr).toMatch(/\n3 events: 0 delivered, 3 parked\n$/);
    expect((await groupsOf(ledger))[0]).toMatchObject({ lag: 6, parked: 3 });
  });

  test('any number of parked events can be listed and dropped, and a reader may stop early', async () => {
    const ledger = await ledgerOf(numbers(1, 3000), '--partitions', '1');
    await succeed(['tail', '-l', ledger, '-g', 'g', '-c', '1']);
    parkAll(ledger, 'g');
    const listed = parseLines<{ sequence: number; payload: number }>(
      (await succeed(['group', 'parked', 'g', '-l', ledger])).stdout,
    );
    expect(listed.map(({ sequence, payload }) => [sequence, payload])).toEqual(
      Array.from({ length: 3000 }, (_, at) => [at + 1, at + 1]),
    );
    const left = await runShell('set -o pipefail; completengine group parked g -l "$ledger" | head -n 1', {
      ledger,
    });
    expect([left.code, parseLines(left.stdout).length]).toEqual([0, 1]);
    expect((await succeed(['group', 'parked', 'g', '-l', ledger, '--redeliver', 'all'])).stderr).toMatch(
      /^3,000 events will be redelivered/,
    );
    expect((await succeed(['group', 'parked', 'g', '-l', ledger, '--drop', 'all', '--yes'])).stderr).toBe(
      'done: 3,000 events dropped\n',
    );
    expect((await groupsOf(ledger))[0]).toMatchObject({ parked: 0 });
  });

  test('a signal has its own exit code, and the summary is still printed', async () => {
    const ledger = await ledgerOf('1\n');
    const tail = startCli(['tail', '-f', '-l', ledger, '-g', 'g', '--max-deliver', '1', '--exec', 'exit 1']);
    const lines = new LineReader(tail.stderr);
    expect(await lines.next()).toMatch(/\(sequence 1\): exit code 1; parked after 1 attempt$/);
    const ended = finished(tail);
    tail.kill('SIGTERM');
    expect(await lines.take(9)).toEqual(['1 event: 0 delivered, 1 parked']);
    expect((await ended).code).toBe(143);
  });

  test('kills a run that takes too long, with all its child processes', async () => {
    const ledger = await ledgerOf('1\n');
    const args = [
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '-e',
      '--ack-timeout',
      '200ms',
      '--max-deliver',
      '1',
      '--exec',
      'echo $$; sleep 54321 | cat',
    ];
    const { stderr, stdout } = await parksSome(args);
    expect(stderr).toContain('no answer within 200 ms; parked after 1 attempt');
    const leader = Number(stdout);
    expect(leader).toBeGreaterThan(1);
    await until(() => !hasGroup(leader));
    expect((await succeed(['group', 'parked', 'g', '-l', ledger, '--drop', '1', '--yes'])).stderr).toBe(
      'done: 1 event dropped\n',
    );
    expect((await groupsOf(ledger))[0]).toMatchObject({ lag: 0, parked: 0 });
  });

  test('stops if the command does not exist, and parks nothing', async () => {
    const ledger = await ledgerOf('1\n');
    // only the shell can parse this, and it does so at the first event
    const result = await runCli(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', '"no-such-command-here"']);
    expect(result.code).toBe(69);
    expect(result.stderr).toMatch(/^error: the command was not found: "no-such-command-here"$/m);
    expect((await groupsOf(ledger))[0]).toMatchObject({ lag: 1, parked: 0 });
  });

  test('refuses an empty command', async () => {
    const ledger = await ledgerOf('1\n');
    expectFailure(await runCli(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', ' ']), 2, /the command is empty/);
    expect(await groupsOf(ledger)).toEqual([]);
  });

  test('does not wait for background processes of a run', async () => {
    const ledger = await ledgerOf('1\n');
    const pid = join(tempDir(), 'pid');
    await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', 'sleep 600 > /dev/null & echo $! > "$pid"'], {
      env: { ...process.env, pid },
    });
    // it is alive, and the test has to kill it
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
  });

  test('reports the signal that ended a run, and its last line', async () => {
    const ledger = await ledgerOf('1\n');
    await parksSome([
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '-e',
      '--max-deliver',
      '1',
      '--exec',
      'yes word | head -n 3000 >&2; echo "the last" >&2; kill -9 $$',
    ]);
    const [parked] = parseLines((await succeed(['group', 'parked', 'g', '-l', ledger])).stdout);
    expect(parked).toMatchObject({ reason: 'signal SIGKILL', details: `${'word\n'.repeat(9)}the last` });
  });

  test.runIf(hasTerminal)('escapes the output of its runs for the terminal', async () => {
    const ledger = await ledgerOf('1\n');
    const command = String.raw`printf "\033]0;title\007\tfive \342\202\254\n" >&2; exit 1`;
    const written = await runOnTerminal(`completengine tail -l "$ledger" -g g -e --max-deliver 1 --exec '${command}'`, {
      variables: { ledger },
    });
    expect(written).toContain('\\x1b]0;title\\x07\tfive €\n');
    expect(written).not.toContain('\u001b]0;');
  });

  test('a second Ctrl-C also kills the current run', async () => {
    const ledger = await ledgerOf('1\n');
    const tail = startCli(['tail', '-l', ledger, '-g', 'g', '--exec', 'echo $$; sleep 600 | sleep 600']);
    const leader = Number(await new LineReader(tail.stdout).next());
    onTestFinished(() => {
      if (hasGroup(leader)) process.kill(-leader, 'SIGKILL');
    });
    const ended = new Promise((resolve) => tail.once('exit', (_, signal) => resolve(signal)));
    expect(hasGroup(leader)).toBe(true);
    tail.kill('SIGINT');
    // another signal: two pending signals of one kind are merged into one
    tail.kill('SIGTERM');
    expect(['SIGINT', 'SIGTERM']).toContain(await ended);
    await until(() => !hasGroup(leader));
  });

  test('Ctrl-C lets the run in progress finish, and acknowledges it', async () => {
    const ledger = await ledgerOf(numbers(1, 3), '--partitions', '1');
    const goOn = join(tempDir(), 'go-on');
    const tail = startCli([
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '--exec',
      `echo begun; until test -e '${goOn}'; do sleep 0.02; done; echo done`,
    ]);
    const lines = new LineReader(tail.stdout);
    const said = new LineReader(tail.stderr);
    expect(await lines.next()).toBe('begun');
    tail.kill('SIGINT');
    expect(await said.next()).toBe('waiting for p0/0 (sequence 1): Ctrl-C again ends at once');
    writeFileSync(goOn, '');
    expect(await lines.take(5)).toEqual(['done']);
    expect((await groupsOf(ledger))[0]).toMatchObject({ lag: 2, members: [] });
  });
});

test('group prints the offsets of the groups', async () => {
  const ledger = await ledgerOf(numbers(1, 3), '--partitions', '1');
  expect((await succeed(['group', '-l', ledger])).stdout.toString()).toMatch(/^no groups yet/);
  await succeed(['tail', '-l', ledger, '-g', 'mailer', '-c', '1']);
  const { stdout } = await succeed(['group', '-l', ledger]);
  expect(stdout.toString()).toMatch(
    /^group mailer: lag 2 events, the oldest from [\d.]+m?s ago; 0 parked; no members\npartition .*\np0 +1 +2 /,
  );
});

test('invalid names of groups and members are refused, and not printed: 3', async () => {
  const ledger = await ledgerOf('1\n', '--partitions', '1');
  await succeed(['tail', '-l', ledger, '-g', 'g', '-e']);
  const db = new Database(ledger);
  db.exec("INSERT INTO groups VALUES ('\u001b]0;group\u0007', 1, 0)");
  db.exec("INSERT INTO members VALUES ('g', '\u001b[2Jmember', 7, NULL, 1, 9e15)");
  db.close();
  for (const args of [
    ['group'],
    ['group', 'show', 'g'],
    ['group', 'reset', 'g', '--from', 'start'],
    ['group', 'delete', 'g', '--yes'],
  ]) {
    const result = await runCli([...args, '-l', ledger]);
    expectFailure(result, 3, 'the ledger is damaged: a name is no name that can be');
    expect(result.stderr + result.stdout.toString()).not.toContain('\u001b');
  }
});
