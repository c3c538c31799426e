/** Prints failures: one line with the fact, one with the next step, and an exit code. All text is escaped for the terminal. */

import { stripVTControlCharacters } from 'node:util';
import { LedgerError, outputFailure } from '../../index.ts';
import { type ErrorDocument, errorDocument } from '../../views/error-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { EXIT_BUG, EXIT_CODES, EXIT_USAGE } from './exit-codes.ts';

/** An oclif error carries its exit code. */
type Failure = Error & { readonly oclif?: { readonly exit?: number } };

/** Errors of standard output that were printed when they occurred. */
const printed = new WeakSet<object>();

/** Reports at once that standard output fails, because not every writer waits for the result of a write. */
export function printOutputFailure(error: NodeJS.ErrnoException): void {
  printFailure(outputFailure(error));
  printed.add(error);
}

/** Prints to standard error and sets the exit code; a request to exit with 0 is not a failure. `usageHint`: the hint for an invalid command line. */
export function printFailure(error: unknown, usageHint = 'completengine --help'): void {
  const failure: Failure = error instanceof Error ? error : new Error(String(error));
  if (failure.oclif?.exit === 0) return;
  process.exitCode = exitCodeOf(failure, process.exitCode);
  if (typeof failure.cause === 'object' && failure.cause !== null && printed.has(failure.cause)) return;
  for (const line of linesOf(failure, usageHint)) process.stderr.write(`${line}\n`);
}

/** Returns the failure as a JSON document. */
export function failureDocument(error: unknown): ErrorDocument {
  return errorDocument(error, isUsage(error as Failure));
}

/** A signal that aborted a wait has already set its own code. */
function exitCodeOf(failure: Failure, current: typeof process.exitCode): number {
  if (failure instanceof LedgerError)
    return failure.code === 'ABORTED' && current !== undefined ? Number(current) : EXIT_CODES[failure.code];
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
  // oclif messages span lines, are partly coloured, and end with a hint
  const facts = stripVTControlCharacters(failure.message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !BOILERPLATE.test(line))
    .map(inWordsOfFlags);
  const line = facts
    .map((fact, nth) => oneLine(nth === 0 ? fact : fact.replace(LIST_GAP, '$1, ')))
    .reduce((before, fact) => `${before}${before.endsWith(':') ? '' : ';'} ${fact}`, 'error:');
  return [line, `  try: ${oneLine(usageHint)}`];
}

/** oclif names a flag without its hyphens, or with a value that nobody typed. */
function inWordsOfFlags(fact: string): string {
  return fact
    .trim()
    .replace(/^Missing required flag (?!-)(\S+)$/, 'Missing required flag --$1')
    .replace(/^(--[\w-]+)=.* cannot also be provided when using (--[\w-]+)/, '$1 cannot be combined with $2')
    .replace(/^All of the following must be provided when using (--[\w-]+): (--[\w-]+)$/, '$1 needs $2');
}

/** The stack on one line, for a bug report. */
function bugLines(failure: Failure): string[] {
  const stack = (failure.stack ?? failure.message).replace(/\n\s*/g, ' ');
  return [
    `error: this is a bug in completengine: ${oneLine(stack)}`,
    '  try: report it with the line above and the output of completengine --version',
  ];
}

const BOILERPLATE = /^(See more help|The following errors? occurred:)/;
/** Gap between a name and its description in a list of names. */
const LIST_GAP = /^(\S+) {2,}/;
const LINE_CHARACTERS_MAX = 1000;

/** Escapes and truncates: messages contain paths and arguments, which may hold any character. */
function oneLine(text: string): string {
  const line = escapeForTerminal(text);
  return line.length <= LINE_CHARACTERS_MAX ? line : `${line.slice(0, LINE_CHARACTERS_MAX)}…`;
}
