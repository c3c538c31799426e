/** Why a value is no key: what routers return instead of a partition. */

import type { RouteRefusal } from '../model/routing/router.ts';
import { FieldKind } from '../scan/scanned-field.ts';

/** For a value that has no text. */
export function noKey(kind: FieldKind): RouteRefusal {
  return kind === FieldKind.ABSENT ? 'key-missing' : 'key-not-scalar';
}

/** For a value that cannot be compared with the bounds of a range: no key at all, or one of another kind. */
export function notComparable(kind: FieldKind): RouteRefusal {
  switch (kind) {
    case FieldKind.ABSENT:
    case FieldKind.NULL:
    case FieldKind.OBJECT:
    case FieldKind.ARRAY:
      return noKey(kind);
    default:
      return 'key-not-comparable';
  }
}
