/** Selects the events of a stream: by key and fields, and by the partitions that can contain the key. */

import type { Ledger } from '../ledger/ledger.ts';
import { DEPTH_MAX } from '../model/config.ts';
import { type Condition, parseCondition } from '../model/events/condition.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { SequenceRange } from '../model/events/range.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { epochAt, NO_PLACEMENTS } from '../model/routing/routing.ts';
import { formatFieldPath } from '../model/text/field-path.ts';
import type { EventPredicate } from '../replay/filter.ts';
import { type RangeRead, type ReadRange, readRange } from '../replay/read-range.ts';
import { placeOfKey } from '../router/place-of-key.ts';
import { FieldReader } from '../scan/field-reader.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';

/** Which events are delivered. */
export interface FilterRequest {
  /** Only events with exactly this key. */
  readonly key?: string | undefined;
  /**
   * Only events that meet all of these: `properties.mag>=4.5`; also = != < <= > and ~ for an RE2 regular expression, ~*
   * for one that ignores case.
   */
  readonly where?: string | readonly string[] | undefined;
}

/** The filter of one run, with the facts it has gathered so far. */
export class EventFilter {
  readonly #key: string | undefined;
  readonly #conditions: readonly Condition[];
  readonly #labels: EventLabels;
  /** Conditions whose field no event had so far. */
  readonly #unmet: Set<Condition>;
  #examined = 0;

  /** @throws LedgerError INVALID_ARGUMENT */
  constructor({ key, where }: FilterRequest, labels: EventLabels) {
    this.#key = key;
    this.#conditions = [where ?? []].flat().map(parseCondition);
    this.#labels = labels;
    this.#unmet = new Set(this.#conditions);
  }

  /** Null if every event is kept. @throws LedgerError INVALID_ARGUMENT for an invalid regular expression */
  async load(): Promise<EventPredicate | null> {
    const key = this.#key;
    const labels = this.#labels;
    const meets = this.#conditions.length === 0 ? null : await this.#meetsAll();
    if (key === undefined) return meets;
    return (batch, at) => labels.key(batch, at) === key && (meets?.(batch, at) ?? true);
  }

  /** Fields of conditions that none of the examined events had; empty if none was examined. */
  get missingFields(): string[] {
    if (this.#examined === 0) return [];
    return [...new Set([...this.#unmet].map(({ path }) => formatFieldPath(path)))];
  }

  async #meetsAll(): Promise<EventPredicate> {
    const conditions = this.#conditions;
    const tests = await Promise.all(conditions.map((condition) => condition.load()));
    const fields = new FieldReader(
      conditions.map(({ path }) => path),
      DEPTH_MAX,
      'last',
    );
    return (batch, at) => {
      const line = fields.read(batch.payload(at));
      this.#examined++;
      if (this.#unmet.size > 0) this.#note(line);
      return tests.every((holds, nth) => holds(line, nth));
    };
  }

  #note(line: RoutableLine): void {
    for (const [nth, condition] of this.#conditions.entries())
      if (line.kind(nth) !== FieldKind.ABSENT) this.#unmet.delete(condition);
  }
}

/** Identifies the filters of a stream; empty if every event is kept. */
export function filterText({
  partitions,
  key,
  where,
}: FilterRequest & { readonly partitions?: readonly string[] | undefined }): string {
  const conditions = [...new Set([where ?? []].flat())].sort();
  const names = [...new Set(partitions)].sort();
  return names.length === 0 && key === undefined && conditions.length === 0
    ? ''
    : JSON.stringify([names, key ?? null, conditions]);
}

/** Reads ranges through the head, unfiltered, and skips partitions that cannot contain the key. */
export function rangeReader(
  ledger: Ledger,
  { key }: FilterRequest,
  { partitions, ...reading }: Omit<RangeRead, 'range'>,
): ReadRange {
  return async function* read(range) {
    const places = key === undefined ? partitions : await placesOfKey(ledger, key, range, partitions);
    yield* readRange(ledger, { ...reading, range, partitions: places });
  };
}

/** The requested partitions that may contain events of a key; null: all. */
async function placesOfKey(
  ledger: Ledger,
  key: string,
  range: SequenceRange,
  asked: readonly PartitionId[] | null,
): Promise<readonly PartitionId[] | null> {
  const { epochs, partitions } = ledger.identity;
  const partitionNames = partitions.map(({ name }) => name);
  const first = epochAt(epochs, range.from);
  const places = new Set<PartitionId>();
  for (const epoch of epochs) {
    if (epoch.epoch < first.epoch || epoch.fromSequence > range.through) continue;
    // a session is where its pin was at the time, and a placed key where it was placed
    if (epoch.spec.rule === 'sticky' || epoch.placedFrom !== null) return asked;
    const place = placeOfKey({ epoch, partitionNames, placements: NO_PLACEMENTS }, key);
    if (place !== null) places.add(place);
  }
  for (const place of await ledger.partitionsSentTo(range)) places.add(place);
  return [...places].filter((place) => asked?.includes(place) ?? true).sort((one, other) => one - other);
}
