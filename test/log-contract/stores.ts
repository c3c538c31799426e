/** The stores of records that every law is run against. */

import type { RecordStore } from '../../src/core/ledger/log/record-store.ts';
import { systemClock } from '../../src/index.ts';
import { MemoryRecords } from '../support/memory-driver/memory-records.ts';

export interface StoreFactory {
  readonly name: string;
  /** Connections to one new store without records, as many as asked for. They are closed with the test. */
  open(connections: number): Promise<readonly RecordStore[]>;
}

export const STORES: readonly StoreFactory[] = [
  {
    name: 'memory',
    open: async (connections) => {
      const records = new MemoryRecords({ now: systemClock.nowMicros });
      return Array.from({ length: connections }, () => records);
    },
  },
];
