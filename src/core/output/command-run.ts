/**
 * Runs a shell command once: writes its standard input, ends it early on an abort, and returns how it ended. Does not
 * decide whether it succeeded.
 */

import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { LedgerError } from '../model/ledger-error.ts';
import { text as anyText } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import { runGuardian } from './run-guardian.ts';

export interface CommandRun {
  /** Default: the environment of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Receives the command's standard error, chunk by chunk. Default: inherited from this process. */
  readonly onStderr?: (bytes: Buffer) => void;
  /**
   * An abort of any of these ends the command and everything it has started; so does the death of this process. The
   * command then has a process group of its own, which Ctrl-C does not reach. Default: it shares the process group of
   * this process.
   */
  readonly endedBy?: readonly AbortSignal[];
}

/** Exactly one of the two is null. */
export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The command could not be started; the cause is the system's error. */
export class StartFailure extends Error {}

/** Time between SIGTERM and SIGKILL, in milliseconds. */
const GRACE_MS = 500;
const POLL_MS = 10;
/** Wait for the rest of the pipe after the command has ended: a daemon that it left running never closes the pipe. */
const LAST_WORDS_MS = 50;

/** @throws LedgerError INVALID_ARGUMENT if empty: a shell accepts an empty command and would acknowledge every event */
export function checkCommand(command: string): void {
  if (readArgument('a consumer', 'command', command, anyText).trim() === '')
    throw new LedgerError('INVALID_ARGUMENT', {
      message: 'the command is empty',
      hint: "name one, such as 'cat >> events.jsonl'",
    });
}

/**
 * Resolves when the command has ended, even if processes it started still run; after an abort, when those have exited
 * or been killed too. The command need not read its input, which is pulled only as fast as it reads.
 * @throws StartFailure, and the input's own error, once the command has ended
 */
export async function runCommand(
  command: string,
  input: Iterable<Buffer>,
  { environment, onStderr, endedBy }: CommandRun = {},
): Promise<CommandExit> {
  const stdio: StdioOptions = ['pipe', 'inherit', onStderr === undefined ? 'inherit' : 'pipe'];
  if (endedBy !== undefined) runGuardian.prepare();
  const child = start(command, { env: environment, stdio, detached: endedBy !== undefined });
  const unwatch = endedBy === undefined || child.pid === undefined ? () => {} : runGuardian.watch(child.pid);
  const exit = exitOf(child);
  if (onStderr !== undefined) child.stderr?.on('data', onStderr);
  const fed = feed(child, input);
  // awaited after the command has ended; until then a rejection must not count as unhandled
  fed.catch(() => {});
  let ending: Promise<void> | undefined;
  const end = (): void => {
    ending ??= endGroup(child);
  };
  for (const signal of endedBy ?? []) {
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  }
  try {
    const how = await exit;
    await ending;
    await fed;
    return how;
  } finally {
    unwatch();
    for (const signal of endedBy ?? []) signal.removeEventListener('abort', end);
  }
}

/** Some start failures are thrown, such as a command line that is too long; others arrive as an event. */
function start(command: string, options: SpawnOptions): ChildProcess {
  try {
    return spawn('/bin/sh', ['-c', command], options);
  } catch (error) {
    throw new StartFailure((error as Error).message, { cause: error });
  }
}

/** @throws the input's own error; what was written before it has reached the command */
async function feed({ stdin }: ChildProcess, input: Iterable<Buffer>): Promise<void> {
  // a child that could not be started has no streams
  if (stdin === null || stdin === undefined) return;
  // a command that has read enough closes its input; its exit code says whether it is satisfied
  stdin.on('error', () => {});
  try {
    for (const piece of input) {
      await written(stdin, piece);
      if (stdin.destroyed) return;
    }
  } finally {
    stdin.end();
  }
}

/** Resolves when the command can take more, or has closed its input. */
async function written(stdin: Writable, piece: Buffer): Promise<void> {
  if (stdin.destroyed || stdin.write(piece) || stdin.destroyed) return;
  await new Promise<void>((resolve) => {
    const proceed = (): void => {
      stdin.off('drain', proceed);
      stdin.off('close', proceed);
      resolve();
    };
    stdin.on('drain', proceed);
    stdin.on('close', proceed);
  });
}

/** As text: `exit code 7`, `signal SIGKILL`. */
export function describeExit({ code, signal }: CommandExit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function exitOf(child: ChildProcess): Promise<CommandExit> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StartFailure(error.message, { cause: error })));
    child.once('exit', (code, signal) => {
      const finish = (): void => {
        clearTimeout(timer);
        resolve({ code, signal });
      };
      const timer = setTimeout(finish, LAST_WORDS_MS);
      child.once('close', finish);
      // a daemon's output is forwarded as long as this process runs, but does not keep it running
      if (child.stderr instanceof Socket) child.stderr.unref();
    });
  });
}

/** Sends SIGTERM first: a command may have files to remove. */
async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  const until = performance.now() + GRACE_MS;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** Returns false if no process of the group is left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
