/** Dependencies shared by all consumers, with or without a group. */

import type { Bus } from '../bus/bus.ts';
import type { SharedLanes } from '../bus/shared-lanes.ts';
import type { Groups } from '../ledger/groups.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Timer } from '../model/time/timer.ts';
import type { AckQueue } from '../scheduler/feeding/ack-queue.ts';

export interface ConsumerParts {
  readonly ledger: Ledger;
  readonly groups: Groups;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Timer of throttled reports. */
  readonly timer: Timer;
  readonly labels: EventLabels;
  /** Acknowledgements of all members, which share transactions. */
  readonly acks: AckQueue;
  /** Reads of partitions, which the members of all groups share. */
  readonly lanes: SharedLanes;
  /** Call when a consumer has room again, or has something to deliver. */
  wake(): void;
}
