/** Machines that share one store of records and one ledger of a few events, each with groups of its own over it. */

import { Groups } from '../../src/core/ledger/groups.ts';
import { LogGroups } from '../../src/core/ledger/log/log-groups.ts';
import type { RecordStore } from '../../src/core/ledger/log/record-store.ts';
import type { HeldLease, Membership } from '../../src/core/model/group.ts';
import { FaultyRecords } from './faulty-records.ts';
import { MemoryRecords } from './memory-driver/memory-records.ts';

/** Microseconds. */
export const TTL = 1000;
const ALL = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1000 };

export class GroupSite {
  /** By the clock of the store. */
  now = 0;
  /** Number of partitions, each of five events. The event of partition P at offset O has the sequence O * 2 + P + 1. */
  partitions = 2;
  readonly records = new MemoryRecords({ now: () => this.now });
  /** Pauses that were made, in milliseconds. */
  readonly pauses: number[] = [];

  connect(store: RecordStore = this.records) {
    const records = new FaultyRecords(store);
    const ids = () => Array.from({ length: this.partitions }, (_, id) => id);
    const groupStore = new LogGroups(
      records,
      {
        partitions: async () => ({ ids: ids(), endOf: () => 5 }),
        timeOfNext: async ({ nextSequence }) => nextSequence,
      },
      { sleep: async (ms) => void this.pauses.push(ms), chance: () => 0.5 },
    );
    const positionsAt = async (sequence: number) =>
      ids().map((id) => ({ nextOffset: Math.max(0, Math.ceil((sequence - id - 1) / 2)), nextSequence: sequence }));
    return new SiteMachine(this, records, groupStore, new Groups({ groupStore, positionsAt }));
  }
}

export class SiteMachine {
  readonly #site: GroupSite;
  readonly records: FaultyRecords;
  readonly groupStore: LogGroups;
  readonly groups: Groups;

  constructor(site: GroupSite, records: FaultyRecords, groupStore: LogGroups, groups: Groups) {
    this.#site = site;
    this.records = records;
    this.groupStore = groupStore;
    this.groups = groups;
  }

  /** By a clock that is right, unless another time is given. */
  heartbeat(member: string, joined: Membership | null = null, now = this.#site.now): Promise<Membership> {
    const token = joined?.token ?? null;
    return this.groups.heartbeat({ group: 'g', member, token, partitions: null, ttl: TTL, now, idle: [] });
  }

  /** What is stored but for the generation. */
  async stored() {
    const state = await this.groupStore.state('g');
    if (state === null) return null;
    const { members, leases, cursors } = state;
    return { members, leases, cursors, parked: await this.groups.parked('g', ALL) };
  }
}

/** The lease of a partition, as its holder writes about it. */
export function held({ leases }: Membership, partition = 0): HeldLease {
  return { group: 'g', partition, token: leases.find((lease) => lease.partition === partition)?.token ?? 0 };
}

/** The event of partition 0 at this offset, to be parked. */
export function eventAt(offset: number) {
  return { partition: 0, offset, sequence: offset * 2 + 1, reason: 'no', details: '', attempts: 3, now: 7 };
}
