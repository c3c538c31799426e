/** Groups as people and scripts see them, partitions by name: where they stand, what they have parked, and stepping them elsewhere. */

import type { GroupPlan } from '../ledger/groups.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { GroupSummary, LaneSummary, ParkedEvent } from '../model/group.ts';
import type { PartitionId } from '../model/partition.ts';
import { resolveStart, type StartPoint } from '../replay/resolve-start.ts';

type Named<Fact extends { readonly partition: PartitionId }> = Omit<Fact, 'partition'> & { readonly partition: string };

/** Where a group stands in one partition. */
export type GroupLane = Named<LaneSummary>;
/** Where a group stands in all of them, and who works for it. */
export type GroupDescription = Omit<GroupSummary, 'lanes'> & { readonly lanes: readonly GroupLane[] };
/** An event that a group has set aside. */
export type ParkedEventDescription = Named<ParkedEvent>;

/** A step of a group in one partition. */
export interface CursorStep {
  readonly partition: string;
  /** Offset of the next event, before and after. */
  readonly from: number;
  readonly to: number;
}

/** What stepping a group elsewhere does, or would do. */
export interface CursorPlan {
  readonly steps: readonly CursorStep[];
  /** Events that are delivered again, and events that are left out. */
  readonly again: number;
  readonly skipped: number;
  /** Members that are at work. */
  readonly alive: readonly string[];
}

export interface CursorOptions {
  /** IANA zone of dates in the starting point. Default UTC. */
  readonly zone?: string | undefined;
  readonly partitions?: readonly PartitionId[] | null | undefined;
}

export class GroupDesk {
  readonly #ledger: Ledger;
  readonly #clock: Clock;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  async groups(): Promise<GroupDescription[]> {
    const summaries = await this.#learned(this.#ledger.groups.summaries(this.#clock.nowMicros()));
    return summaries.map((group) => ({ ...group, lanes: group.lanes.map((lane) => this.#named(lane)) }));
  }

  async parked(group: string): Promise<ParkedEventDescription[]> {
    return (await this.#learned(this.#ledger.groups.parked(group))).map((event) => this.#named(event));
  }

  async plan(group: string, start: StartPoint, options: CursorOptions): Promise<CursorPlan> {
    const move = await this.#move(group, start, options);
    return this.#described(await this.#learned(this.#ledger.groups.planMove({ ...move, force: false })));
  }

  async move(group: string, start: StartPoint, options: CursorOptions & { readonly force?: boolean | undefined }): Promise<CursorPlan> {
    const move = await this.#move(group, start, options);
    return this.#described(await this.#learned(this.#ledger.groups.move({ ...move, force: options.force ?? false })));
  }

  /** An answer whose partitions have names: another process may have added some. */
  async #learned<Answer>(asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked;
    await this.#ledger.head();
    return answer;
  }

  async #move(group: string, start: StartPoint, { zone, partitions }: CursorOptions) {
    const now = this.#clock.nowMicros();
    const sequence = await resolveStart(start, this.#ledger, { now, zone });
    return { group, sequence, now, partitions: partitions ?? null };
  }

  #described({ steps: places, alive }: GroupPlan): CursorPlan {
    const steps = places.map((step) => ({ partition: this.#name(step.partition), from: step.from.nextOffset, to: step.to.nextOffset }));
    return {
      steps,
      again: steps.reduce((sum, { from, to }) => sum + Math.max(0, from - to), 0),
      skipped: steps.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0),
      alive,
    };
  }

  #named<Fact extends { readonly partition: PartitionId }>(fact: Fact): Named<Fact> {
    return { ...fact, partition: this.#name(fact.partition) };
  }

  #name(partition: PartitionId): string {
    return this.#ledger.identity.partitions[partition]?.name ?? `#${partition}`;
  }
}
