/** Formats the notes about fields of `--where` and of columns that met nothing, which are probably misspelled. */

import type { StreamReport } from '../../index.ts';
import { escapeForTerminal } from './escape.ts';

/** Null if there is nothing to say. The names are as given, so that a misspelling shows. */
export function missingFieldsText({
  missingFields,
  fieldHints,
}: Pick<StreamReport, 'missingFields' | 'fieldHints'>): string | null {
  const missing = missingFields.length === 0 ? [] : [`no event read has the field ${missingFields.join(' or ')}`];
  const parts = [...missing, ...fieldHints];
  return parts.length === 0 ? null : escapeForTerminal(parts.join('; '));
}
