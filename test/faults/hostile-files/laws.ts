/** What must hold whatever the files hold. Each law returns what is wrong; nothing if it holds. */

import { EXIT_BUG, EXIT_CODES } from '../../../src/cli/app/exit-codes.ts';
import type { CliResult } from '../../support/cli-result.ts';
import { checkDocuments } from '../../support/documents.ts';
import type { Command } from './commands.ts';
import type { Crash, Probe } from './prober.ts';

/** A sound history: of the original, or of another one whose files were put in place. */
export interface History {
  readonly events: readonly string[];
  /** Its output of `replay -o envelope`. */
  readonly output: string;
}

const REFUSALS = new Set<number>([...Object.values(EXIT_CODES), 5, 8]);
const ABSENT = new Set(['ARCHIVE_MISSING', 'HISTORY_DROPPED']);
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

export function isCrash(probe: Probe | Crash): probe is Crash {
  return 'hang' in probe || 'stack' in probe;
}

/** Strict replay gives the history up to some event, and a failure if not all of it; and what verification passes is replayed whole. */
export function faultOfProbe(probe: Probe | Crash, histories: readonly History[], isForged: boolean): string | null {
  if ('hang' in probe) return 'hang of the library';
  if ('stack' in probe) return `crash of the library: ${probe.stack}`;
  const { events, failure, verified } = probe;
  for (const each of [failure, verified])
    if (each !== null && 'code' in each && EXIT_CODES[each.code] === EXIT_BUG) return `bug: ${each.message}`;
  if (verified !== null && 'events' in verified) {
    // verification is of what is at hand
    if (failure !== null && ABSENT.has(failure.code)) return null;
    if (failure !== null) return `verified, and replay fails: ${failure.message}`;
    if (verified.events !== events.length) return `${verified.events} events verified, and ${events.length} replayed`;
  }
  if (isForged) return null;
  const isPrefix = histories.some((history) => events.every((event, at) => event === history.events[at]));
  return isPrefix ? null : 'wrong event';
}

/** An exit code of the table that is no bug, one fact and one hint, and no character that a terminal obeys. */
export function faultOfRun({ args, isRaw }: Command, result: CliResult, isForged: boolean): string | null {
  const { code, signal, stdout, stderr } = result;
  if (code === null) return signal === 'SIGKILL' ? 'hang' : `crash: ${signal}\n${stderr}`;
  if (code !== 0 && (!REFUSALS.has(code) || code === EXIT_BUG)) return `exit code ${code}: ${stderr}`;
  if (/^\s+at /m.test(stderr)) return `stack: ${stderr}`;
  const control =
    CONTROL.exec(stderr.replaceAll('\n', '')) ??
    (isRaw ? null : CONTROL.exec(stdout.toString().replaceAll(/[\n\t]/g, '')));
  if (control !== null) return `control character ${JSON.stringify(control[0])}: ${stderr}`;
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  const isSaid = errors.length === 1 || (code !== 74 && isSaidOtherwise(code, args, stdout));
  if (code !== 0 && !isSaid) return `${errors.length} errors with exit code ${code}: ${stderr}`;
  if (code === 0 && errors.length > 0) return `exit code 0 with an error: ${stderr}`;
  // payloads come out as they are, and those of a forged ledger need not be JSON
  if (isForged && isRaw) return null;
  try {
    checkDocuments(args, result);
  } catch (error) {
    return `document: ${(error as Error).message.slice(0, 600)}`;
  }
  return null;
}

/** A document says it, a difference of two ledgers, a line that would be rejected, parked events, or a check that is not met. */
function isSaidOtherwise(code: number, args: readonly string[], stdout: Buffer): boolean {
  return (
    code === 5 ||
    code === 8 ||
    (args[0] === 'diff' && code === 3) ||
    (args[1] === 'explain' && code === 65) ||
    (args.includes('--json') && stdout.includes('"error"'))
  );
}

/** Verified output is a part of a history from its beginning; with exit code 0 in whole lines. */
export function faultOfHistory({ code, stdout }: CliResult, histories: readonly History[]): string | null {
  const printed = stdout.toString();
  if (!histories.some(({ output }) => output.startsWith(printed))) return 'wrong event printed';
  return code === 0 && printed !== '' && !printed.endsWith('\n') ? 'half a line with exit code 0' : null;
}

/** A command that failed leaves the history readable as before; one that did not keeps what there was, unless it was asked to drop it. */
export function faultOfWrite(before: Probe, after: Probe | Crash, code: number | null): string | null {
  if (isCrash(after)) return faultOfProbe(after, [], true);
  const isKept = before.events.every((event, at) => event === after.events[at]);
  if (!isKept) return 'events changed';
  if (code === 0) return null;
  if (after.events.length !== before.events.length) return 'more events after a failure';
  if (after.failure?.code !== before.failure?.code) return `readable before, and now ${after.failure?.message}`;
  return null;
}
