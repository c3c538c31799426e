/** Chooses the storage of a ledger by the scheme of its location, and loads it when the first location of that scheme is named. */

import { invalidArgument } from '../model/ledger-error.ts';
import { schemeOf } from '../model/location.ts';
import type { LedgerDriver } from './driver.ts';
import type { OpenIndexIn } from './nats/nats-driver.ts';

type LoadDriver = () => Promise<LedgerDriver>;

/** Scheme of a location that names none: it is the path of a file. */
const FILE = 'file';

const openIndexIn: OpenIndexIn = async (directory, uuid) =>
  (await import('./sqlite/mark-index/open-mark-file.ts')).openMarkFile(directory, uuid);

const loadNats: LoadDriver = async () => (await import('./nats/nats-driver.ts')).natsDriver(openIndexIn);

const drivers = new Map<string, LoadDriver>([
  [FILE, async () => (await import('./sqlite/sqlite-driver.ts')).sqliteDriver],
  ['nats', loadNats],
  ['tls', loadNats],
]);

/** Adds a storage, for locations that begin with `scheme://`. */
export function registerDriver(scheme: string, load: LoadDriver): void {
  drivers.set(scheme, load);
}

/** @throws LedgerError INVALID_ARGUMENT for a scheme that no storage has */
export async function driverOf(location: string): Promise<LedgerDriver> {
  const scheme = schemeOf(location) ?? FILE;
  const load = drivers.get(scheme);
  if (load !== undefined) return load();
  throw invalidArgument(
    `no ledger can be stored at '${scheme}://'`,
    'give the path of a file, or nats://HOST/NAME; a path with a colon can be written as ./NAME',
    'ledger',
  );
}
