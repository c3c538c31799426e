/**
 * Maintains one member's leases: joins the group, renews, claims free partitions, releases surplus ones, and reads the
 * ends of its lanes.
 */

import type { Heartbeat, Membership } from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import { WAIT_MS_MAX } from '../../model/time/timer.ts';
import { CoalescedTask } from './coalesced-task.ts';
import type { GroupConsumerOptions } from './group-options.ts';
import { Lane } from './lane.ts';

/** In the time for which a lease holds. */
const RENEWALS = 3;

export interface LeaseKeeperParts {
  readonly groups: {
    heartbeat(beat: Heartbeat): Promise<Membership>;
    leave(group: string, member: string, token: number): Promise<void>;
    generation(group: string): Promise<number | null>;
  };
  /** The offset that the next event of each of these partitions gets. */
  ends(partitions: readonly PartitionId[]): Promise<number[]>;
  readonly clock: Clock;
  /** A lane was given up: drops what was read ahead of it. */
  forget(partition: PartitionId): void;
  /** Notifies the other members in this process that the group may have changed. */
  notifyChange(): void;
  /** The leases or the ends of their lanes may have changed. */
  wake(): void;
  /** The leases cannot be maintained any more. */
  fail(error: unknown): void;
  /** Whether the member is shutting down. */
  isEnding(): boolean;
}

type LeaseOptions = Pick<GroupConsumerOptions, 'group' | 'member' | 'partitions' | 'lease'> & {
  readonly hooks: Pick<GroupConsumerOptions['hooks'], 'onLeases'>;
};

export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #options: LeaseOptions;
  readonly #heartbeats: CoalescedTask;
  readonly #refreshing: CoalescedTask;
  #token: number | null = null;
  #generation = -1;
  #heldUntil: Micros = Number.NEGATIVE_INFINITY;
  #lanes: readonly Lane[] = [];
  #renewal: NodeJS.Timeout | undefined;

  constructor(parts: LeaseKeeperParts, options: LeaseOptions) {
    this.#parts = parts;
    this.#options = options;
    const onFailed = (error: unknown): void => {
      // interrupted with the rest: the leases are released, or expire by themselves
      if (!parts.isEnding() || !isAborted(error)) parts.fail(error);
    };
    this.#heartbeats = new CoalescedTask(() => this.heartbeat(), onFailed);
    this.#refreshing = new CoalescedTask(() => this.#reload(), onFailed);
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Expiry of the leases. */
  get heldUntil(): Micros {
    return this.#heldUntil;
  }

  /** Call when something in the ledger may have changed. */
  refresh(): void {
    this.#refreshing.want();
  }

  /** The lane's delivery has ended. */
  deliveryEnded(lane: Lane): void {
    if (lane.isSurplus) this.#heartbeats.want();
  }

  /** The lease was lost to another member. */
  lose(lane: Lane): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    this.#parts.forget(lane.partition);
    this.#heartbeats.want();
  }

  /** Joins or renews. @throws as the ledger does, and VERIFICATION_FAILED if a cursor is past the ledger's end */
  async heartbeat(): Promise<void> {
    const { group, member, partitions, lease } = this.#options;
    // surplus lanes are not fed any more, so an idle one stays idle
    const idle = this.#lanes.filter(({ isSurplus, isBusy }) => isSurplus && !isBusy).map(({ partition }) => partition);
    const now = this.#parts.clock.nowMicros();
    // A change of the group has all of its members ask what it is for them, at once: where they have just renewed their leases, they need not write.
    const left = this.#heldUntil - now;
    const isLook = this.#token !== null && left > lease - lease / RENEWALS && left <= lease;
    const membership = await this.#parts.groups.heartbeat({
      group,
      member,
      token: this.#token,
      partitions,
      ttl: lease,
      now,
      idle,
      isLook,
    });
    const hasChanged = membership.generation !== this.#generation;
    this.#token = membership.token;
    this.#generation = membership.generation;
    this.#heldUntil = membership.expiresAt;
    this.#takeUp(membership);
    clearTimeout(this.#renewal);
    const pause = lease / RENEWALS - (isLook ? lease - left : 0);
    this.#renewal = setTimeout(() => this.#heartbeats.want(), Math.min(pause / 1000, WAIT_MS_MAX));
    if (this.#lanes.some(({ isSurplus, isBusy }) => isSurplus && !isBusy)) this.#heartbeats.want();
    if (hasChanged) this.#parts.notifyChange();
    await this.#refresh();
  }

  /** Releases everything. Call once no delivery is in progress; the leases are renewed until then. */
  async leave(): Promise<void> {
    this.#refreshing.stop();
    this.#heartbeats.stop();
    await this.#heartbeats.idle();
    await this.#refreshing.idle();
    // a heartbeat that was in progress has set the timer again
    clearTimeout(this.#renewal);
    if (this.#token === null) return;
    try {
      await this.#parts.groups.leave(this.#options.group, this.#options.member, this.#token);
    } catch (error) {
      // the leases expire by themselves
      if (!isAborted(error) && !(error instanceof LedgerError && error.code === 'BUSY')) throw error;
    }
    this.#parts.notifyChange();
  }

  #takeUp({ leases, surplus, due }: Membership): void {
    const before = this.#lanes;
    // a lane's own state is at least as recent as the stored one
    this.#lanes = leases.map(
      (lease) =>
        before.find(({ token, partition }) => token === lease.token && partition === lease.partition) ??
        new Lane(lease),
    );
    for (const lane of this.#lanes) {
      lane.isSurplus = surplus.includes(lane.partition);
      lane.hasDue = due.includes(lane.partition);
    }
    const gained = this.#lanes.filter((lane) => !before.includes(lane)).map(({ partition }) => partition);
    const lost = before.filter((lane) => !this.#lanes.includes(lane)).map(({ partition }) => partition);
    for (const partition of [...lost, ...gained]) this.#parts.forget(partition);
    if (gained.length + lost.length > 0) this.#options.hooks.onLeases?.({ gained, lost });
  }

  async #reload(): Promise<void> {
    const generation = await this.#parts.groups.generation(this.#options.group);
    if (generation !== this.#generation) this.#heartbeats.want();
    await this.#refresh();
  }

  /** Reads the current ends of the lanes. */
  async #refresh(): Promise<void> {
    const lanes = this.#lanes;
    const ends = await this.#parts.ends(lanes.map(({ partition }) => partition));
    for (const [at, lane] of lanes.entries()) {
      lane.end = ends[at] ?? 0;
      if (lane.nextOffset > lane.end) throw readTooFar(this.#options.group, lane);
    }
    this.#parts.wake();
  }
}

const isAborted = (error: unknown): boolean => error instanceof LedgerError && error.code === 'ABORTED';

function readTooFar(group: string, { partition, nextOffset, end }: Lane): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} has read ${nextOffset} events of partition ${partition}, but the ledger holds ${end}: an older copy?`,
    hint: 'verify the ledger against a head kept elsewhere: completengine inspect --expect-head SEQUENCE:HASH',
    details: { group, partition, nextOffset, end },
  });
}
