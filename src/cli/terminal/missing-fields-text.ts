/** Says that fields of `--where` are nowhere: what a misspelled path looks like. */

import { escapeForTerminal } from './escape.ts';

/** Of one field at least. They are named as they were asked for, so that a misspelling shows. */
export function missingFieldsText(fields: readonly string[]): string {
  return escapeForTerminal(`none of the events looked at has the field ${fields.join(' or ')}`);
}
