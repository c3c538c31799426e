/** Formats one explanation as one line. */

import type { ExplanationDocument } from '../../views/event-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

/** Partition, key and rule separated by tabs, `-` for none. Tabs and newlines of a key are escaped. */
export function explanationText(explanation: ExplanationDocument): string {
  const { partition, key, rule, line } = explanation;
  const place = partition === null && line !== undefined ? `line ${line}: ` : '';
  return [partition ?? '-', key ?? '-', `${place}${rule}`].map(escapeForTerminal).join('\t');
}
