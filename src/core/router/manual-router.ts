/** Routes manually: the event names its partition. */

import { murmur2 } from '../model/routing/murmur2.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal, Rule } from '../model/routing/router.ts';
import { byteAt } from '../model/text/bytes.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { fieldText } from './field-text.ts';
import { noKey } from './refusal.ts';

/** `partitionNames`: of all partitions, by id; `partitions`: those that events may name. */
export function manualRouter(
  field: FieldPath,
  partitionNames: readonly string[],
  partitions: readonly PartitionId[],
): Rule {
  const names = new NameTable(partitionNames, partitions);
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    if (line.kind(0) === FieldKind.STRING)
      return names.find(line.bytes, line.start(0) + 1, line.end(0) - 1) ?? 'unknown-partition';
    const text = fieldText(line, 0);
    if (text === null) return noKey(line.kind(0));
    const bytes = Buffer.from(text, 'utf8');
    return names.find(bytes, 0, bytes.length) ?? 'unknown-partition';
  };
  return { fields: [field], route, keyOf: (line) => fieldText(line, 0) };
}

/** Finds a partition by the bytes of its name, without building a text for each line. */
class NameTable {
  readonly #names: readonly Buffer[];
  /** Ids by the hash of their names; two names may share one. */
  readonly #idsByHash = new Map<number, PartitionId[]>();

  constructor(names: readonly string[], ids: readonly PartitionId[]) {
    this.#names = names.map((name) => Buffer.from(name, 'utf8'));
    for (const id of ids) {
      const name = this.#names[id] as Buffer;
      const hash = murmur2(name, 0, name.length);
      this.#idsByHash.set(hash, [...(this.#idsByHash.get(hash) ?? []), id]);
    }
  }

  find(bytes: Uint8Array, start: number, end: number): PartitionId | undefined {
    const ids = this.#idsByHash.get(murmur2(bytes, start, end));
    if (ids === undefined) return undefined;
    for (const id of ids) if (isSame(this.#names[id] as Buffer, bytes, start, end)) return id;
    return undefined;
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at++) if (name[at] !== byteAt(bytes, start + at)) return false;
  return true;
}
