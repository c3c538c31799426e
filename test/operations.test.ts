/** Runs every command line of docs/OPERATIONS.md: the sessions as printed, the lines of cron and of a shell, and the unit's service until SIGTERM. */

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN, finished, runCli } from './support/cli.ts';
import { blocksOf, expectSession, runLine, sessionOf } from './support/document-session.ts';
import { killAfterTest, needs } from './support/fault-tools.ts';
import { earthquakeLedger } from './support/ledger-cli.ts';
import { ledgerCopies } from './support/ledger-copies.ts';
import { tempDir } from './support/temp-dir.ts';
import { until } from './support/until.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');
const copyOfEarthquakes = ledgerCopies(earthquakeLedger);
const PLACE = '/var/lib/events';

/** A directory as the page has it: the ledger, and a group with a parked event. */
async function workplace(): Promise<string> {
  const directory = tempDir();
  copyFileSync(await copyOfEarthquakes(), join(directory, 'events.codex'));
  symlinkSync(join(ROOT, 'fixtures'), join(directory, 'fixtures'));
  const ledger = join(directory, 'events.codex');
  const parking = ['--group', 'mailer', '-e', '--max-deliver', '1', '--exec', '! grep -q Malden'];
  expect(await runCli(['tail', 'p3', '-l', ledger, ...parking])).toMatchObject({ code: 5 });
  return directory;
}

it('shows sessions that run as they are printed', async () => {
  const steps = sessionOf(DOCUMENT);
  expect(steps.length).toBeGreaterThan(10);
  await expectSession(steps, await workplace());
});

it('shows lines of cron and of a shell that work', async (context) => {
  needs(context, 'jq', '--version');
  const directory = await workplace();
  mkdirSync(join(directory, 'backups'));
  const cron = blocksOf(DOCUMENT, 'crontab').join('').trimEnd().split('\n');
  const shell = blocksOf(DOCUMENT, 'sh').join('').trimEnd().split('\n');
  expect([cron.length, shell.length]).toEqual([5, 3]);
  const lines = readFileSync(join(ROOT, 'fixtures/earthquakes.jsonl'), 'utf8').split('\n').slice(0, 2);
  writeFileSync(join(directory, 'app.log-20260101'), `${lines.join('\n')}\n`);
  const { head } = JSON.parse((await runLine('completengine inspect --json', directory)).stdout) as { head: string };
  writeFileSync(join(directory, 'last-head'), head);
  for (const line of cron) {
    // minute, hour, day, month and weekday; cron takes an unescaped % for the end of a line
    const [, command = ''] = /^(?:[\d*/,-]+ ){5}(.*)$/.exec(line) ?? [];
    expect(command.replaceAll('\\%', '')).not.toContain('%');
    const result = await runLine(command.replaceAll('\\%', '%').replaceAll(PLACE, directory), directory);
    expect(result, command).toMatchObject({ status: 0, stderr: '', stdout: '' });
  }
  expect(readFileSync(join(directory, 'backups/verified'), 'utf8')).toMatch(/; extends the expected head\n$/);
  const metrics = readFileSync(join(directory, 'metrics.prom'), 'utf8');
  for (const name of DOCUMENT.matchAll(/completengine_[a-z_]+(?= [>=]|\[| > )/g))
    expect(metrics).toContain(`${name[0]}{`);
  expect(metrics).toContain('group="mailer"} 1704');
  for (const command of shell) {
    const [program = ''] = command.split(' ');
    if (program !== 'completengine' && spawnSync(program, ['-V']).error !== undefined) continue;
    // those that look for processes find none
    const { status, stderr } = await runLine(command, directory);
    expect(status, `${command}: ${stderr}`).toBeLessThanOrEqual(program === 'completengine' ? 0 : 1);
  }
});

it('shows a line for rotated logs in which a bad line of one file does not keep the next one waiting', async () => {
  const directory = await workplace();
  const line =
    blocksOf(DOCUMENT, 'crontab')
      .join('')
      .split('\n')
      .find((each) => each.includes('app.log-')) ?? '';
  const command = line.replace(/^(?:[\d*/,-]+ ){5}/, '').replaceAll(PLACE, directory);
  const [one, two] = readFileSync(join(ROOT, 'fixtures/earthquakes.jsonl'), 'utf8').split('\n');
  writeFileSync(join(directory, 'app.log-20260101'), `${one}\nbad\n`);
  writeFileSync(join(directory, 'app.log-20260102'), `${two}\n`);
  const { events } = JSON.parse((await runLine('completengine inspect --json', directory)).stdout) as {
    events: number;
  };
  expect(await runLine(command, directory)).toMatchObject({ status: 0, stderr: '1 line rejected: see rejects\n' });
  const after = JSON.parse((await runLine('completengine inspect --json', directory)).stdout) as { events: number };
  expect(after.events).toBe(events + 2);
  expect(await runLine(command, directory), 'taken before').toMatchObject({ status: 0, stderr: '' });
});

it('shows lines that sign, cosign and verify', async (context) => {
  needs(context, 'openssl', 'version');
  const directory = await workplace();
  const section = /^## Sign and witness\n([\s\S]*?)^## /m.exec(DOCUMENT)?.[1] ?? '';
  const lines = [...section.matchAll(/^ {4}(\S.*?)(?: {2,}# .*)?$/gm)].map(([, line = '']) => line);
  expect(lines).toHaveLength(5);
  const pair = (name: string): string => (lines[0] as string).replaceAll('log.', `${name}.`);
  expect(await runLine(pair('witness'), directory)).toMatchObject({ status: 0 });
  const feed = 'feed() { head -n 3 fixtures/earthquakes.jsonl; }';
  for (const line of lines) {
    const command = line.replace(/^(?:[\d*/,-]+ ){5}/, '');
    const { status, stderr } = await runLine(`${feed}; ${command}`, directory);
    expect(status, `${command}: ${stderr}`).toBe(0);
  }
  // one by emit, one by cron; the witness has both
  const { stdout } = await runLine(lines.at(-1) as string, directory);
  expect(stdout).toMatch(/^OK: 1,710 events .* extends 2 signed checkpoints/);
  const [, replace = ''] = /`(inspect --sign old\.pem --next-key .*?)`/.exec(section) ?? [];
  expect(await runLine(`mv log.pem old.pem; ${pair('new')}; completengine ${replace}`, directory)).toMatchObject({
    status: 0,
  });
  expect(await runLine('completengine inspect --sign new.pem --checkpoint checkpoints', directory)).toMatchObject({
    status: 0,
  });
  const all = await runLine('completengine inspect --verify --checkpoint checkpoints --public-key log.pub', directory);
  expect(all.stdout).toContain('extends 4 signed checkpoints');
});

it('shows a unit whose service delivers, and ends on SIGTERM with the code that it calls a success', async () => {
  const directory = await workplace();
  const [unit = ''] = blocksOf(DOCUMENT, 'ini');
  const start = /^ExecStart=completengine (.*)$/m.exec(unit)?.[1] as string;
  const success = Number(/^SuccessExitStatus=(\d+)$/m.exec(unit)?.[1]);
  const delivered = join(directory, 'delivered');
  writeFileSync(join(directory, 'mail.sh'), `#!/bin/sh\ncat > '${delivered}'\n`, { mode: 0o755 });
  const service = spawn(process.execPath, [BIN, ...start.split(' ')], { cwd: directory });
  killAfterTest(service);
  const result = finished(service);
  await until(() => existsSync(delivered));
  service.kill('SIGTERM');
  expect(await result).toMatchObject({ code: success, signal: null });
  expectUnit(unit.replace('ExecStart=completengine', 'ExecStart=/bin/echo'), directory);
});

it('shows a unit that emits the journal, once each time it is started', async () => {
  const directory = tempDir();
  const [, unit = ''] = blocksOf(DOCUMENT, 'ini');
  const command = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1] as string;
  const init = /`(init --time __REALTIME_TIMESTAMP .*?)`/.exec(DOCUMENT)?.[1] as string;
  expect(await runLine(`completengine ${init}`, directory)).toMatchObject({ status: 0 });
  const journal = join(ROOT, 'fixtures/samples', 'journald.jsonl');
  const expected = readFileSync(journal, 'utf8');
  for (let start = 0; start < 2; start++) {
    // the journal as it is at the start of the service: -f does not end
    const run = await runLine(`journalctl() { cat '${journal}'; }; ${command}`, directory);
    expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect((await runLine('completengine replay -q', directory)).stdout).toBe(expected);
  }
  expectUnit(unit, directory);
});

/** systemd has nothing to say about the unit. */
function expectUnit(unit: string, directory: string): void {
  const program = spawnSync('systemd-analyze', ['--version']);
  if (program.error !== undefined) return;
  const file = join(directory, 'events.service');
  writeFileSync(file, unit.replace(PLACE, directory));
  const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  expect(stderr.split('\n').filter((line) => line.includes('events.service'))).toEqual([]);
}
