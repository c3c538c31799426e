/** What a command says when one of its calls has failed must be what is stored. */

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EXIT_CODES } from '../../../src/cli/app/exit-codes.ts';
import { memoryDirectory } from '../../support/memory-file-system.ts';
import { LEDGER, withLedger } from '../power-cut/laws.ts';
import type { Attempt } from '../power-cut/recorder.ts';

/** Of failing disks and files. 66: an input that cannot be opened; 69: a key that cannot be read. */
const CODES: readonly (number | null)[] = [
  EXIT_CODES.IO_FAILED,
  EXIT_CODES.CANNOT_CREATE,
  EXIT_CODES.PERMISSION_DENIED,
  EXIT_CODES.NO_INPUT,
  EXIT_CODES.INPUT_UNREADABLE,
  EXIT_CODES.CANNOT_LOAD,
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const UNKNOWN = /outcome .* unknown|may be stored or not|then see whether it is there/;

/** What is stored as the next process would find it. */
export interface Stored {
  /** Last sequence and routing epoch; 0 without a ledger. */
  readonly sequence: number;
  readonly epoch: number;
}

/** Reads a copy: opening the files themselves could change them. */
export async function storedIn(directory: string): Promise<Stored> {
  if (!existsSync(join(directory, LEDGER))) return { sequence: 0, epoch: 0 };
  const copy = mkdtempSync(join(memoryDirectory() ?? tmpdir(), 'completengine-test-stored-'));
  try {
    for (const end of ['', '-wal'])
      if (existsSync(join(directory, LEDGER + end))) cpSync(join(directory, LEDGER + end), join(copy, LEDGER + end));
    return await withLedger(join(copy, LEDGER), 'read', async (engine) => ({
      sequence: (await engine.head()).sequence,
      epoch: (await engine.partitioning.inForce()).epoch.epoch,
    }));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** How an attempt has ended: `unknown` if it says that the outcome is. */
export type End = 'done' | 'failed' | 'unknown';

export interface Said {
  readonly args: readonly string[];
  /** The exit code of success. */
  readonly code: number;
  readonly attempt: Attempt;
  readonly before: Stored;
  readonly after: Stored;
  /** File of the call that failed. */
  readonly path: string;
  readonly directory: string;
}

/** Checks the exit code and the words of an attempt against what is stored. */
export function expectTrue({ args, code, attempt, before, after, path, directory }: Said): End {
  const { stderr } = attempt;
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toMatch(CONTROL);
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  const isUnknown = UNKNOWN.test(stderr);
  if (isUnknown && args[0] === 'emit')
    expect(path, `unknown by a failure elsewhere: ${stderr}`).toMatch(/\.codex(-wal)?$/);
  // 65 is also the code of an input that cannot be read
  const isDone = attempt.code === code && errors.length === 0;
  if (!isDone) {
    expect(CODES, `exit ${attempt.code}: ${stderr}`).toContain(attempt.code);
    expect(errors, `exit ${attempt.code}: ${stderr}`).toHaveLength(1);
  }
  const end = isUnknown ? 'unknown' : endBy(isDone);
  const [verb] = args;
  if (verb === 'emit') expectCommitted(stderr, before, after, end);
  if (verb === 'partition') {
    if (end === 'failed') expect(after.epoch, `it failed, and is stored: ${stderr}`).toBe(before.epoch);
    if (end === 'done') expect(after.epoch, 'it is done, and not stored').toBe(before.epoch + 1);
  }
  if (verb === 'backup' && end === 'failed')
    expect(existsSync(join(directory, args.at(-1) as string)), `it failed, and is there: ${stderr}`).toBe(false);
  return end;
}

function endBy(isDone: boolean): End {
  return isDone ? 'done' : 'failed';
}

/** The summary of an emission has all events that are stored; if the outcome of the last commit is unknown there may be more. */
function expectCommitted(stderr: string, before: Stored, after: Stored, end: End): void {
  const [, digits] = /^(?:warning: )?([\d,]+) events? committed/m.exec(stderr) ?? [];
  const isNothing = digits === undefined;
  const said = isNothing ? 0 : Number(digits.replaceAll(',', ''));
  const stored = after.sequence - before.sequence;
  if (end === 'unknown') expect(stored, stderr).toBeGreaterThanOrEqual(said);
  else expect(stored, `events stored; said: ${stderr}`).toBe(said);
}
