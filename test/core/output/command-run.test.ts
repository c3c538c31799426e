import { getEventListeners } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeExit, runCommand } from '../../../src/core/output/command-run.ts';
import { runProgram } from '../../support/fault-tools.ts';
import { hasGroup } from '../../support/process-group.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const SOURCE = fileURLToPath(new URL('../../../src/core/output/command-run.ts', import.meta.url));
/** More than a pipe holds. */
const MUCH = [Buffer.alloc(3_000_000, 'a'), Buffer.alloc(2_000_000, 'b')];

/** Runs a command that says its process group first, and gathers what it says to standard error. */
function runApart(command: string, ...endedBy: AbortSignal[]) {
  const delivered: Buffer[] = [];
  const group = join(tempDir(), 'group');
  const run = runCommand(`echo $$ > "$GROUP"; ${command}`, [], {
    environment: { ...process.env, GROUP: group },
    onStderr: (bytes) => void delivered.push(bytes),
    endedBy,
  });
  return { run, said: () => Buffer.concat(delivered).toString(), leader: () => Number(readFileSync(group, 'utf8')) };
}

describe('the input', () => {
  test('arrives whole, though the command begins to read late', async () => {
    const out = join(tempDir(), 'out');
    expect(
      await runCommand('sleep 0.05; tr -d a | wc -c > "$OUT"', MUCH, { environment: { ...process.env, OUT: out } }),
    ).toEqual({ code: 0, signal: null });
    expect(Number(readFileSync(out, 'utf8'))).toBe(2_000_000);
  });

  test.each([
    ['true', 0],
    ['head -c 1 > /dev/null', 0],
    ['exec <&-; sleep 0.1', 0],
    ['exit 3', 3],
  ])('may be left unread: %s', async (command, code) => {
    expect(await runCommand(command, MUCH)).toEqual({ code, signal: null });
  });
});

test('what the input throws is thrown when the command has ended, and has been given what came before', async () => {
  const out = join(tempDir(), 'out');
  function* input(): Generator<Buffer> {
    yield Buffer.from('one\n');
    throw new Error('broken');
  }
  await expect(
    runCommand('cat > "$OUT"; sleep 0.1; echo ended >> "$OUT"', input(), { environment: { ...process.env, OUT: out } }),
  ).rejects.toThrow('broken');
  expect(readFileSync(out, 'utf8')).toBe('one\nended\n');
});

test('the input is asked for as it is read, and no further when it is closed', async () => {
  let asked = 0;
  function* input(): Generator<Buffer> {
    for (;;) {
      asked++;
      yield Buffer.alloc(100_000);
    }
  }
  expect(await runCommand('head -c 1000000 > /dev/null', input())).toEqual({ code: 0, signal: null });
  expect(asked).toBeGreaterThanOrEqual(10);
  expect(asked).toBeLessThan(30);
});

describe('the end', () => {
  test('of a command that is killed is reported by its signal', async () => {
    const exit = await runCommand('kill -9 $$', MUCH);
    expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(describeExit(exit)).toBe('signal SIGKILL');
    expect(describeExit(await runCommand('exec 2> /dev/null; sh -c "kill -9 \\$\\$"; exit $?', []))).toBe(
      'exit code 137',
    );
  });

  test('does not wait for a daemon that it left running, whose output is still forwarded', async () => {
    const goOn = join(tempDir(), 'go-on');
    const { run, said, leader } = runApart(
      `(until test -e '${goOn}'; do sleep 0.02; done; echo later >&2; sleep 54325) & echo now >&2`,
    );
    onTestFinished(() => void process.kill(-leader(), 'SIGKILL'));
    expect(await run).toEqual({ code: 0, signal: null });
    expect(said()).toBe('now\n');
    writeFileSync(goOn, '');
    await until(() => said() !== 'now\n');
    expect(said()).toBe('now\nlater\n');
  });

  test('comes after all of its output', async () => {
    const { run, said } = runApart('head -c 1000000 /dev/zero | tr "\\0" x >&2');
    await run;
    expect(said().length).toBe(1_000_000);
  });
});

describe('a command that is ended', () => {
  afterEach(() => vi.useRealTimers());

  /** Stops the clock: no machine is too slow to end a command within its grace. */
  const stopClock = (): void => void vi.useFakeTimers({ toFake: ['performance'] });

  test('may tidy up', async () => {
    stopClock();
    const controller = new AbortController();
    const { run, said } = runApart(
      // the child says it: a SIGTERM between its fork and its exec would only be noted by the trap that it still has
      "trap 'echo tidied >&2; exit 5' TERM; sh -c 'echo begun >&2; exec sleep 54329' & wait",
      controller.signal,
    );
    await until(() => said() !== '');
    controller.abort();
    expect(await run).toEqual({ code: 5, signal: null });
    expect(said()).toBe('begun\ntidied\n');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('is killed with all it has started where it does not listen', async () => {
    const controller = new AbortController();
    const { run, said, leader } = runApart(
      "trap '' TERM; echo begun >&2; sleep 54326 | sleep 54326",
      controller.signal,
    );
    await until(() => said() !== '');
    controller.abort();
    expect(await run).toEqual({ code: null, signal: 'SIGKILL' });
    await until(() => !hasGroup(leader()));
  });

  test('is not left to itself, though its shell has gone before it', async () => {
    const controller = new AbortController();
    const { run, said, leader } = runApart("(trap '' TERM; echo begun >&2; sleep 54327) & wait", controller.signal);
    await until(() => said() !== '');
    stopClock();
    controller.abort();
    await until(() => !existsSync(`/proc/${leader()}`));
    vi.useRealTimers();
    expect(await run).toEqual({ code: null, signal: 'SIGTERM' });
    await until(() => !hasGroup(leader()));
  });

  test('ends by any of its signals, one that has come before it too', async () => {
    stopClock();
    const exit = await runCommand('sleep 54328', [], { endedBy: [new AbortController().signal, AbortSignal.abort()] });
    expect(exit).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('a command that cannot be started is an error', () => {
  test.each([
    ['too long', 'E2BIG', `true ${' '.repeat(200_000)}`, {}],
    ['with too large an environment', 'E2BIG', 'true', { BIG: 'x'.repeat(200_000) }],
    ['with a zero byte', 'ERR_INVALID_ARG_VALUE', 'true \0', {}],
  ])('%s', async (_, code, command, environment) => {
    await expect(runCommand(command, MUCH, { environment })).rejects.toMatchObject({ name: 'Error', cause: { code } });
  });

  test('where no file can be opened', async () => {
    const script = `
      import { openSync } from 'node:fs';
      const { runCommand } = await import(process.argv[1]);
      try { for (;;) openSync('/dev/null'); } catch {}
      const code = await runCommand('true', [Buffer.from('x')], { onStderr() {} }).catch((error) => error.cause.code);
      process.stdout.write(String(code));`;
    const compiled = SOURCE.replace('/src/', '/dist/modules/').replace(/\.ts$/, '.js');
    const { stdout } = await runProgram('sh', [
      '-c',
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '--eval',
      script,
      compiled,
    ]);
    expect(stdout.toString()).toBe('EMFILE');
  });

  test('a file that may not be run, or is not there, is the shell’s to say', async () => {
    const file = join(tempDir(), 'plain');
    writeFileSync(file, 'true\n', { mode: 0o600 });
    expect(await runApart(`'${file}'`).run).toMatchObject({ code: 126 });
    expect(await runApart(`'${file}-not'`).run).toMatchObject({ code: 127 });
  });
});
