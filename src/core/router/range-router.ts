/** Routes by range: partition i holds the keys from bound i-1, inclusive, to bound i, exclusive. */

import type { PartitionId } from '../model/routing/partition.ts';
import type { RangeBounds } from '../model/routing/range-bounds.ts';
import type { RouteRefusal, Rule } from '../model/routing/router.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import type { RoutableLine } from '../scan/scanned-field.ts';
import { fieldText } from './field-text.ts';
import { numberPlace } from './range-of-numbers.ts';
import { textPlace } from './range-of-texts.ts';
import { timePlace } from './range-of-times.ts';

/** Number of bounds at or below the line's first field, which is the index of its partition. */
type Place = (line: RoutableLine) => PartitionId | RouteRefusal;

export function rangeRouter(field: FieldPath, bounds: RangeBounds, partitions: readonly PartitionId[]): Rule {
  const place = placeAmong(bounds);
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    const found = place(line);
    return typeof found === 'number' ? (partitions[found] as PartitionId) : found;
  };
  return { fields: [field], route, keyOf: (line) => fieldText(line, 0) };
}

function placeAmong(bounds: RangeBounds): Place {
  switch (bounds.kind) {
    case 'number':
      return numberPlace(bounds.values);
    case 'text':
      return textPlace(bounds.values);
    case 'time':
      return timePlace(bounds.values);
  }
}
