/** Runs the built command line: in a resident process if only its output matters, else as users do, in a separate process with pipes. */

import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CliResult } from './cli-result.ts';
import { checkDocuments } from './documents.ts';
import { type AppendTo, ResidentCli } from './resident-cli.ts';

export type { CliResult } from './cli-result.ts';

export const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
export const EARTHQUAKES = fileURLToPath(new URL('../../fixtures/earthquakes.jsonl', import.meta.url));

/** Starts a command; its streams are pipes. */
export function startCli(
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {},
): ChildProcessWithoutNullStreams {
  return startProgram(BIN, args, options);
}

/** As {@link startCli}, of the version of the program whose `bin/run.js` this is. */
export function startProgram(
  bin: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [bin, ...args], options);
}

/** Resolves when a started command has ended and its pipes are empty. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
  // a child may end before it has read all of its input
  child.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }),
    );
  });
}

export interface RunOptions extends SpawnOptionsWithoutStdio {
  readonly input?: string | Uint8Array;
}

/** One resident process for all files of a worker: without isolation they share this module. */
let resident: ResidentCli | undefined;

/**
 * Runs a command to its end with all of its input at once. It gets a separate process if needed: for an own environment, user or time limit, and
 * while another command runs. JSON that it prints must be as its schema says. For tests of processes (pipes, signals, start-up, memory) see {@link spawnCli}.
 */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  const result = await run(args, options);
  checkDocuments(args, result);
  return result;
}

function run(args: readonly string[], options: RunOptions): Promise<CliResult> {
  const { input, cwd, ...ofProcess } = options;
  if (resident?.isBusy || Object.keys(ofProcess).length > 0) return spawnCli(args, options);
  resident ??= new ResidentCli({ runsHundreds: true });
  return resident.run(args, { input, cwd: cwd instanceof URL ? fileURLToPath(cwd) : cwd });
}

/** As {@link runCli}, with the output appended to files: what a shell does for `>> FILE` and `2>> FILE`. No other command may run. */
export function runCliInto(
  appendTo: AppendTo,
  args: readonly string[],
  options: { readonly cwd: string },
): Promise<CliResult> {
  resident ??= new ResidentCli({ runsHundreds: true });
  return resident.run(args, { ...options, appendTo });
}

/** As {@link runCli}, always in a separate process. */
export function spawnCli(args: readonly string[], { input, ...options }: RunOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  const result = finished(child);
  child.stdin.end(input ?? '');
  return result;
}
