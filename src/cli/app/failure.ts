/** Prints failures: one line with the fact, one with the next step, and an exit code. All text is escaped for the terminal. */

import { stripVTControlCharacters } from 'node:util';
import { LedgerError, type LedgerErrorCode, outputFailure } from '../../index.ts';
import { type ErrorDocument, errorDocument } from '../../views/error-document.ts';
import { forbidsStream } from '../state/taken-files.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { EXIT_BUG, EXIT_CODES, EXIT_USAGE } from './exit-codes.ts';
import { hintText } from './hints.ts';
import { inFlags } from './option-flags.ts';
import { UsageError } from './usage-error.ts';

/** An oclif error carries its exit code. */
type Failure = Error & { readonly oclif?: { readonly exit?: number } };

/** Errors of standard output that were printed when they occurred. */
const printed = new WeakSet<object>();

/** Reports at once that standard output fails, because not every writer waits for the result of a write. */
export function printOutputFailure(error: NodeJS.ErrnoException): void {
  printFailure(outputFailure(error));
  printed.add(error);
}

/**
 * Prints to standard error and sets the exit code; a request to exit with 0 is not a failure. Where standard error is part of a ledger, it prints to
 * standard output, unless a document there has said it.
 */
export function printFailure(error: unknown, isDocumented = false): void {
  const failure: Failure = error instanceof Error ? error : new Error(String(error));
  if (failure.oclif?.exit === 0) return;
  process.exitCode = exitCodeOf(failure, process.exitCode);
  if (typeof failure.cause === 'object' && failure.cause !== null && printed.has(failure.cause)) return;
  const stream = forbidsStream(error, process.stderr.fd) ? process.stdout : process.stderr;
  if (stream === process.stdout && (isDocumented || forbidsStream(error, process.stdout.fd))) return;
  for (const line of linesOf(failure)) stream.write(`${line}\n`);
}

/** Returns the failure as a JSON document. */
export function failureDocument(error: unknown): ErrorDocument {
  const hint = error instanceof UsageError ? { hint: error.hint } : {};
  const document = errorDocument(error, { code: isUsage(error as Failure) ? 'USAGE' : 'INTERNAL', ...hint });
  const { message, hint: next } = document.error;
  return {
    error: {
      ...document.error,
      message: inFlags(message),
      ...(next === undefined ? {} : { hint: hintText(next, codeOf(error), pathOf(error)) }),
    },
  };
}

/** A signal that aborted a wait has already set its own code. */
function exitCodeOf(failure: Failure, current: typeof process.exitCode): number {
  if (failure instanceof LedgerError)
    return failure.code === 'ABORTED' && current !== undefined ? Number(current) : EXIT_CODES[failure.code];
  return isUsage(failure) ? EXIT_USAGE : EXIT_BUG;
}

function isUsage(failure: Failure): boolean {
  return failure instanceof UsageError || failure.oclif?.exit !== undefined;
}

function linesOf(failure: Failure): string[] {
  if (failure instanceof LedgerError || failure instanceof UsageError) {
    const lines = [`error: ${oneLine(inFlags(failure.message))}`];
    if (failure.hint !== undefined)
      lines.push(`  try: ${oneLine(hintText(failure.hint, codeOf(failure), pathOf(failure)))}`);
    return lines;
  }
  if (!isUsage(failure)) return bugLines(failure);
  // an error of oclif that is not about arguments: it may span lines and be coloured
  return [
    `error: ${oneLine(stripVTControlCharacters(failure.message).replace(/\s*\n\s*/g, '; '))}`,
    '  try: completengine --help',
  ];
}

function codeOf(error: unknown): LedgerErrorCode | undefined {
  return error instanceof LedgerError ? error.code : undefined;
}

function pathOf(error: unknown): unknown {
  return error instanceof LedgerError ? error.details['path'] : undefined;
}

/** The stack on one line, for a bug report. */
function bugLines(failure: Failure): string[] {
  const stack = (failure.stack ?? failure.message).replace(/\n\s*/g, ' ');
  return [
    `error: this is a bug in completengine: ${oneLine(stack)}`,
    '  try: report it with the line above and the output of completengine --version',
  ];
}

const LINE_CHARACTERS_MAX = 1000;

/** Escapes and truncates: messages contain paths and arguments, which may hold any character. */
function oneLine(text: string): string {
  const line = escapeForTerminal(text);
  return line.length <= LINE_CHARACTERS_MAX ? line : `${line.slice(0, LINE_CHARACTERS_MAX)}…`;
}
