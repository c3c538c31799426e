/**
 * The text of a routing, as `--routing` takes it and as an epoch stores it: `range:amount=100,1000,missing=rest`. No
 * I/O.
 */

import { invalidArgument, LedgerError } from '../ledger-error.ts';
import { text as anyText } from '../options/option-kinds.ts';
import { readArgument } from '../options/options.ts';
import { formatFieldPath, parseFieldPath } from '../text/field-path.ts';
import { splitOutsideQuotes } from '../text/quoting.ts';
import { formatDuration } from '../time/time-expression.ts';
import { formatBounds, parseBounds } from './range-bounds.ts';
import type { RoutingSpec } from './routing.ts';
import { compositeRouting, hashOf, placedBy, rangeRouting, stickyBy, withMissing } from './routing-intents.ts';

const SHAPES = {
  hash: 'hash:FIELD',
  range: 'range:FIELD=BOUND,..',
  composite: 'composite:FIELD+FIELD',
  sticky: 'sticky:FIELD',
  manual: 'manual:FIELD',
} as const;
type Rule = keyof typeof SHAPES;

/**
 * Parses `hash`, `hash:FIELD`, `range:FIELD=BOUND,..`, `composite:FIELD+FIELD`, `sticky:FIELD` or `manual:FIELD`.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function parseRoutingSpec(spec: string): RoutingSpec {
  const text = readArgument('parseRoutingSpec()', 'spec', spec, anyText);
  const colon = text.indexOf(':');
  const rule = colon < 0 ? text : text.slice(0, colon);
  if (text === 'hash') return hashOf();
  if (colon < 0 || !isRule(rule)) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `'${text.slice(0, 80)}' is not a routing`,
      hint: isRule(rule)
        ? `write ${SHAPES[rule]}`
        : `use hash, ${Object.values(SHAPES).slice(0, -1).join(', ')} or ${SHAPES.manual}`,
      details: { spec: text },
    });
  }
  const [subject, ...parts] = splitOutsideQuotes(text.slice(colon + 1), ',');
  const firstOption = parts.findIndex((part) => rule !== 'range' || splitOutsideQuotes(part, '=').length > 1);
  const bounds = firstOption < 0 ? parts : parts.slice(0, firstOption);
  const options = readOptions(rule, parts.slice(bounds.length));
  return withMissing(readRule(rule, subject, bounds, options.get('idle')), options.get('missing'));
}

/** A routing as a caller passes it: as data, or as its text. @throws LedgerError INVALID_ARGUMENT */
export function toRoutingSpec(routing: RoutingSpec | string): RoutingSpec {
  return typeof routing === 'string' ? parseRoutingSpec(routing) : routing;
}

function isRule(text: string): text is Rule {
  return Object.hasOwn(SHAPES, text);
}

function readRule(rule: Rule, subject: string, moreBounds: readonly string[], idle: string | undefined): RoutingSpec {
  switch (rule) {
    case 'hash':
      return hashOf(subject);
    case 'manual':
      return placedBy(subject);
    case 'sticky':
      return stickyBy(subject, { idle });
    case 'composite':
      return compositeRouting(splitOutsideQuotes(subject, '+').map(parseFieldPath));
    case 'range': {
      const [field, firstBound, ...more] = splitOutsideQuotes(subject, '=');
      const path = parseFieldPath(field);
      if (firstBound === undefined)
        throw invalidArgument(`the range over ${formatFieldPath(path)} has no bounds`, `write ${SHAPES.range}`);
      if (more.length > 0) throw invalidArgument("a bound with '=' must be in double quotes", `write ${SHAPES.range}`);
      return rangeRouting(path, parseBounds([firstBound, ...moreBounds]));
    }
  }
}

function readOptions(rule: Rule, parts: readonly string[]): ReadonlyMap<string, string> {
  const known = rule === 'sticky' ? ['missing', 'idle'] : ['missing'];
  const options = new Map<string, string>();
  for (const part of parts) {
    const [name, value, ...rest] = splitOutsideQuotes(part, '=');
    if (value === undefined || rest.length > 0 || !known.includes(name)) {
      throw invalidArgument(
        `'${part.slice(0, 80)}' is not an option of ${rule}`,
        `its options: ${known.map((option) => `${option}=..`).join(', ')}`,
      );
    }
    if (options.has(name)) throw invalidArgument(`the option ${name} is given twice`, 'give it once');
    options.set(name, value);
  }
  return options;
}

/** The canonical text of a routing, which {@link parseRoutingSpec} reads back. It has no control characters. */
export function formatRoutingSpec(spec: RoutingSpec): string {
  return [formatRule(spec), ...(spec.missing === null ? [] : [`missing=${spec.missing}`])].join(',');
}

function formatRule(spec: RoutingSpec): string {
  switch (spec.rule) {
    case 'hash':
      return spec.field === null ? 'hash' : `hash:${formatFieldPath(spec.field)}`;
    case 'range':
      return `range:${formatFieldPath(spec.field)}=${formatBounds(spec.bounds).join(',')}`;
    case 'composite':
      return `composite:${spec.fields.map(formatFieldPath).join('+')}`;
    case 'sticky':
      return `sticky:${formatFieldPath(spec.field)}${spec.idleMicros === null ? '' : `,idle=${formatDuration(spec.idleMicros)}`}`;
    case 'manual':
      return `manual:${formatFieldPath(spec.field)}`;
  }
}
