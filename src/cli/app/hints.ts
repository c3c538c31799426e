/** Completes hints: options become the flags that set them, and commands get the ledger that this command line names. */

import { displayedLocation, type LedgerErrorCode, shellFlag } from '../../index.ts';
import { ledgersNamed } from '../state/taken-files.ts';
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

/** `--ledger X`, as a shell takes it; null for the default and the variable, which a pasted command has, too. */
function ledgerFlag(): string | null {
  const named = ledgersNamed(noted, '').at(-1) ?? '';
  return named === '' ? null : shellFlag('ledger', displayedLocation(named));
}

/** The text with the named ledger in every command on a ledger that has none. */
export function onNamedLedger(text: string): string {
  const flag = ledgerFlag();
  if (flag === null) return text;
  return text.replace(COMMAND, (found: string, at: number) => {
    if (!found.startsWith('completengine')) return found;
    const [rest = ''] = REST.exec(text.slice(at + found.length)) ?? [];
    return IS_COMPLETE.test(rest) ? found : `${found} ${flag}`;
  });
}

/** The hint of an error as a command shows it. Where the named file is no ledger, commands are about another one. */
export function hintText(hint: string, code?: LedgerErrorCode): string {
  return code === 'NOT_A_LEDGER' ? inFlags(hint) : onNamedLedger(inFlags(hint));
}
