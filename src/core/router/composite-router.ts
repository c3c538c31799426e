/**
 * Routes by several fields together: a hash over their texts, each preceded by its length, so that ("a", "bc") differs
 * from ("ab", "c").
 */

import { hashPartition } from '../model/routing/murmur2.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal, Rule } from '../model/routing/router.ts';
import { byteAt } from '../model/text/bytes.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import type { RoutableLine } from '../scan/scanned-field.ts';
import { fieldText, isPlainField, plainFieldEnd, plainFieldStart } from './field-text.ts';
import { noKey } from './refusal.ts';

const LENGTH_BYTES = 4;

export function compositeRouter(fields: readonly FieldPath[], partitions: readonly PartitionId[]): Rule {
  const key = new CompositeKey();
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    key.clear();
    for (let nth = 0; nth < fields.length; nth++) {
      if (!key.append(line, nth)) return noKey(line.kind(nth));
    }
    return partitions[hashPartition(key.bytes, 0, key.length, partitions.length)] as PartitionId;
  };
  return { fields, route, keyOf: (line) => compositeText(line, fields.length) };
}

/** The parts as a JSON list of their texts: as unambiguous as the hashed bytes, and readable. */
function compositeText(line: RoutableLine, parts: number): string | null {
  const texts = Array.from({ length: parts }, (_, nth) => fieldText(line, nth));
  return texts.includes(null) ? null : JSON.stringify(texts);
}

/** The bytes to hash, in memory that is reused for each line. */
class CompositeKey {
  bytes = Buffer.alloc(1024);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Returns false if the field has no key. */
  append(line: RoutableLine, nth: number): boolean {
    if (isPlainField(line, nth)) {
      this.#append(line.bytes, plainFieldStart(line, nth), plainFieldEnd(line, nth));
      return true;
    }
    const text = fieldText(line, nth);
    if (text === null) return false;
    const bytes = Buffer.from(text, 'utf8');
    this.#append(bytes, 0, bytes.length);
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(LENGTH_BYTES + length);
    this.bytes.writeUInt32BE(length, this.length);
    let to = this.length + LENGTH_BYTES;
    // parts are usually short, and a call of a native copy costs more than their bytes
    for (let at = start; at < end; at++) this.bytes[to++] = byteAt(bytes, at);
    this.length = to;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.alloc((this.length + more) * 2);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
