/** `archive` on the command line: the plan, its execution, what is refused, and how everything is read afterwards. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Completengine, hashOf } from '../../src/index.ts';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const FILE = readFileSync(EARTHQUAKES, 'utf8');

let template = '';

/** The earthquakes in commits of 40 lines. */
beforeAll(async () => {
  template = join(mkdtempSync(join(tmpdir(), 'completengine-test-')), 'events.codex');
  const engine = await Completengine.open({
    ...{ ledger: template, routing: hashOf('properties.net'), time: 'properties.time' },
  });
  const lines = FILE.split('\n').filter((line) => line !== '');
  for (let at = 0; at < lines.length; at += 40)
    await engine.emit(Readable.from([`${lines.slice(at, at + 40).join('\n')}\n`]));
  await engine.close();
});
afterAll(() => rmSync(dirname(template), { recursive: true, force: true }));

async function inCommits(): Promise<string> {
  const ledger = join(tempDir(), 'events.codex');
  copyFileSync(template, ledger);
  return ledger;
}

async function cuts(ledger: string): Promise<string[]> {
  const times: string[] = [];
  for (const sequence of [500, 900, 1300]) {
    const { stdout } = await succeed(['inspect', '-l', ledger, '--sequence', String(sequence), '--json']);
    times.push((JSON.parse(stdout.toString()) as { time: string }).time);
  }
  return times;
}

describe('archive', () => {
  it('moves the earthquakes into three segments, and replays them to the byte', async () => {
    const ledger = await inCommits();
    const head = (await succeed(['inspect', '-l', ledger, '--json'])).stdout.toString();
    const { head: before } = JSON.parse(head) as { head: string };
    const cutTimes = await cuts(ledger);
    const plan = await succeed(['archive', '-l', ledger, '--until', cutTimes[0] as string]);
    expect(plan.stdout.toString()).toMatch(/^archive sequences 1 to \d+: \d+ events in \d+ commits/);
    expect(plan.stderr).toContain('nothing was changed: add --yes to apply it');
    expect(existsSync(`${ledger}.archive`)).toBe(false);
    for (const time of cutTimes) {
      const done = await succeed(['archive', '-l', ledger, '--until', time, '--yes']);
      expect(done.stderr).toContain('done: stored and verified: ');
    }
    expect(await replayed(ledger)).toBe(FILE);
    expect(await replayed(ledger, '--determinism', 'relaxed')).toBe(FILE);
    const files = readdirSync(`${ledger}.archive`).sort();
    expect(files).toHaveLength(3);

    const sound = await succeed(['inspect', '-l', ledger, '--expect-head', before]);
    expect(sound.stdout.toString()).toMatch(/^OK: 1,707 events in \d+ commits; head .*; extends the expected head/);
    const { stdout } = await succeed(['inspect', '-l', ledger, '--json']);
    const { archived, commits } = JSON.parse(stdout.toString()) as { archived: { through: number }[]; commits: number };
    expect(archived).toHaveLength(3);
    expect(commits).toBe(Math.ceil(1707 / 40));
    expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain(files[2] as string);

    // a segment by itself
    const lines = FILE.split('\n');
    const first = join(`${ledger}.archive`, files[0] as string);
    const second = join(`${ledger}.archive`, files[1] as string);
    const [end, next] = [archived[0]?.through ?? 0, archived[1]?.through ?? 0];
    expect(await replayed(first)).toBe(`${lines.slice(0, end).join('\n')}\n`);
    expect(await replayed(second)).toBe(`${lines.slice(end, next).join('\n')}\n`);
    expect((await succeed(['tail', '-l', second, '-n', '2'])).stdout.toString()).toBe(
      `${lines.slice(next - 2, next).join('\n')}\n`,
    );
    expect((await succeed(['inspect', '-l', second, '--verify'])).stdout.toString()).toMatch(
      new RegExp(`^OK: ${next - end} events in \\d+ commits from sequence ${end + 1} on`),
    );
    expect((await succeed(['inspect', '-l', second])).stdout.toString()).toContain('p0');
    const times = new Map<string, string[]>();
    for (const line of (await replayed(second, '-o', 'envelope')).trimEnd().split('\n')) {
      const { partition, time } = JSON.parse(line) as { partition: string; time: string };
      times.set(partition, [...(times.get(partition) ?? []), time]);
    }
    const { partitions } = JSON.parse((await succeed(['inspect', '-l', second, '--json'])).stdout.toString()) as {
      partitions: { name: string; firstTime: string | null; lastTime: string | null }[];
    };
    for (const { name, firstTime, lastTime } of partitions) {
      const own = times.get(name) ?? [];
      expect([firstTime, lastTime]).toEqual([own[0] ?? null, own.at(-1) ?? null]);
    }
    const event = await succeed(['inspect', '-l', second, '--sequence', String(end + 7)]);
    expect(event.stdout.toString()).toContain('properties');
    expectFailure(await runCli(['emit', '-l', second], { input: '{}\n' }), 77, 'a segment of an archive');
    const copy = join(tempDir(), 'copy.codex');
    const refused = await runCli(['backup', copy, '-l', second]);
    expectFailure(refused, 76, 'is a segment of an archive, and no ledger that can be backed up');
    expect(refused.stderr).toContain('copy the file once, with any tool: it never changes');
    expect(existsSync(copy)).toBe(false);
    expect((await succeed(['group', '-l', second])).stdout.toString()).toBe(
      'no groups: this is a segment of an archive, and groups are in the ledger that it belongs to\n',
    );
    const named = ['show g', 'skip g p0', 'delete g', 'parked g', 'reset g --from start'];
    for (const words of named.map((line) => line.split(' '))) {
      const unknown = await runCli(['group', ...words, '-l', second]);
      expectFailure(unknown, 2, 'is a segment of an archive, which has no groups');
      expect(unknown.stderr).toContain('try: name the ledger that it belongs to');
    }
    for (const command of [
      ['tail', '-f'],
      ['replay', '-f'],
      ['tail', '--idle', '1m'],
    ])
      expectFailure(await runCli([...command, '-l', second]), 77, 'cannot be followed: it is a segment');
    expectFailure(await runCli(['archive', '-l', second, '--until', 'now']), 77, 'a segment of an archive');
    expectFailure(await runCli(['replay', '-l', second, '--from-sequence', '1']), 66, `begins at sequence ${end + 1}`);

    // elsewhere, or not at all
    const elsewhere = join(tempDir(), 'old');
    renameSync(`${ledger}.archive`, elsewhere);
    expectFailure(await runCli(['replay', '-l', ledger]), 66, files[0] as string);
    expect(await replayed(ledger, '--archive', elsewhere)).toBe(FILE);
    const withEnv = await succeed(['replay', '-q', '-l', ledger], {
      env: { ...process.env, COMPLETENGINE_ARCHIVE: elsewhere },
    });
    expect(withEnv.stdout.toString()).toBe(FILE);
    const partly = await succeed(['inspect', '-l', ledger, '--verify']);
    expect(partly.stdout.toString()).toContain('what is before it was not verified');
    expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain('(not at hand)');
    // a file where the directory should be
    const file = ['-l', ledger, '--archive', ledger];
    expectFailure(await runCli(['replay', ...file]), 66, `which is not in ${ledger}: ENOTDIR`);
    expect((await succeed(['inspect', ...file])).stdout.toString()).toContain('(not at hand)');
    // a directory where the segment should be
    const wrong = join(tempDir(), 'wrong');
    mkdirSync(join(wrong, files[0] as string), { recursive: true });
    expectFailure(await runCli(['replay', '-l', ledger, '--archive', wrong]), 3, 'is no regular file');
  });

  it('says that what stays is of the future, by which an end such as now is before it', async () => {
    const ledger = await newLedger('--time', 'at');
    const at = (hours: number) => JSON.stringify({ at: new Date(Date.now() + hours * 3_600_000).toISOString() });
    for (const hours of [-2, 5, -1]) await succeed(['emit', '-q', '-l', ledger], { input: `${at(hours)}\n` });
    const reason =
      /\nthe ledger's time is ahead of this clock: sequence 2, where what stays begins, is of 20.*Z, in (4h 59m|5h 0m); an end by sequence .*: --through-sequence$/m;
    const first = await succeed(['archive', '-l', ledger, '--until', 'now', '--yes']);
    expect(first.stdout.toString()).toMatch(/^archive sequences 1 to 1: /);
    expect(first.stdout.toString()).toMatch(reason);
    const nothing = await succeed(['archive', '-l', ledger, '--until', 'now', '--yes']);
    expect(nothing.stdout.toString()).toMatch(/^nothing to archive\n/);
    expect(nothing.stdout.toString()).toMatch(reason);
    const dropped = await succeed(['archive', '-l', ledger, '--through-sequence', '1', '--drop', '--yes']);
    expect(dropped.stdout.toString()).toBe(
      'nothing to archive\nsequences 1 to 1 are already archived in 1 segment: completengine inspect lists them\n--drop deletes no segment: to give up what is in one, remove its file; reading those events then fails\n',
    );
    const bySequence = await succeed(['archive', '-l', ledger, '--through-sequence', '2', '--yes']);
    expect(bySequence.stdout.toString()).not.toContain('ahead');
  });

  it('refuses what cannot be, in one line', async () => {
    const ledger = await inCommits();
    const [time] = await cuts(ledger);
    const until = ['archive', '-l', ledger, '--until', time as string];
    expectFailure(await runCli(['archive', '-l', ledger]), 2, 'an archive without an end');
    expectFailure(await runCli(['archive', '-l', ledger, '--until', 'soon']), 2, 'soon');
    expectFailure(await runCli([...until, '--to', 'x', '--drop']), 2, '--drop cannot be combined with --to');
    expectFailure(
      await runCli([...until, '--to', join(tempDir(), 'missing'), '--yes']),
      73,
      'no segment can be written',
    );
    const file = join(tempDir(), 'file');
    await succeed(['init', '-l', file]);
    expectFailure(await runCli([...until, '--to', file, '--yes']), 73, 'it is no directory');
    expectFailure(await runCli(['archive', '-l', join(tempDir(), 'none'), '--until', 'now']), 66, 'no ledger');
    const nothing = await succeed(['archive', '-l', ledger, '--until', '1990-01-01', '--yes']);
    expect(nothing.stdout.toString()).toMatch(/^nothing to archive: the ledger begins at /);
    expect(await replayed(ledger)).toBe(FILE);

    await succeed(['tail', '-l', ledger, '--group', 'slow', '--from', 'start', '--limit', '5']);
    const behind = await runCli([...until, '--yes']);
    expectFailure(behind, 4, 'slow');
    const planned = await succeed(until);
    expect(planned.stdout.toString()).toMatch(/group slow has not read [\d,]+ events of it/);
    expect(planned.stderr).toContain('groups have not read all of it; add --yes --force');
    const forced = await succeed([...until, '--yes', '--force', '--json']);
    expect(JSON.parse(forced.stdout.toString())).toMatchObject({ isDone: true, movedGroups: ['slow'] });
  });

  it('drops history, and says when and up to where', async () => {
    const ledger = await inCommits();
    const [time] = await cuts(ledger);
    const until = ['archive', '-l', ledger, '--until', time as string, '--drop'];
    expect((await succeed(until)).stdout.toString()).toContain('they are deleted and cannot be replayed again');
    const done = await succeed([...until, '--yes', '--json']);
    const { through } = JSON.parse(done.stdout.toString()) as { through: number };
    expect(existsSync(`${ledger}.archive`)).toBe(false);
    expectFailure(await runCli(['replay', '-l', ledger]), 66, `sequences 1 to ${through} were dropped on 20`);
    await succeed(['tail', '-l', ledger, '-g', 'g', '-c', '1']);
    const reset = ['group', 'reset', 'g', '--yes', '-l', ledger, '--from-sequence'];
    const refused = await runCli([...reset, String(through)]);
    expectFailure(refused, 66, `sequences 1 to ${through} were dropped on 20`);
    expect(refused.stderr).toContain(`begin at sequence ${through + 1}`);
    await succeed([...reset, String(through + 1)]);
    const rest = await replayed(ledger, '--from-sequence', String(through + 1));
    expect(rest).toBe(FILE.split('\n').slice(through).join('\n'));
    expect((await succeed(['inspect', '-l', ledger, '--verify'])).stdout.toString()).toContain(
      `from sequence ${through + 1} on`,
    );
    const shown = (await succeed(['inspect', '-l', ledger])).stdout.toString();
    expect(shown).toMatch(new RegExp(`^events +1,707 in 43 commits, ${through} of them dropped$`, 'm'));
    // the last events that match, and a preview of another routing, over what is left
    const last = await succeed(['tail', '-l', ledger, '-n', '2', '--where', 'properties.net=uw']);
    const lines = FILE.split('\n').filter((line) => line.includes('"net":"uw"'));
    expect(last.stdout.toString()).toBe(`${lines.slice(-2).join('\n')}\n`);
    const preview = await succeed(['partition', 'reroute', 'hash:id', '--dry-run', '-l', ledger]);
    expect(preview.stdout.toString()).toMatch(
      new RegExp(`of ${(1707 - through).toLocaleString('en')} events .*would move\n`),
    );
    expect(preview.stdout.toString()).toContain(`of the events from sequence ${through + 1} on\n`);
  });

  it('writes to the directory that is named', async () => {
    const ledger = await inCommits();
    const [time] = await cuts(ledger);
    const directory = join(tempDir(), 'cold store');
    mkdirSync(directory);
    await succeed(['archive', '-l', ledger, '--until', time as string, '--to', directory, '--yes']);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(await replayed(ledger, '--archive', directory)).toBe(FILE);
  });
});

describe('a segment that is missing', () => {
  it('is a warning of inspect, of --check and of --metrics', async () => {
    const ledger = await inCommits();
    await succeed(['archive', '-l', ledger, '--through-sequence', '400', '--yes']);
    const check = ['inspect', '-l', ledger, '--check', 'warnings=0'];
    expect((await succeed(check)).stdout.toString()).toBe('ok: warnings=0\n');
    expect((await succeed([...check, '-q'])).stdout.toString()).toBe('');
    rmSync(`${ledger}.archive`, { recursive: true });
    const failed = await runCli(check);
    expect([failed.code, failed.stdout.toString()]).toEqual([8, 'failed: warnings=0: 1\n']);
    const quiet = await runCli([...check, '-q']);
    expect([quiet.code, quiet.stdout.toString(), quiet.stderr]).toEqual([8, '', '']);
    const overview = (await succeed(['inspect', '-l', ledger])).stdout.toString();
    expect(overview).toMatch(/^warning +1 of 1 segments is missing or not whole: sequences 1 to 400; put them back/m);
    const metrics = (await succeed(['inspect', '-l', ledger, '--metrics'])).stdout.toString();
    expect(metrics).toMatch(/^completengine_warnings\{.*\} 1$/m);
  });
});
