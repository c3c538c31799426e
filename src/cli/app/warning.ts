/** Prints warnings on standard error, one line each. */

import type { LedgerWarning } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { hintText } from './hints.ts';
import { inFlags } from './option-flags.ts';

export function warningText({ message, hint }: LedgerWarning): string {
  return escapeForTerminal(`${inFlags(message)}; ${hintText(hint)}`);
}

/** On a terminal it first clears the line, which may show a progress bar. */
export function printWarning(warning: LedgerWarning): void {
  const clear = process.stderr.isTTY === true ? '\r\u001b[K' : '';
  process.stderr.write(`${clear}warning: ${warningText(warning)}\n`);
}
