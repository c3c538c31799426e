/** Reproducible random choices: a failing test prints its seed, and COMPLETENGINE_TEST_SEED repeats its choices. */

import { randomInt } from 'node:crypto';
import { onTestFailed } from 'vitest';
import { isSoak } from './test-size.ts';

/** Mulberry32: small, fast, and the same on every machine. */
export class Seeded {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed | 0;
  }

  /** In [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(from: number, through: number): number {
    return from + Math.floor(this.unit() * (through - from + 1));
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.between(0, values.length - 1)] as Value;
  }

  /** A separate generator, the same for the same seed and number. */
  fork(number: number): Seeded {
    return new Seeded((this.seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  }
}

/** To be called within a test. `quickSeed`: of quick runs, for suites that search for faults: what only some seeds find must not turn a run red by chance. */
export function seededForTest(quickSeed?: number): Seeded {
  const given = process.env['COMPLETENGINE_TEST_SEED'];
  const chosen = isSoak || quickSeed === undefined ? randomInt(2 ** 31) : quickSeed;
  const seed = given === undefined ? chosen : Number(given);
  onTestFailed(() => {
    process.stderr.write(`\nthe seed was ${seed}: COMPLETENGINE_TEST_SEED=${seed} makes the same choices again\n`);
  });
  return new Seeded(seed);
}
