/** What those who feed consumers are built on, whether these are members of groups or not. */

import type { Bus } from '../bus/bus.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Timer } from '../model/time/timer.ts';
import type { EventLabels } from '../output/event-form.ts';
import type { AckQueue } from '../scheduler/feeding/ack-queue.ts';

export interface ConsumerParts {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: Clock;
  /** What reports that are held back wait by. */
  readonly timer: Timer;
  readonly labels: EventLabels;
  /** Those of all members, which share transactions. */
  readonly acks: AckQueue;
  /** It can be fed again, or has something to be fed. */
  wake(): void;
}
