/** Refuses lines of text for a ledger that needs fields which such lines never have: each of them would be a bad line. */

import { TEXT_FIELDS } from '../emission/input/line-reading.ts';
import type { LedgerConfig } from '../model/config.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { RoutingOverride } from '../model/routing/router.ts';
import { type RoutingSpec, routingFields } from '../model/routing/routing.ts';
import { formatRoutingSpec } from '../model/routing/routing-text.ts';
import { type FieldPath, formatFieldPath } from '../model/text/field-path.ts';

const JSON_HINT = 'emit JSON lines with the field, or create a ledger without it for lines of text';

/** @throws LedgerError INVALID_ARGUMENT */
export function checkTextFields(
  { time, unique }: Pick<LedgerConfig, 'time' | 'unique'>,
  spec: RoutingSpec,
  { key, to }: RoutingOverride,
): void {
  refuse(time === null ? [] : [time], 'from which this ledger takes the time', JSON_HINT);
  refuse(unique ?? [], 'of which this ledger takes the unique id', JSON_HINT);
  if (spec.missing !== null || key !== null || to !== null) return;
  refuse(
    routingFields(spec),
    `by which this ledger routes (${formatRoutingSpec(spec)})`,
    'give all lines a key or a partition: `key` or `to`',
  );
}

function refuse(paths: readonly FieldPath[], use: string, hint: string): void {
  const absent = paths.find((path) => path.length > 1 || !TEXT_FIELDS.includes(String(path[0])));
  if (absent !== undefined)
    throw invalidArgument(`a line of text has no field '${formatFieldPath(absent)}', ${use}`, hint);
}
