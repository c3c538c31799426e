/** Consumer groups of a ledger in memory. */

import type { GroupStore } from '../../../src/core/ledger/group-store.ts';
import type { LedgerFacts } from '../../../src/core/ledger/log/log-facts.ts';
import type { GroupState } from '../../../src/core/ledger/protocol/group-state.ts';
import { summarizeGroup } from '../../../src/core/ledger/protocol/group-summary.ts';
import { acknowledge } from '../../../src/core/ledger/protocol/lane-change.ts';
import type { ParkedEvent, ParkedSelection } from '../../../src/core/model/group.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';

/** The records of one group, and how many partitions it knows. */
export interface Group {
  state: GroupState;
  readonly parked: Map<number, ParkedEvent>;
  partitions: number;
}

export class MemoryGroups implements GroupStore {
  readonly #facts: LedgerFacts;
  readonly #groups: Map<string, Group>;

  constructor(facts: LedgerFacts, groups: Map<string, Group>) {
    this.#facts = facts;
    this.#groups = groups;
  }

  generation: GroupStore['generation'] = async (name) => {
    const { ids } = await this.#facts.partitions();
    const group = this.#groups.get(name);
    if (group !== undefined && group.partitions < ids.length) beginGeneration(group);
    if (group !== undefined) group.partitions = ids.length;
    return group?.state.generation ?? null;
  };

  state: GroupStore['state'] = async (name) => this.#groups.get(name)?.state ?? null;

  change: GroupStore['change'] = async (name, decide) => {
    const { ids: partitions, endOf } = await this.#facts.partitions();
    const group = this.#groups.get(name);
    const hasDue = (partition: PartitionId) => group !== undefined && firstDue(group, partition) !== null;
    const { state, result } = decide(group?.state ?? null, { partitions, endOf, hasDue });
    if (state !== null)
      this.#groups.set(name, { parked: group?.parked ?? new Map(), state, partitions: partitions.length });
    return result;
  };

  acknowledge: GroupStore['acknowledge'] = (all) =>
    Promise.all(
      all.map(async (each) => (await this.changeLane(each, null, (lane) => acknowledge(lane, each))) ?? false),
    );

  changeLane: GroupStore['changeLane'] = async ({ group: name, partition, token }, named, decide) => {
    const group = this.#groups.get(name);
    const before = group?.state.cursors.find((cursor) => cursor.partition === partition);
    const lease = group?.state.leases.find((held) => held.partition === partition);
    if (group === undefined || before === undefined || lease?.token !== token) return null;
    const event = named === 'due' ? firstDue(group, partition) : (group.parked.get(named ?? 0) ?? null);
    const { cursor, parked, result } = decide({ cursor: before, parked: event });
    const cursors = group.state.cursors.map((each) => (each === before ? (cursor ?? each) : each));
    group.state = { ...group.state, cursors };
    if (parked === null && event !== null) group.parked.delete(event.sequence);
    if (parked) group.parked.set(parked.sequence, parked);
    return result;
  };

  parked: GroupStore['parked'] = async (name, selection) => {
    const group = this.#groups.get(name);
    return group === undefined ? null : select(group, selection);
  };

  changeParked: GroupStore['changeParked'] = async (name, selection, change) => {
    const group = this.#groups.get(name);
    if (group === undefined) return null;
    const missing = 'after' in selection ? undefined : selection.find((sequence) => !group.parked.has(sequence));
    if (missing !== undefined) return { count: 0, last: null, missing };
    const chosen = select(group, selection);
    for (const event of chosen) {
      const attempts = event.attempts - (change === 'undoRedelivery' ? 1 : 0);
      if (change === 'drop') group.parked.delete(event.sequence);
      else group.parked.set(event.sequence, { ...event, attempts, redeliveryDue: true });
    }
    if (change !== 'drop' && chosen.length > 0) beginGeneration(group);
    return { count: chosen.length, last: chosen.at(-1)?.sequence ?? null, missing: null };
  };

  summaries: GroupStore['summaries'] = async (now) => {
    const { ids: partitions, endOf } = await this.#facts.partitions();
    const named = [...this.#groups].map(([name, { state, parked }]) => ({ name, state, parked: parked.size }));
    const summaries = named
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(async (group) => {
        const times = new Map<number, number | null>();
        for (const cursor of group.state.cursors) times.set(cursor.partition, await this.#facts.timeOfNext(cursor));
        const timeOfNext = ({ partition }: { partition: number }) => times.get(partition) ?? null;
        return summarizeGroup({ ...group, partitions, endOf, timeOfNext }, now);
      });
    return Promise.all(summaries);
  };
}

/** Members or leases have changed, or events have become due. */
export function beginGeneration(group: Group): void {
  group.state = { ...group.state, generation: group.state.generation + 1 };
}

function select({ parked }: Group, selection: ParkedSelection): ParkedEvent[] {
  if (!('after' in selection)) return [...new Set(selection)].flatMap((sequence) => parked.get(sequence) ?? []);
  return [...parked.values()]
    .filter(({ sequence }) => sequence > selection.after && sequence <= selection.through)
    .sort((one, other) => one.sequence - other.sequence)
    .slice(0, selection.limit);
}

function firstDue({ parked }: Group, partition: PartitionId): ParkedEvent | null {
  const due = [...parked.values()].filter((event) => event.redeliveryDue && event.partition === partition);
  return due.sort((one, other) => one.sequence - other.sequence)[0] ?? null;
}
