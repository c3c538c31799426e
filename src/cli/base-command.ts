/** What all commands share: the ledger flags, how errors are shown, and the exit codes. Nothing else belongs here. */

import { Command, Flags } from '@oclif/core';
import { LedgerError } from '../index.ts';
import { escapeForTerminal } from './escape.ts';
import { EXIT_BUG, EXIT_CODES, EXIT_USAGE } from './exit-codes.ts';

export abstract class BaseCommand extends Command {
  static override baseFlags = {
    ledger: Flags.string({
      char: 'l',
      description: 'path of the ledger',
      default: './events.codex',
      env: 'COMPLETENGINE_LEDGER',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    'busy-timeout': Flags.string({
      description: 'how long to wait for other processes, such as 5s',
      default: '5s',
      helpGroup: 'GLOBAL',
      helpValue: 'DURATION',
    }),
  };

  /** One line with the fact, one with what to do; as a document too where the command was asked for one. */
  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<void> {
    if (error.oclif?.exit === 0) throw error;
    process.exitCode = exitCodeOf(error);
    if (this.jsonEnabled()) this.logJson({ error: this.toErrorJson(error) });
    if (!(error instanceof LedgerError)) {
      const isUsage = error.oclif?.exit !== undefined;
      const text = isUsage ? firstLines(error.message) : (error.stack ?? error.message);
      this.logToStderr(`error: ${isUsage ? text : `this is a bug of completengine: ${text}`}`);
      return;
    }
    this.logToStderr(`error: ${oneLine(error.message)}`);
    if (error.hint !== undefined) this.logToStderr(`  try: ${oneLine(error.hint)}`);
  }

  protected override toErrorJson(error: unknown): unknown {
    if (!(error instanceof LedgerError)) return { code: 'USAGE', message: (error as Error).message };
    const { code, message, hint, details } = error;
    return { code, message, hint, details };
  }
}

function exitCodeOf(error: Error & { oclif?: { exit?: number } }): number {
  if (error instanceof LedgerError) return EXIT_CODES[error.code];
  return error.oclif?.exit === undefined ? EXIT_BUG : EXIT_USAGE;
}

/** oclif lays out its messages over lines; control characters of a wrong argument are still somebody else's. */
function firstLines(message: string): string {
  return message
    .split('\n')
    .map((line) => oneLine(line))
    .join('\n');
}

const LINE_CHARACTERS_MAX = 1000;

/** Messages name paths and arguments, and those may be anything. */
function oneLine(text: string): string {
  const line = escapeForTerminal(text);
  return line.length <= LINE_CHARACTERS_MAX ? line : `${line.slice(0, LINE_CHARACTERS_MAX)}…`;
}
