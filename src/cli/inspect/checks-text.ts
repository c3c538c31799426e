/** Formats the result of `inspect --check`: a line per check, with each figure that fails. */

import type { CheckDocument, CheckedFigure, ChecksDocument } from '../../views/checks.ts';
import { failureText } from '../group/failure-text.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, span } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

export function checksText({ checks }: ChecksDocument, clock: ShownClock): string {
  return checks.map((check) => lineOf(check, clock)).join('\n');
}

function lineOf(check: CheckDocument, clock: ShownClock): string {
  const text = escapeForTerminal(check.check);
  if (check.isMet) return `ok: ${text}`;
  return `failed: ${text}: ${check.failures.map((figure) => figureText(figure, check.unit, clock)).join(', ')}`;
}

/** `mailer 5,000 (p0/12: 3 failures, ..)`. */
function figureText({ group, value, failing }: CheckedFigure, unit: CheckDocument['unit'], clock: ShownClock): string {
  const shown = value === null ? 'no commit yet' : valueText(value, unit);
  const why = failing === null ? '' : ` (${failureText(failing, clock)})`;
  return group === null ? shown : `${escapeForTerminal(group)} ${shown}${why}`;
}

function valueText(value: number, unit: CheckDocument['unit']): string {
  if (unit === 'count') return count(value);
  return unit === 'ms' ? span(value) : bytes(value);
}
