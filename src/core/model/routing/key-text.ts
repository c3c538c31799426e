/** Keys as callers write them: the text of a field, or the parts of a composite. No I/O. */

import { invalidArgument } from '../ledger-error.ts';
import { readName, splitOutsideQuotes } from '../text/quoting.ts';
import { type RoutingSpec, routingFields } from './routing.ts';

/** A key's text, or a composite's parts. */
export type KeyInput = string | readonly string[];

/**
 * The parts of a key, as many as routing reads fields. A composite's text is the JSON list that envelopes show, or
 * `a+b` with names quoted as in a routing; any other key is used as it is.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function keyParts(spec: RoutingSpec, key: KeyInput): readonly string[] {
  const fields = routingFields(spec);
  if (fields.length === 0)
    throw invalidArgument('a hash over the whole payload has no keys', 'give it events instead, on standard input');
  const parts = (typeof key === 'string' ? splitKey(spec, key) : key).map(wellFormed);
  if (parts.length === fields.length) return parts;
  const shown = fields.length === 1 ? 'one' : `${fields.length}: a+b, or ["a","b"]`;
  throw invalidArgument(
    `a key of ${parts.length} ${parts.length === 1 ? 'part' : 'parts'} does not fit this routing`,
    `the parts are ${shown}`,
  );
}

/** The canonical text of a key: shown in envelopes, and stored with placements. */
export function formatKey(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] as string) : JSON.stringify(parts);
}

/** Encodes as a field's text does: an unpaired surrogate becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function splitKey({ rule }: RoutingSpec, text: string): readonly string[] {
  if (rule !== 'composite') return [text];
  if (text.startsWith('[')) return readList(text);
  return splitOutsideQuotes(text, '+').map((part) => {
    // an unquoted part is literal, whatever it contains
    if (!part.startsWith('"')) return part;
    const read = readName(part);
    if ('name' in read) return read.name;
    throw invalidArgument(
      `the key '${text.slice(0, 80)}' cannot be read: ${read.fault}`,
      'write a+b, or a JSON list: ["a","b"]',
    );
  });
}

function readList(text: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(text);
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) return parts;
  } catch {
    // reported below
  }
  throw invalidArgument(
    `the key '${text.slice(0, 80)}' is not a JSON list of strings`,
    'write a+b, or a JSON list: ["a","b"]',
  );
}
