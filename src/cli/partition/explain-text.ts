/** One explanation as one line. */

import type { Explanation, LineExplanation } from '../../index.ts';
import { safeJson } from '../app/safe-json.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

/** Partition, key and rule with tabs between them; a key's own tabs and line ends are shown as codes. `-` where there is none. */
export function explanationText(explanation: Explanation | LineExplanation): string {
  const { partition, key, rule } = explanation;
  const place = partition === null && 'line' in explanation ? `line ${explanation.line}: ` : '';
  return [partition ?? '-', key ?? '-', `${place}${rule}`].map(escapeForTerminal).join('\t');
}

export function explanationJson(explanation: Explanation): string {
  return safeJson(explanation);
}
