/** Creates and fills ledgers through the command line, parses its output, and checks the form of its failures. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type CliResult, EARTHQUAKES, type RunOptions, runCli } from './cli.ts';
import { checkDocument } from './documents.ts';
import { copyOfFresh } from './fresh-ledgers.ts';
import { tempDir } from './temp-dir.ts';
import { compressionArgs } from './test-size.ts';

/** Returns the path of a new ledger in a new directory, as `init` makes it with these arguments. */
export function newLedger(...initArgs: string[]): Promise<string> {
  return copyOfFresh(['empty', ...initArgs], (ledger) => initialized(ledger, initArgs));
}

async function initialized(ledger: string, initArgs: readonly string[]): Promise<void> {
  await succeed(['init', '-l', ledger, ...compressionArgs(initArgs)]);
}

/** Arguments of `init`, for tests that are about what is stored, and in how many bytes. */
export const PLAIN = ['--compression', 'none'] as const;

/** A ledger with a week of earthquakes, by network and with their own times. */
export function earthquakeLedger(...initArgs: string[]): Promise<string> {
  return copyOfFresh(['earthquakes', ...initArgs], async (ledger) => {
    await initialized(ledger, ['--routing', 'hash:properties.net', '--time', 'properties.time', ...initArgs]);
    await succeed(['emit', '-q', '-l', ledger, EARTHQUAKES]);
  });
}

/** Runs a command that must succeed. */
export async function succeed(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  const result = await runCli(args, options);
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code: 0, signal: null });
  expect(result.stderr).not.toContain('error:');
  return result;
}

/** The output of a replay of the whole ledger. */
export async function replayed(ledger: string, ...args: string[]): Promise<string> {
  return (await succeed(['replay', '-q', '-l', ledger, ...args])).stdout.toString('utf8');
}

/** One line of the file of `--rejects`. */
export interface Reject {
  readonly source: string;
  readonly line: number;
  readonly byte: number;
  readonly reason: string;
  readonly text?: string;
  readonly base64?: string;
}

/** Emits an input with bad lines, and returns the rejects. */
export async function emitWithRejects(
  ledger: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Reject[]> {
  const rejects = join(tempDir(), 'rejects.jsonl');
  const result = await runCli(['emit', '-l', ledger, '--rejects', rejects, ...args], options);
  expect(result.stderr).not.toContain('error:');
  expect(result.code).toBe(65);
  const lines = readFileSync(rejects, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) checkDocument('reject', line);
  return lines.map((line) => JSON.parse(line) as Reject);
}

/** Writes a file and returns its path. */
export function fileIn(directory: string, name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Parses JSON lines. */
export function parseLines<T = Record<string, unknown>>(bytes: Buffer | string): T[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** One event as `-o envelope` prints it. */
export interface Envelope {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  readonly time: string;
  readonly key: string | null;
  readonly payload: unknown;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** Expects one line with the fact and one with the hint, printed once, without a stack or control characters. */
export function expectFailure(result: CliResult, code: number, fact: RegExp | string): void {
  // check code and signal first: a process that was killed prints nothing
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code, signal: null });
  const lines = result.stderr.split('\n');
  expect(lines[0]).toMatch(/^error: /);
  expect(lines[0]).toMatch(fact);
  expect(lines[1]).toMatch(/^ {2}try: \S/);
  expect(lines.filter((line) => line.startsWith('error:'))).toHaveLength(1);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.stderr).not.toMatch(CONTROL);
}

/** Events that are one number each, both ends included. */
export function numbers(from: number, through: number): string {
  return Array.from({ length: through - from + 1 }, (_, at) => `${from + at}\n`).join('');
}
