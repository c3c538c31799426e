/** Selects the events of a stream: by key and fields, and by the partitions that can contain the key. */

import type { Ledger } from '../ledger/ledger.ts';
import { DEPTH_MAX } from '../model/config.ts';
import { type Condition, parseCondition } from '../model/events/condition.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { inOption } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { epochAt, NO_PLACEMENTS } from '../model/routing/routing.ts';
import { formatElementPath } from '../model/text/field-path.ts';
import { nearPathIn } from '../model/text/near-path.ts';
import type { EventPredicate } from '../replay/filter.ts';
import { type RangeRead, type ReadRange, readRange } from '../replay/read-range.ts';
import { placeOfKey } from '../router/place-of-key.ts';
import { loadCondition } from '../scan/condition-test.ts';
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

/** Events in which another spelling of a missing field is looked for: they are parsed whole. */
const NEAR_EVENTS = 100;

/** The filter of one run, with the facts it has gathered so far. */
export class EventFilter {
  readonly #key: string | undefined;
  readonly #conditions: readonly Condition[];
  readonly #labels: EventLabels;
  /** Conditions whose field no event had so far. */
  readonly #unmet: Set<Condition>;
  /** Conditions whose field was an array, and never anything else. */
  readonly #arrays = new Set<Condition>();
  readonly #scalars = new Set<Condition>();
  /** Conditions by order whose field was a number or a text: of the kind of the operand, or never. */
  readonly #compared = new Set<Condition>();
  readonly #incomparable = new Set<Condition>();
  readonly #orderedCount: number;
  /** What was meant instead, as a clause, by the text of the path. */
  readonly #near = new Map<string, string>();
  #examined = 0;

  /** @throws LedgerError INVALID_ARGUMENT */
  constructor({ key, where }: FilterRequest, labels: EventLabels) {
    this.#key = key;
    this.#conditions = inOption('where', () => [where ?? []].flat().map(parseCondition));
    this.#labels = labels;
    this.#unmet = new Set(this.#conditions);
    this.#orderedCount = this.#conditions.filter(({ ordered }) => ordered !== null).length;
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
    return [...new Set([...this.#unmet].map(formatElementPath))];
  }

  /** What to write instead of a path that met nothing, a sentence each. */
  get fieldHints(): string[] {
    const near = this.missingFields.flatMap((field) => {
      const meant = this.#near.get(field);
      return meant === undefined ? [] : [`${field} ${meant}`];
    });
    const arrays = [...this.#arrays].filter((condition) => !this.#scalars.has(condition)).map(formatElementPath);
    const ofArrays = [...new Set(arrays)].map((field) => `${field} is an array: ${field}[] is any of its elements`);
    return [...near, ...ofArrays, ...this.#incomparableHints()];
  }

  async #meetsAll(): Promise<EventPredicate> {
    const conditions = this.#conditions;
    const tests = await inOption('where', () => Promise.all(conditions.map(loadCondition)));
    const fields = new FieldReader(
      conditions.map(({ path }) => path),
      DEPTH_MAX,
      'last',
    );
    return (batch, at) => {
      const payload = batch.payload(at);
      const line = fields.read(payload);
      this.#examined++;
      if (this.#scalars.size < conditions.length || this.#compared.size < this.#orderedCount) this.#note(line, payload);
      return tests.every((holds, nth) => holds(line, nth));
    };
  }

  #note(line: RoutableLine, payload: Buffer): void {
    for (const [nth, condition] of this.#conditions.entries()) {
      const kind = line.kind(nth);
      const isArray = kind === FieldKind.ARRAY;
      if (kind === FieldKind.ABSENT || (condition.each !== null && !isArray)) {
        if (this.#examined <= NEAR_EVENTS) this.#findNear(condition, payload);
        continue;
      }
      this.#unmet.delete(condition);
      if (isArray && condition.each === null) this.#arrays.add(condition);
      else this.#scalars.add(condition);
      this.#noteKind(condition, kind);
    }
  }

  #noteKind(condition: Condition, kind: FieldKind): void {
    if (condition.ordered === null || condition.each !== null) return;
    const isNumber = kind === FieldKind.INTEGER || kind === FieldKind.DECIMAL;
    const isText = kind === FieldKind.STRING || kind === FieldKind.ESCAPED_STRING;
    if (condition.ordered.isNumber ? isNumber : isText) this.#compared.add(condition);
    else if (isNumber || isText) this.#incomparable.add(condition);
  }

  /** Conditions of which no event had a value that can be compared, but one of the other kind. */
  #incomparableHints(): string[] {
    return [...this.#incomparable].flatMap((condition) => {
      const { ordered } = condition;
      if (ordered === null || this.#compared.has(condition)) return [];
      const [own, other] = ordered.isNumber ? ['texts', 'a number'] : ['numbers', 'a text'];
      const way = ordered.otherwise === null ? '' : `: ${ordered.otherwise} compares them as ${own}`;
      return [`${formatElementPath(condition)} holds ${own}, which are not compared with ${other}${way}`];
    });
  }

  #findNear(condition: Condition, payload: Buffer): void {
    const field = formatElementPath(condition);
    const near = condition.each === null && !this.#near.has(field) ? nearPathIn(condition.path, payload) : null;
    if (near !== null) this.#near.set(field, near);
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
    const place = inOption('key', () => placeOfKey({ epoch, partitionNames, placements: NO_PLACEMENTS }, key));
    if (place !== null) places.add(place);
  }
  for (const place of await ledger.partitionsSentTo(range)) places.add(place);
  return [...places].filter((place) => asked?.includes(place) ?? true).sort((one, other) => one - other);
}
