/** Runs whole processes as a shell does, with pipes, and measures their time. None outlives this process or the signal. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { LedgerError } from '../../index.ts';

/** All paths are absolute. In a removed directory `sh` would write to standard error, where the measured process reports. */
const CWD = tmpdir();

export interface Finished {
  /** From before the start until the exit. */
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script with `sh`, its arguments as `$1`, `$2` and so on: so the pipes are those of a shell.
 * @throws LedgerError ABORTED after the signal, IO_FAILED for an exit code other than 0
 */
export async function runScript(script: string, args: readonly string[], signal: AbortSignal): Promise<Finished> {
  return run('sh', ['-c', script, 'sh', ...args], signal);
}

/** Runs one process without a shell. @throws as {@link runScript} */
export async function run(command: string, args: readonly string[], signal: AbortSignal): Promise<Finished> {
  throwIfAborted(signal);
  const started = performance.now();
  // its own process group: the pipeline is killed as a whole, and only by us
  const child = spawn(command, args, { cwd: CWD, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = () => killGroup(child.pid);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const output = Promise.all([collect(child.stdout), collect(child.stderr)]);
    const [code, wallMs] = await new Promise<[number | null, number]>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (exitCode) => resolve([exitCode, performance.now() - started]));
    });
    const [stdout, stderr] = await output;
    throwIfAborted(signal);
    if (code !== 0) throw processFailed(`it ended with ${code ?? 'a signal'}`, stderr);
    return { wallMs, stdout, stderr };
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('IO_FAILED', {
      message: `${command} cannot be started: ${(error as Error).message}`,
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A background process. */
export interface Companion {
  readonly stdout: Readable;
  end(): void;
}

/** Starts a background process. It also ends if we are killed: its shell kills it when our end of a pipe closes. */
export function startCompanion(command: string, args: readonly string[], signal: AbortSignal): Companion {
  throwIfAborted(signal);
  const script = '"$@" < /dev/null & exec > /dev/null 2>&1; read -r _; kill -9 $!';
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn('sh', ['-c', script, 'sh', command, ...args], {
    cwd: CWD,
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  child.on('error', () => child.stdout.destroy());
  child.stdin.on('error', () => {});
  const end = () => {
    signal.removeEventListener('abort', end);
    killGroup(child.pid);
  };
  signal.addEventListener('abort', end, { once: true });
  return { stdout: child.stdout, end };
}

/** @throws LedgerError ABORTED */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new LedgerError('ABORTED', { message: 'the measurement was stopped', hint: 'run it again' });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has already ended
  }
}

async function collect(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** Builds an error with the first line that the process printed. */
export function processFailed(fact: string, stderr: string, cause?: unknown): LedgerError {
  const [first = ''] = stderr.split('\n');
  return new LedgerError('IO_FAILED', {
    message: `a measured process failed: ${fact}, and printed ${first === '' ? 'nothing' : `"${first.replace(/^error: /, '')}"`}`,
    hint: 'run it again; all temporary files were removed',
    cause,
  });
}
