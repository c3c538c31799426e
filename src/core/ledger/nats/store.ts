/** Opens the log of a ledger on NATS, and the records beside it, over one connection. */

import { LedgerError } from '../../model/ledger-error.ts';
import type { BusyLimit } from '../driver.ts';
import type { OrderedLog } from '../log/ordered-log.ts';
import type { RecordStore } from '../log/record-store.ts';
import { JetStreamApi } from './api.ts';
import { NatsConnection } from './connection.ts';
import { processEnvironment } from './environment.ts';
import { JetStreamLog } from './jetstream-log.ts';
import { JetStreamRecords } from './jetstream-records.ts';
import { type NatsLocation, parseNatsLocation } from './location.ts';
import { LogStream } from './log-stream.ts';
import { syncOf, syncsLater } from './monitoring.ts';
import { NatsStorage } from './nats-storage.ts';
import { resolveSettings } from './settings.ts';
import type { NatsEnvironment, SettingsLayer } from './settings-layer.ts';

/** Closing the log closes all of it. */
export interface NatsStore {
  readonly log: OrderedLog;
  /** Made by their first write. Before nats-server 2.10 they reject with UNSUPPORTED_SERVER where there are several copies. */
  readonly records: RecordStore;
  readonly storage: NatsStorage;
}

export interface StoreOptions {
  readonly busyLimit: BusyLimit;
  /** That of the process by default. */
  readonly environment?: NatsEnvironment;
  /** Goes before the location and the environment. */
  readonly settings?: SettingsLayer;
}

/**
 * Makes the log of a new ledger. One that is there already is opened: the caller looks whether it is empty.
 * @throws LedgerError INVALID_ARGUMENT, UNREACHABLE, PERMISSION_DENIED, UNSUPPORTED_SERVER, CANNOT_CREATE, CONFIG_MISMATCH, NOT_A_LEDGER, DAMAGED_LEDGER
 */
export function createStore(
  location: string,
  options: StoreOptions & {
    readonly bytesMax?: number;
    /** Refuse servers that say that they acknowledge before they sync. */
    readonly isSynced?: boolean;
    /** Messages can be appended together. Needs nats-server 2.12. */
    readonly isAtomic?: boolean;
  },
): Promise<NatsStore> {
  const { busyLimit, bytesMax, isSynced, isAtomic } = options;
  return connected(location, options, async (api, { name, replicas, monitor }) => {
    if (isSynced === true) await checkSync(api.location, monitor ?? null);
    const settings = {
      ...(replicas === undefined ? {} : { replicas }),
      ...(bytesMax === undefined ? {} : { bytesMax }),
      ...(isAtomic === undefined ? {} : { isAtomic }),
    };
    return LogStream.create(api, name, settings, busyLimit);
  });
}

/** @throws LedgerError INVALID_ARGUMENT, UNREACHABLE, PERMISSION_DENIED, UNSUPPORTED_SERVER, NO_LEDGER, NOT_A_LEDGER, DAMAGED_LEDGER */
export function openStore(location: string, options: StoreOptions): Promise<NatsStore> {
  return connected(location, options, (api, { name }) => LogStream.open(api, name, options.busyLimit));
}

/** Whether there is a stream of this name, a ledger's or not. @throws LedgerError INVALID_ARGUMENT, UNREACHABLE, PERMISSION_DENIED */
export async function storeExists(location: string, options: StoreOptions): Promise<boolean> {
  const parsed = parseNatsLocation(location);
  const api = await connect(parsed, options);
  try {
    return await LogStream.exists(api, parsed.name, options.busyLimit);
  } finally {
    await api.connection.close();
  }
}

async function checkSync(location: string, monitor: string | null): Promise<void> {
  const sync = await syncOf(monitor);
  if (!syncsLater(sync)) return;
  throw new LedgerError('UNSUPPORTED_SERVER', {
    message: `${location}: the server syncs ${sync}, so a power failure of several servers may lose acknowledged events`,
    hint: 'set sync_interval: always in the jetstream block of every server, or take the risk with `durability` normal',
    details: { location, sync },
  });
}

async function connect(parsed: NatsLocation, options: StoreOptions): Promise<JetStreamApi> {
  const { environment = processEnvironment, busyLimit } = options;
  const settings = await resolveSettings(parsed, environment, options.settings);
  const display = parsed.hosts.length > 0 ? parsed.display : `nats://${settings.hosts.join(',')}/${parsed.name}`;
  return new JetStreamApi(await NatsConnection.open(display, settings, busyLimit), settings.domain);
}

async function connected(
  location: string,
  options: StoreOptions,
  open: (api: JetStreamApi, parsed: NatsLocation) => Promise<LogStream>,
): Promise<NatsStore> {
  const parsed = parseNatsLocation(location);
  const api = await connect(parsed, options);
  try {
    const stream = await open(api, parsed);
    const log = new JetStreamLog(stream);
    const storage = new NatsStorage(stream, parsed.monitor ?? null);
    return { log, records: new JetStreamRecords(stream), storage };
  } catch (error) {
    await api.connection.close();
    throw error;
  }
}
