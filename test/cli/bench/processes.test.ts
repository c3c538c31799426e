import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { run, runScript, startCompanion } from '../../../src/cli/bench/processes.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const never = () => new AbortController().signal;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // a zombie, dead but not yet reaped by its parent, can still be signalled
    return !(process.platform === 'linux' && /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  await until(() => !isAlive(pid));
}

it('passes arguments unchanged, whatever they contain', async () => {
  const strange = ['a b', '$HOME', '`id`', '"quoted"', "it's", '-n', ''];
  const { stdout, wallMs } = await runScript('for one in "$@"; do printf "%s\\n" "$one"; done', strange, never());
  expect(stdout).toBe(strange.map((one) => `${one}\n`).join(''));
  expect(wallMs).toBeGreaterThan(0);
});

it('counts the time of the slowest part of a pipeline', async () => {
  const { wallMs } = await runScript('sleep 0.1 | true', [], never());
  expect(wallMs).toBeGreaterThan(95);
});

it('reports the first line of a process that fails', async () => {
  await expect(runScript('echo "error: no room" >&2; echo more >&2; exit 74', [], never())).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: 'a measured process failed: it ended with 74, and printed "no room"',
  });
  await expect(run('/nowhere/program', [], never())).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: expect.stringContaining('cannot be started'),
  });
});

it('kills the whole pipeline at the signal, and starts none after it', async () => {
  const file = join(tempDir(), 'pids');
  const controller = new AbortController();
  const running = runScript(
    'sh -c \'echo $$ >> "$0"; exec sleep 60\' "$1" | sh -c \'echo $$ >> "$0"; exec sleep 60\' "$1"',
    [file],
    controller.signal,
  );
  const pids = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []);
  await until(() => pids().length === 2);
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
  for (const pid of pids()) await gone(pid);
  await expect(run(process.execPath, ['-e', '0'], controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
});

it('a background process runs until it is ended', async () => {
  const companion = startCompanion('sh', ['-c', 'echo $$; exec sleep 60'], never());
  const [pid] = (await createInterface({ input: companion.stdout })[Symbol.asyncIterator]().next()).value
    .split(' ')
    .map(Number);
  expect(isAlive(pid)).toBe(true);
  companion.end();
  await gone(pid);
});

it('notices at once that a background process has ended', async () => {
  const companion = startCompanion('sh', ['-c', 'echo last; exit 3'], never());
  let delivered = '';
  for await (const piece of companion.stdout) delivered += piece;
  expect(delivered).toBe('last\n');
  companion.end();
});
