/** Keeps the range of a stream from the moment it is fixed until its report. */

import type { FixedRange } from '../model/events/range.ts';
import { invariant } from '../model/ledger-error.ts';

export class StreamRange {
  #range: FixedRange | null = null;

  readonly fix = (range: FixedRange): void => {
    this.#range = range;
  };

  readonly fixed = (): FixedRange => {
    invariant(this.#range !== null, 'a stream without a range');
    return this.#range;
  };
}
