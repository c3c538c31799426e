/** Formats one explanation as one line. */

import type { Explanation, LineExplanation } from '../../index.ts';
import { safeJson } from '../app/safe-json.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

/** Partition, key and rule separated by tabs, `-` for none. Tabs and newlines of a key are escaped. */
export function explanationText(explanation: Explanation | LineExplanation): string {
  const { partition, key, rule } = explanation;
  const place = partition === null && 'line' in explanation ? `line ${explanation.line}: ` : '';
  return [partition ?? '-', key ?? '-', `${place}${rule}`].map(escapeForTerminal).join('\t');
}

export function explanationJson(explanation: Explanation): string {
  return safeJson(explanation);
}
