/** Notes which of the fields that an output shows no event has had: most likely a misspelt path, which would be a column of nothing. */

import { DEPTH_MAX } from '../model/config.ts';
import type { EventBatch } from '../model/events/event.ts';
import { type FieldPath, formatFieldPath } from '../model/text/field-path.ts';
import { nearPathIn } from '../model/text/near-path.ts';
import { FieldReader } from '../scan/field-reader.ts';
import { FieldKind } from '../scan/scanned-field.ts';

/** Fields that no event had. */
export interface MissingFields {
  /** Their paths. */
  readonly missingFields: readonly string[];
  /** What to write instead, a sentence each. */
  readonly fieldHints: readonly string[];
}

/** Events that are looked at while a field is missing: each costs another scan of its payload. */
const EVENTS_MAX = 100_000;
/** Events in which another spelling is looked for: they are parsed whole. */
const NEAR_EVENTS = 100;

/** State: the fields that are missing so far. */
export class FieldWatch implements MissingFields {
  readonly #paths: readonly FieldPath[];
  readonly #fields: FieldReader;
  /** By their index. */
  readonly #missing: Set<number>;
  readonly #near = new Map<number, string>();
  #seen = 0;

  constructor(paths: readonly FieldPath[]) {
    this.#paths = paths;
    this.#fields = new FieldReader(paths, DEPTH_MAX, 'last');
    this.#missing = new Set(paths.keys());
  }

  see(batches: readonly EventBatch[]): void {
    for (const batch of batches) {
      // do not read `count` without need: it decodes the batch's columns
      if (this.#missing.size === 0 || this.#seen > EVENTS_MAX) return;
      for (let at = 0; at < batch.count && this.#missing.size > 0; at++) {
        if (++this.#seen > EVENTS_MAX) return;
        this.#examine(batch.payload(at));
      }
    }
  }

  /** Empty if there was no event, or too many to say it of all. */
  get missingFields(): string[] {
    return this.#known().map((nth) => formatFieldPath(this.#paths[nth] as FieldPath));
  }

  get fieldHints(): string[] {
    return this.#known().flatMap((nth) => {
      const near = this.#near.get(nth);
      return near === undefined ? [] : [`${formatFieldPath(this.#paths[nth] as FieldPath)} ${near}`];
    });
  }

  #known(): number[] {
    return this.#seen === 0 || this.#seen > EVENTS_MAX ? [] : [...this.#missing];
  }

  #examine(payload: Buffer): void {
    const line = this.#fields.read(payload);
    for (const nth of this.#missing) {
      if (line.kind(nth) !== FieldKind.ABSENT) this.#missing.delete(nth);
      else if (this.#seen <= NEAR_EVENTS && !this.#near.has(nth)) this.#findNear(nth, payload);
    }
  }

  #findNear(nth: number, payload: Buffer): void {
    const near = nearPathIn(this.#paths[nth] as FieldPath, payload);
    if (near !== null) this.#near.set(nth, near);
  }
}
