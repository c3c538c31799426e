/** Administers groups, with partitions by name: their positions, their parked events, and offset resets. */

import { Groups } from '../ledger/groups.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { LedgerEvent } from '../model/events/ledger-event.ts';
import type { GroupPlan, GroupSummary, LaneSummary, ParkedEvent } from '../model/group.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Clock } from '../model/time/clock.ts';
import { resolveStart, type StartRequest } from '../replay/resolve-start.ts';

type Named<Fact extends { readonly partition: PartitionId }> = Omit<Fact, 'partition'> & { readonly partition: string };

/** A group's position in one partition. */
export type GroupLane = Named<LaneSummary>;
/** A group's position in all partitions, and its members. */
export type GroupDescription = Omit<GroupSummary, 'lanes'> & { readonly lanes: readonly GroupLane[] };
/** A parked event of a group. */
export type ParkedEventDescription = Named<ParkedEvent>;

/** An offset reset in one partition. */
export interface CursorStep {
  readonly partition: string;
  /** Offset of the next event, before and after. */
  readonly from: number;
  readonly to: number;
}

/** The effect of an offset reset, done or planned. */
export interface CursorPlan {
  readonly steps: readonly CursorStep[];
  /** Events that are delivered again, and events that are skipped. */
  readonly redelivered: number;
  readonly skipped: number;
  /** Active members. */
  readonly liveMembers: readonly string[];
}

/** Which offsets are reset, and where to: `from` or `fromSequence`, one of which is required. */
export interface SetCursorsOptions extends StartRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** IANA zone of dates in the starting point. Default UTC. */
  readonly zone?: string | undefined;
  /** Reset even while members are active: their leases end. */
  readonly force?: boolean | undefined;
}

export interface ForceOptions {
  /** Do it even while members are active: their leases end. */
  readonly force?: boolean | undefined;
}

/** Which part of the list of parked events. */
export interface ParkedOptions {
  /** Begin after this sequence. Default 0: at the first one. */
  readonly after?: number | undefined;
  /** Most events to list. Default: all of them. */
  readonly limit?: number | undefined;
}

export interface CursorOptions extends StartRequest {
  /** IANA zone of dates in the starting point. Default UTC. */
  readonly zone?: string | undefined;
  readonly partitions?: readonly PartitionId[] | null | undefined;
}

/** Parked events by their sequences, or all of them. */
export type ChosenParked = 'all' | readonly number[];

/** Events of one page: reason and last lines of each may be 5 KB. */
const PAGE_EVENTS = 256;
/** Parked events changed by one transaction. */
const CHANGED_EVENTS_MAX = 1000;

export class GroupAdmin {
  readonly #ledger: Ledger;
  readonly #groups: Groups;
  readonly #clock: Clock;
  readonly #labels: EventLabels;

  constructor(ledger: Ledger, clock: Clock, labels: EventLabels) {
    this.#ledger = ledger;
    this.#groups = new Groups(ledger);
    this.#clock = clock;
    this.#labels = labels;
  }

  async groups(): Promise<GroupDescription[]> {
    const summaries = await this.#learned(this.#groups.summaries(this.#clock.nowMicros()));
    return summaries.map((group) => ({ ...group, lanes: group.lanes.map((lane) => this.#named(lane)) }));
  }

  /** In sequence order, read page by page, so that only one page is in memory. */
  async *parked(
    group: string,
    { after = 0, limit = Number.POSITIVE_INFINITY }: ParkedOptions,
  ): AsyncGenerator<ParkedEventDescription, void, undefined> {
    let span = { after, through: Number.MAX_SAFE_INTEGER, limit: 0 };
    for (let left = limit; left > 0; left -= span.limit) {
      span = { ...span, limit: Math.min(left, PAGE_EVENTS) };
      const page = await this.#learned(this.#groups.parked(group, span));
      for (const event of page) yield this.#named(event);
      const last = page.at(-1);
      if (last === undefined || page.length < span.limit) return;
      span = { ...span, after: last.sequence };
    }
  }

  /** Returns the number of events. */
  redeliver(group: string, chosen: ChosenParked): Promise<number> {
    return this.#change(group, chosen, 'redeliver');
  }

  /** Returns the number of events. */
  drop(group: string, chosen: ChosenParked): Promise<number> {
    return this.#change(group, chosen, 'drop');
  }

  #change(group: string, chosen: ChosenParked, change: 'redeliver' | 'drop'): Promise<number> {
    return chosen === 'all' ? this.#changeAll(group, change) : this.#changeNamed(group, chosen, change);
  }

  /** Changes the events in several transactions: one for a million events would block every emitter until it ends. */
  async #changeAll(group: string, change: 'redeliver' | 'drop'): Promise<number> {
    // a fixed end: without it events that fail meanwhile would be taken again and again
    const { sequence: through } = await this.#ledger.head();
    let total = 0;
    for (let after = 0; ; ) {
      const span = { after, through, limit: CHANGED_EVENTS_MAX };
      const { count, last } = await this.#groups.changeParked(group, span, change);
      total += count;
      if (last === null || count < CHANGED_EVENTS_MAX) return total;
      after = last;
    }
  }

  /** Changes the named events; all of them are checked before the first is changed. */
  async #changeNamed(group: string, sequences: readonly number[], change: 'redeliver' | 'drop'): Promise<number> {
    const chosen = [...new Set(sequences)];
    const pieces: (readonly number[])[] = [];
    for (let at = 0; at === 0 || at < chosen.length; at += CHANGED_EVENTS_MAX)
      pieces.push(chosen.slice(at, at + CHANGED_EVENTS_MAX));
    if (pieces.length > 1) for (const piece of pieces) await this.#groups.checkParked(group, piece);
    let total = 0;
    for (const piece of pieces) total += (await this.#groups.changeParked(group, piece, change)).count;
    return total;
  }

  /** Moves the cursor past one event, which has to be the next one of its partition. */
  async skip(group: string, event: LedgerEvent, force: boolean): Promise<CursorPlan> {
    const partition = this.#ledger.identity.partitions.find(({ name }) => name === event.partition)?.id;
    if (partition === undefined) throw invalidArgument(`no partition '${event.partition}'`, 'open the ledger again');
    const past = { partition, offset: event.offset, sequence: event.sequence };
    const move = { group, sequence: event.sequence + 1, now: this.#clock.nowMicros(), partitions: [partition], past };
    return this.#described(await this.#learned(this.#groups.move({ ...move, force })));
  }

  /** Parked events go first, in several transactions, as {@link drop} does. */
  async delete(group: string, force: boolean): Promise<void> {
    const deletion = { group, now: this.#clock.nowMicros(), force };
    await this.#groups.checkDeletion(deletion);
    await this.drop(group, 'all');
    await this.#groups.delete(deletion);
  }

  async plan(group: string, options: CursorOptions): Promise<CursorPlan> {
    const move = await this.#move(group, options);
    return this.#described(await this.#learned(this.#groups.planMove({ ...move, force: false })));
  }

  async move(group: string, options: CursorOptions & { readonly force?: boolean | undefined }): Promise<CursorPlan> {
    const move = await this.#move(group, options);
    return this.#described(await this.#learned(this.#groups.move({ ...move, force: options.force ?? false })));
  }

  /** Runs a query and names its partitions; another process may have added some. */
  async #learned<Answer>(asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked;
    await this.#ledger.head();
    return answer;
  }

  async #move(group: string, { zone, partitions, ...start }: CursorOptions) {
    if (start.from === undefined && start.fromSequence === undefined)
      throw invalidArgument(
        'an offset reset without a start',
        'give from (start, end or a time), or fromSequence',
        'from',
      );
    const now = this.#clock.nowMicros();
    const sequence = await resolveStart(start, 'start', this.#ledger, { now, zone });
    return { group, sequence, now, partitions: partitions ?? null };
  }

  #described({ steps: places, liveMembers }: GroupPlan): CursorPlan {
    const steps = places.map((step) => ({
      partition: this.#name(step.partition),
      from: step.from.nextOffset,
      to: step.to.nextOffset,
    }));
    return {
      steps,
      redelivered: steps.reduce((sum, { from, to }) => sum + Math.max(0, from - to), 0),
      skipped: steps.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0),
      liveMembers,
    };
  }

  #named<Fact extends { readonly partition: PartitionId }>(fact: Fact): Named<Fact> {
    return { ...fact, partition: this.#name(fact.partition) };
  }

  #name(partition: PartitionId): string {
    return this.#labels.partitionName(partition);
  }
}
