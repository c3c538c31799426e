/** Formats the note about fields of `--where` that no event has, which are probably misspelled. */

import { escapeForTerminal } from './escape.ts';

/** For at least one field. The names are as given, so that a misspelling shows. */
export function missingFieldsText(fields: readonly string[]): string {
  return escapeForTerminal(`no event read has the field ${fields.join(' or ')}`);
}
