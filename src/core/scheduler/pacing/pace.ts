/**
 * Computes when each event of a run is due, counted from the start of the run, so that delays do not add up. Reads no
 * clock.
 */

import { inOption, invalidArgument } from '../../model/ledger-error.ts';
import { readDuration } from '../../model/time/time-expression.ts';

export interface PaceRequest {
  /** `max` (default), `natural`, or a factor on the original pace: 60, 0.5, `86400x`. */
  readonly speed?: number | string | undefined;
  /** Events per second, instead of a speed: 100, `100/s`. */
  readonly rate?: number | string | undefined;
  /** Cap on gaps between events, such as `5s`; needs a speed that keeps gaps. */
  readonly maxGap?: string | undefined;
}

type PaceRule =
  | { readonly kind: 'factor'; readonly factor: number; readonly maxGapMs: number }
  /** Milliseconds between events. */
  | { readonly kind: 'rate'; readonly everyMs: number };

/** Null: unthrottled. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export function readPace({ speed = 'max', rate, maxGap }: PaceRequest): Pace | null {
  if (rate !== undefined) {
    if (speed !== 'max' || maxGap !== undefined)
      throw invalidArgument(
        '`rate` cannot be combined with `speed` or `maxGap`',
        'use a rate alone, or a speed',
        'rate',
        ...(speed === 'max' ? [] : ['speed']),
        ...(maxGap === undefined ? [] : ['maxGap']),
      );
    return new Pace({ kind: 'rate', everyMs: 1000 / readFactor(rate, /\/s$/, 'rate', '100/s') });
  }
  if (speed === 'max') {
    if (maxGap !== undefined)
      throw invalidArgument('`maxGap` needs a speed other than max', 'add a speed: natural, or 60', 'maxGap');
    return null;
  }
  const factor = speed === 'natural' ? 1 : readFactor(speed, /x$/, 'speed', 'max, natural, 60 or 0.5');
  return new Pace({
    kind: 'factor',
    factor,
    maxGapMs: maxGap === undefined ? Number.POSITIVE_INFINITY : inOption('maxGap', () => readDuration(maxGap)) / 1000,
  });
}

function readFactor(value: number | string, unit: RegExp, name: string, hint: string): number {
  const text = String(value).replace(unit, '');
  const factor = /^(\d+(\.\d*)?|\.\d+)(e-?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (factor > 0 && Number.isFinite(factor)) return factor;
  throw invalidArgument(`'${String(value).slice(0, 40)}' is not a ${name}`, `write ${hint}`, name);
}

/** Stateful: call it for the events of a run in their order. */
export class Pace {
  readonly #rule: PaceRule;
  #count = 0;
  #firstTime = 0;
  /** Time of the previous event, original. */
  #natural = 0;
  /** Total cut from the gaps so far. */
  #cutMs = 0;
  #lastDue = 0;

  constructor(rule: PaceRule) {
    this.#rule = rule;
  }

  /**
   * Due times of the next events, in milliseconds from the first event of the run. `times`: microseconds, never
   * decreasing.
   */
  dues(times: Float64Array): Float64Array {
    const dues = new Float64Array(times.length);
    for (let at = 0; at < times.length; at++) dues[at] = this.#due(times[at] as number);
    return dues;
  }

  /** Duration of the run at this pace, up to the last due time computed. */
  get durationMs(): number {
    return this.#lastDue;
  }

  #due(time: number): number {
    const rule = this.#rule;
    if (this.#count === 0) this.#firstTime = time;
    if (rule.kind === 'rate') {
      this.#lastDue = this.#count * rule.everyMs;
    } else {
      const natural = (time - this.#firstTime) / 1000 / rule.factor;
      this.#cutMs += Math.max(0, natural - this.#natural - rule.maxGapMs);
      this.#natural = natural;
      this.#lastDue = natural - this.#cutMs;
    }
    this.#count++;
    return this.#lastDue;
  }
}
