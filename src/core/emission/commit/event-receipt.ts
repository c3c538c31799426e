/** A receipt: the position at which one event was committed. */

import type { Micros } from '../../model/time/time.ts';

/** The result of emitting one event. */
export interface EventReceipt {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  /** Ledger time, integer microseconds since the epoch. */
  readonly time: Micros;
  /** True if its id was committed before with the same bytes: nothing was stored again. */
  readonly isDuplicate: boolean;
}
