/** The port of one kind of storage: it creates ledgers and opens them. No I/O here; each storage implements it in its own folder. */

import type { LedgerBlueprint } from '../model/config.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Ledger } from './ledger.ts';

/** Longest wait for other processes, and the signal that ends it earlier. */
export interface BusyLimit {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LedgerDriver {
  /** @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, INVALID_ARGUMENT for a location that cannot name a ledger */
  create(location: string, blueprint: LedgerBlueprint, clock: Clock, busyLimit: BusyLimit): Promise<void>;
  /** @throws LedgerError NO_LEDGER, NOT_A_LEDGER, NEWER_FORMAT, DAMAGED_LEDGER, PERMISSION_DENIED, BUSY */
  open(
    location: string,
    options: {
      readonly access: 'read' | 'write';
      readonly busyLimit: BusyLimit;
      /** Location of the archive; default: beside the ledger. */
      readonly archive?: string | undefined;
    },
  ): Promise<Ledger>;
  /** Whether anything is stored at the location, a ledger or not. */
  exists(location: string): Promise<boolean>;
}
