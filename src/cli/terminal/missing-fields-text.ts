/** Says that fields of `--where` are nowhere: what a misspelled path looks like. */

import { escapeForTerminal } from './escape.ts';

/** Of one field at least. They are named as they were asked for, so that a misspelling shows. */
export function missingFieldsText(fields: readonly string[]): string {
  return escapeForTerminal(`no event read has the field ${fields.join(' or ')}`);
}
