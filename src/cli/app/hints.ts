/** Completes hints: options become the flags that set them, and commands get the ledger that this command line names. */

import { displayedLocation, type LedgerErrorCode, schemeOf, shellFlag } from '../../index.ts';
import { ledgersNamed, resolvedPath } from '../state/taken-files.ts';
import { defaultLedger } from './default-ledger.ts';
import { inFlags } from './option-flags.ts';

/** Commands on an existing ledger. `init` is not one: where a hint makes a ledger, it says of which name. */
const ON_A_LEDGER = 'archive|backup|compact|emit|group|inspect|partition|replay|tail';
const BELOW =
  '(?:(?<=group) (?:delete|parked|reset|show|skip)\\b|(?<=partition) (?:add|explain|place|reroute)\\b)?(?![\\w-])';
/** A quoted word, which may hold anything, is passed over. */
const COMMAND = new RegExp(`(?<=^|[\\s=])\\$?'(?:[^'\\\\]|\\\\.)*'|completengine (?:${ON_A_LEDGER})${BELOW}`, 'g');
/** A command ends at a pipe, and where prose goes on. */
const REST = /^[^|;,]*/;
const IS_COMPLETE = /(?:^|\s)(?:-l|--ledger|--help)(?=[\s=]|$)/;

/** The words after the verb. */
let noted: readonly string[] = [];

/** Notes the ledger that a command line names by a flag. `words`: after the verb. */
export function noteLedger(words: readonly string[]): void {
  noted = words;
}

/** Null for the default and the variable, which a pasted command has, too. */
function namedLedger(): string | null {
  const named = ledgersNamed(noted, '').at(-1) ?? '';
  return named === '' ? null : named;
}

/** `--ledger X`, as a shell takes it. */
function ledgerFlag(): string | null {
  const named = namedLedger();
  return named === null ? null : shellFlag('ledger', displayedLocation(named));
}

/** The text with the named ledger in every command on a ledger that has none. */
export function onNamedLedger(text: string): string {
  return onLedger(text, ledgerFlag());
}

function onLedger(text: string, flag: string | null): string {
  if (flag === null) return text;
  return text.replace(COMMAND, (found: string, at: number) => {
    if (!found.startsWith('completengine')) return found;
    const [rest = ''] = REST.exec(text.slice(at + found.length)) ?? [];
    return IS_COMPLETE.test(rest) ? found : `${found} ${flag}`;
  });
}

/** Errors whose `details.path` is a ledger, and whose hints have commands about that one. */
const ABOUT_ONE_LEDGER: readonly (LedgerErrorCode | undefined)[] = ['VERIFICATION_FAILED', 'DAMAGED_LEDGER'];

/**
 * The hint of an error as a command shows it. Where the named file is no ledger, commands are about another one. `path`: `details.path` of the error, which
 * `diff A B` and `replay --into` need: their command line names two ledgers.
 */
export function hintText(hint: string, code?: LedgerErrorCode, path?: unknown): string {
  if (code === 'NOT_A_LEDGER') return inFlags(hint);
  const isOther =
    ABOUT_ONE_LEDGER.includes(code) &&
    typeof path === 'string' &&
    !isSameLedger(path, namedLedger() ?? defaultLedger());
  return onLedger(inFlags(hint), isOther ? shellFlag('ledger', displayedLocation(path)) : ledgerFlag());
}

/** A path of the library is whole, and without symbolic links. */
function isSameLedger(path: string, named: string): boolean {
  return path === named || (schemeOf(named) === null && path === resolvedPath(named));
}
