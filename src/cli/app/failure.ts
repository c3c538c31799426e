/** How failures are told: one line with the fact, one with what to do, and an exit code. Nothing of them reaches the terminal raw. */

import { stripVTControlCharacters } from 'node:util';
import { LedgerError, outputFailure } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { EXIT_BUG, EXIT_CODES, EXIT_USAGE } from './exit-codes.ts';

/** oclif's errors carry the exit code they ask for. */
type Failure = Error & { readonly oclif?: { readonly exit?: number } };

/** Errors of standard output that were told when they came. */
const delivered = new WeakSet<object>();

/** Standard output takes no more: told at once, because not every writer waits for an answer. */
export function printOutputFailure(error: NodeJS.ErrnoException): void {
  printFailure(outputFailure(error));
  delivered.add(error);
}

/** Prints to standard error and sets the exit code; a request to exit with 0 is no failure. `usageHint`: what to try where the command line cannot be taken. */
export function printFailure(error: unknown, usageHint = 'completengine --help'): void {
  const failure: Failure = error instanceof Error ? error : new Error(String(error));
  if (failure.oclif?.exit === 0) return;
  process.exitCode = exitCodeOf(failure, process.exitCode);
  if (typeof failure.cause === 'object' && failure.cause !== null && delivered.has(failure.cause)) return;
  for (const line of linesOf(failure, usageHint)) process.stderr.write(`${line}\n`);
}

/** The same as a document. */
export function failureDocument(error: unknown): object {
  if (!(error instanceof LedgerError))
    return { code: isUsage(error as Failure) ? 'USAGE' : 'INTERNAL', message: (error as Error).message };
  const { code, message, hint, details } = error;
  return { code, message, hint, details };
}

/** A signal that ended a wait has set its own code already. */
function exitCodeOf(failure: Failure, settled: typeof process.exitCode): number {
  if (failure instanceof LedgerError)
    return failure.code === 'ABORTED' && settled !== undefined ? Number(settled) : EXIT_CODES[failure.code];
  return isUsage(failure) ? EXIT_USAGE : EXIT_BUG;
}

function isUsage(failure: Failure): boolean {
  return failure.oclif?.exit !== undefined;
}

function linesOf(failure: Failure, usageHint: string): string[] {
  if (failure instanceof LedgerError) {
    const lines = [`error: ${oneLine(failure.message)}`];
    if (failure.hint !== undefined) lines.push(`  try: ${oneLine(failure.hint)}`);
    return lines;
  }
  if (!isUsage(failure)) return bugLines(failure);
  // oclif spreads its messages over lines, colours some, and ends them with a hint of its own
  const facts = stripVTControlCharacters(failure.message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !BOILERPLATE.test(line));
  const line = facts
    .map((fact, nth) => oneLine(nth === 0 ? fact.trim() : fact.trim().replace(LIST_GAP, '$1, ')))
    .reduce((before, fact) => `${before}${before.endsWith(':') ? '' : ';'} ${fact}`, 'error:');
  return [line, `  try: ${oneLine(usageHint)}`];
}

/** The stack on one line: it is what a report needs. */
function bugLines(failure: Failure): string[] {
  const stack = (failure.stack ?? failure.message).replace(/\n\s*/g, ' ');
  return [
    `error: this is a bug in completengine: ${oneLine(stack)}`,
    '  try: report it with the line above and the output of completengine --version',
  ];
}

const BOILERPLATE = /^(See more help|The following errors? occurred:)/;
/** Between a name and what it is for, where names stand below one another. */
const LIST_GAP = /^(\S+) {2,}/;
const LINE_CHARACTERS_MAX = 1000;

/** Messages name paths and arguments, and those may be anything. */
function oneLine(text: string): string {
  const line = escapeForTerminal(text);
  return line.length <= LINE_CHARACTERS_MAX ? line : `${line.slice(0, LINE_CHARACTERS_MAX)}…`;
}
