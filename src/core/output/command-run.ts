/** One run of a shell's command: what it gets on standard input, how it is ended before its time, and how it ended. Judges nothing. */

import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { LedgerError } from '../model/ledger-error.ts';
import { text as anyText } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import { runGuardian } from './run-guardian.ts';

export interface CommandRun {
  /** Default: ours. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Gets what the command says to standard error, as it comes. Default: it goes where ours goes. */
  readonly onStderr?: (bytes: Buffer) => void;
  /** An abort of any of these ends the command with all it has started, which has a process group for that, out of reach of Ctrl-C; so does the death of this process. Default: it shares ours. */
  readonly endedBy?: readonly AbortSignal[];
}

/** One of the two is null. */
export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The command could not be started; the cause is the system's error. */
export class StartFailure extends Error {}

/** Between the request to end and the end. */
const GRACE_MS = 500;
const LOOK_EVERY_MS = 10;
/** For what is still in the pipe when the command has ended: one that has left a daemon behind never closes it. */
const LAST_WORDS_MS = 50;

/** @throws LedgerError INVALID_ARGUMENT: a shell is content with no command, and would take every event for it. */
export function checkCommand(command: string): void {
  if (readArgument('a consumer', 'command', command, anyText).trim() === '')
    throw new LedgerError('INVALID_ARGUMENT', {
      message: 'the command is empty',
      hint: "name one: --exec 'cat >> events.jsonl'",
    });
}

/**
 * Resolves when the command has ended, whatever it may have left behind, and, where it was ended, when all of that is gone too, or killed. It need not read its
 * input, which is asked for as it does. @throws StartFailure, and what the input throws, when the command has ended.
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
  // looked at when the command has ended; until then a failure is no unhandled one
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

/** Some failures are thrown, such as a command that is too long; others come as an event. */
function start(command: string, options: SpawnOptions): ChildProcess {
  try {
    return spawn('/bin/sh', ['-c', command], options);
  } catch (error) {
    throw new StartFailure((error as Error).message, { cause: error });
  }
}

/** @throws what the input throws; what the command was given before that has reached it. */
async function feed({ stdin }: ChildProcess, input: Iterable<Buffer>): Promise<void> {
  // a child that could not be had has no streams
  if (stdin === null || stdin === undefined) return;
  // one that has seen enough closes its input, and its exit code says whether that was all it wanted
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

/** Resolves when the command can take more, or takes no more at all. */
async function written(stdin: Writable, piece: Buffer): Promise<void> {
  if (stdin.destroyed || stdin.write(piece) || stdin.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      stdin.off('drain', settle);
      stdin.off('close', settle);
      resolve();
    };
    stdin.on('drain', settle);
    stdin.on('close', settle);
  });
}

/** In words: `exit code 7`, `signal SIGKILL`. */
export function describeExit({ code, signal }: CommandExit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function exitOf(child: ChildProcess): Promise<CommandExit> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StartFailure(error.message, { cause: error })));
    child.once('exit', (code, signal) => {
      const settle = (): void => {
        clearTimeout(timer);
        resolve({ code, signal });
      };
      const timer = setTimeout(settle, LAST_WORDS_MS);
      child.once('close', settle);
      // what a daemon says is passed on while we are here, and does not keep us here
      if (child.stderr instanceof Socket) child.stderr.unref();
    });
  });
}

/** Asks for an end first: a command may have files to remove. */
async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  const until = performance.now() + GRACE_MS;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** False where nobody is left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
