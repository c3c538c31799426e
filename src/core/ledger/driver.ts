/** The port of one kind of storage: it creates ledgers and opens them. No I/O here; each storage implements it in its own folder. */

import type { LedgerBlueprint } from '../model/config.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Ledger } from './ledger.ts';

/** Longest wait for other processes, and the signal that ends it earlier. */
export interface BusyLimit {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What an account needs of the servers of a ledger: subjects that it publishes on, and that it subscribes to. */
export interface AccountPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Each kind of use needs what the ones before it need, too. */
export interface LedgerPermissions {
  /** The location without credentials. */
  readonly location: string;
  readonly read: AccountPermissions;
  /** Emit, and change the routing. */
  readonly write: AccountPermissions;
  /** Consume as a member of a group, reset its offsets, list and redeliver parked events. */
  readonly groups: AccountPermissions;
  /** Create the ledger. */
  readonly create: AccountPermissions;
}

export interface LedgerDriver {
  /** How long to wait for other processes or for servers where nothing else is asked for, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** Null where the system decides who may read and write: by the permissions of a file. */
  readonly permissions: ((location: string) => Promise<LedgerPermissions>) | null;
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
