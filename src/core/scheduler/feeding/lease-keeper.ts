/** Keeps a member's leases: joins, renews, takes up what falls to it, gives up what others wait for, and sees how far its lanes reach. */

import type { Membership } from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Micros } from '../../model/time/time.ts';
import { WAIT_MS_MAX } from '../../model/time/timer.ts';
import { CoalescedTask } from './coalesced-task.ts';
import type { GroupConsumerOptions, GroupConsumerParts } from './group-deps.ts';
import { Lane } from './lane.ts';

export class LeaseKeeper {
  readonly #parts: GroupConsumerParts;
  readonly #options: GroupConsumerOptions;
  readonly #onRefreshed: () => void;
  readonly #heartbeats: CoalescedTask;
  readonly #refreshing: CoalescedTask;
  #token: number | null = null;
  #generation = -1;
  #heldUntil: Micros = Number.NEGATIVE_INFINITY;
  #lanes: readonly Lane[] = [];
  #renewal: NodeJS.Timeout | undefined;

  constructor(
    parts: GroupConsumerParts,
    options: GroupConsumerOptions,
    on: { refreshed(): void; failed(error: unknown): void },
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#onRefreshed = on.refreshed;
    this.#heartbeats = new CoalescedTask(() => this.heartbeat(), on.failed);
    this.#refreshing = new CoalescedTask(() => this.#look(), on.failed);
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** End of the right to the lanes. */
  get heldUntil(): Micros {
    return this.#heldUntil;
  }

  /** Something in the ledger may have changed. */
  look(): void {
    this.#refreshing.want();
  }

  /** The lane has no delivery in hand any more. */
  settled(lane: Lane): void {
    if (lane.isSurplus) this.#heartbeats.want();
  }

  /** The lease has gone to another. */
  lose(lane: Lane): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    this.#parts.forget(lane.partition);
    this.#heartbeats.want();
  }

  /** Joins, or renews. @throws as the ledger does, and VERIFICATION_FAILED where a cursor lies behind the ledger's end. */
  async heartbeat(): Promise<void> {
    const { group, member, partitions, lease } = this.#options;
    // surplus is not fed any more, so what is idle of it stays idle
    const idle = this.#lanes.filter(({ isSurplus, isBusy }) => isSurplus && !isBusy).map(({ partition }) => partition);
    const now = this.#parts.clock.nowMicros();
    const membership = await this.#parts.groups.heartbeat({
      group,
      member,
      token: this.#token,
      partitions,
      ttl: lease,
      now,
      idle,
    });
    const hasChanged = membership.generation !== this.#generation;
    this.#token = membership.token;
    this.#generation = membership.generation;
    this.#heldUntil = membership.expiresAt;
    this.#takeUp(membership);
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => this.#heartbeats.want(), Math.min(lease / 3000, WAIT_MS_MAX));
    if (this.#lanes.some(({ isSurplus, isBusy }) => isSurplus && !isBusy)) this.#heartbeats.want();
    if (hasChanged) this.#parts.notifyChange();
    await this.#refresh();
  }

  /** Lets go of everything, once nothing is in hand: until then the leases are renewed. */
  async leave(): Promise<void> {
    this.#refreshing.stop();
    this.#heartbeats.stop();
    await this.#heartbeats.settled();
    await this.#refreshing.settled();
    // one that was on its way has set it once more
    clearTimeout(this.#renewal);
    if (this.#token === null) return;
    try {
      await this.#parts.groups.leave(this.#options.group, this.#options.member, this.#token);
    } catch (error) {
      // the leases end by themselves
      if (!(error instanceof LedgerError && (error.code === 'BUSY' || error.code === 'ABORTED'))) throw error;
    }
    this.#parts.notifyChange();
  }

  #takeUp({ leases, surplus, due }: Membership): void {
    const before = this.#lanes;
    // what a lane knows of itself is at least as new as what stands in the ledger
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

  async #look(): Promise<void> {
    const generation = await this.#parts.groups.generation(this.#options.group);
    if (generation !== this.#generation) this.#heartbeats.want();
    await this.#refresh();
  }

  /** How far the lanes reach by now. */
  async #refresh(): Promise<void> {
    const lanes = this.#lanes;
    const ends = await this.#parts.groups.ends(lanes.map(({ partition }) => partition));
    for (const [at, lane] of lanes.entries()) {
      lane.end = ends[at] ?? 0;
      if (lane.nextOffset > lane.end) throw readTooFar(this.#options.group, lane);
    }
    this.#onRefreshed();
  }
}

function readTooFar(group: string, { partition, nextOffset, end }: Lane): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} has read ${nextOffset} events of partition ${partition}, and the ledger holds ${end}: an older copy?`,
    hint: 'prove the ledger with a head kept elsewhere: completengine inspect --expect-head SEQUENCE:HASH',
    details: { group, partition, nextOffset, end },
  });
}
