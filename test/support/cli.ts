/** Runs the built command line as users do: a process, pipes, an exit code. */

import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
export const EARTHQUAKES = fileURLToPath(new URL('../../fixtures/earthquakes.jsonl', import.meta.url));

export interface CliResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts a command; its streams are pipes. */
export function startCli(args: readonly string[], options: SpawnOptionsWithoutStdio = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [BIN, ...args], options);
}

/** Resolves when a started command has ended and its pipes are empty. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
  // a child that ends before it has read all of its input is no failure of the test
  child.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }));
  });
}

export interface RunOptions extends SpawnOptionsWithoutStdio {
  readonly input?: string | Uint8Array;
}

/** Runs a command to its end with all of its input at once. */
export function runCli(args: readonly string[], { input, ...options }: RunOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  const result = finished(child);
  child.stdin.end(input ?? '');
  return result;
}
