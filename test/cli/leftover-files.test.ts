/** What killed runs leave behind: `inspect` names it, its hint removes it, and nothing else is touched. */

import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { earthquakeLedger, fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const ID = '3f2a9c01-0000-4000-8000-00000000000';

test('inspect names files of killed runs beside the ledger, and the hint removes these alone', async () => {
  const directory = join(tempDir(), "it's here");
  const { code } = await runShell('mkdir "$directory"; cd "$directory"; completengine init', { directory });
  expect(code).toBe(0);
  const ledger = join(directory, 'events.codex');
  const others = ['other.codex.incomplete-', 'events.codex.incomplete', 'events.codex.bak.incomplete-'];
  for (const name of others) fileIn(directory, `${name}${name.endsWith('-') ? `${ID}9` : ''}`, 'kept');
  const warned = async () =>
    JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).warnings;
  expect(await warned()).toEqual([]);
  for (const end of ['1', '1-wal', '2', '3']) fileIn(directory, `events.codex.incomplete-${ID}${end}`, 'x'.repeat(1e5));
  const [warning, ...rest] = await warned();
  expect(rest).toEqual([]);
  expect(warning).toMatchObject({
    code: 'LEFTOVER_FILES',
    message: `a killed init or backup has left 0.4 MB in ${['1', '1-wal', '2'].map((end) => `events.codex.incomplete-${ID}${end}`).join(', ')} and 1 more`,
  });
  const shown = (await succeed(['inspect', '-l', ledger])).stdout.toString();
  expect(shown).toContain('warning    a killed init or backup has left');
  const [, command = ''] = /(rm .*)$/m.exec(warning.hint) ?? [];
  const removed = await runShell(command);
  expect(removed).toMatchObject({ code: 0, stderr: '' });
  expect(await warned()).toEqual([]);
  expect(readdirSync(directory).filter((name) => name.includes('incomplete'))).toHaveLength(others.length);
});

test('inspect names replacements of cursor files whose writer was killed, and none that is being written', async () => {
  const ledger = await newLedger();
  const directory = dirname(ledger);
  const warned = async () =>
    JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).warnings;
  const [old, young] = [1, 2].map((end) => fileIn(directory, `.completengine-${ID}${end}`, '{"tailed":1}\n')) as [
    string,
    string,
  ];
  fileIn(directory, '.completengine-notes', 'kept');
  expect(await warned()).toEqual([]);
  const hour = new Date(performance.timeOrigin - 3_600_000);
  utimesSync(old, hour, hour);
  const [warning, ...rest] = await warned();
  expect(rest).toEqual([]);
  expect(warning).toEqual({
    code: 'LEFTOVER_FILES',
    message: `a killed writer of a cursor, digest or page has left 13 B in .completengine-${ID}1`,
    hint: `no part of the ledger: rm ${old}`,
  });
  expect(await runShell(/rm .*$/.exec(warning.hint)?.[0] ?? '')).toMatchObject({ code: 0, stderr: '' });
  expect(await warned()).toEqual([]);
  expect(existsSync(young)).toBe(true);
});

test('an emission does not look for such files', async () => {
  const ledger = await newLedger();
  fileIn(dirname(ledger), `events.codex.incomplete-${ID}1`, '');
  expect((await succeed(['emit', '-l', ledger], { input: '1\n' })).stderr).not.toContain('warning');
});

test('after kill -9 of replay the command of --exec gets the end of its input and runs to its own end', async () => {
  const ledger = await earthquakeLedger();
  const place = (name: string) => join(tempDir(), name);
  const [out, goOn, done] = [place('out'), place('go-on'), place('done')];
  const command = `echo started; until test -e '${goOn}'; do sleep 0.02; done; cat > '${out}'; echo $? > '${done}'`;
  const replay = startCli(['replay', '-q', '--exec', command, '-l', ledger]);
  killAfterTest(replay);
  replay.stdout.once('data', () => replay.kill('SIGKILL'));
  const ended = new Promise((resolve) => replay.once('exit', (_, signal) => resolve(signal)));
  expect(await ended).toBe('SIGKILL');
  writeFileSync(goOn, '');
  await until(() => existsSync(done) && readFileSync(done, 'utf8') === '0\n');
  const taken = readFileSync(out, 'utf8');
  const all = asLines(earthquakes());
  // what the pipe held when its writer died: the input ends as if it were complete
  expect(taken.length).toBeLessThan(all.length);
  expect(all.startsWith(taken)).toBe(true);
});
