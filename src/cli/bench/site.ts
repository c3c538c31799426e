/** Where the measured ledgers are: files of the temporary directory, or new ledgers on the servers of a location. */

import { Completengine, closeAfter, schemeOf } from '../../index.ts';
import type { Workplace } from './workplace.ts';

export interface Site {
  /** The location of a new ledger. A file that was removed may have had it before. */
  next(purpose: string): string;
  /** Of a ledger that no process has open. */
  bytesOf(ledger: string): Promise<number>;
  /** Makes room, where the storage allows it. */
  remove(ledger: string): void;
  /** Names of the ledgers that are still there at the end: nobody but an operator can remove a stream. */
  left(): readonly string[];
}

/** `location`: of a ledger on NATS, whose name begins the names of the measured ones; undefined for files. */
export function siteOf(location: string | undefined, workplace: Workplace): Site {
  return location === undefined || schemeOf(location) === null ? filesOf(workplace) : serversOf(location);
}

function filesOf(workplace: Workplace): Site {
  return {
    next: (purpose) => workplace.path(`${purpose}.codex`),
    bytesOf: async (ledger) => workplace.ledgerBytes(ledger),
    remove: (ledger) => workplace.removeLedger(ledger),
    left: () => [],
  };
}

const RUN_DIGITS = 8;

function serversOf(location: string): Site {
  const [path = '', ...options] = location.split('?');
  const run = crypto.randomUUID().slice(0, RUN_DIGITS);
  const names: string[] = [];
  return {
    next: (purpose) => {
      const end = `-${run}-${names.length + 1}-${purpose}`;
      names.push(`${path.slice(path.lastIndexOf('/') + 1)}${end}`);
      return [`${path}${end}`, ...options].join('?');
    },
    bytesOf: async (ledger) => {
      const engine = await Completengine.open({ ledger, create: false, access: 'read' });
      return closeAfter(
        async () => (await engine.inspect()).storage.bytes,
        () => engine.close(),
      );
    },
    remove: () => {},
    left: () => names,
  };
}
