/** What a law has to know of a storage that it is run against. */

import type { LedgerDriver } from '../../src/core/ledger/driver.ts';
import type { CreateOptions } from '../../src/index.ts';

export interface Storage {
  readonly name: string;
  readonly driver: LedgerDriver;
  /** Settings of every ledger in it. */
  readonly options: CreateOptions;
  /** Whether it raises the times of late events, instead of answering with a conflict. */
  readonly raisesLate: boolean;
  /** Whether it keeps groups. */
  readonly hasGroups: boolean;
  /** A location without a ledger. */
  location(): Promise<string>;
  /** The built driver, because threads run built code; null if it has none. */
  readonly builtDriver: (() => Promise<LedgerDriver>) | null;
  /** Stops the clock of the storage at this time until the end of the test; null if it has none of its own, and takes the time of the caller. */
  readonly setTime: ((micros: number) => void) | null;
}
