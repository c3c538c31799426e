/** Formats what a storage says of itself. */

import type { OverviewDocument } from '../../views/ledger-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

type Storage = OverviewDocument['storage'];
type Setting = readonly [name: string, value: string | number];

/** Settings of servers that have a row of their own. */
const COPIES = ['num_replicas', 'leader', 'followers', 'behind'];
const IN_ROWS = [...COPIES, 'sync'];
const VOID = /^void/;

/** Rows of the overview, each a name and a text. */
export function storageRows({ engine, settings }: Storage): [string, string][] {
  const all: Setting[] = Object.entries(settings);
  const copies = COPIES.flatMap((name) => all.filter((setting) => setting[0] === name));
  const voids = all.filter(([name]) => VOID.test(name));
  const rest = all.filter(([name]) => !IN_ROWS.includes(name) && !VOID.test(name));
  const sync = settings['sync'];
  return [
    ['storage', [engine, ...rest.map(textOf)].join(', ')],
    ...(copies.length === 0 ? [] : [['copies', copies.map(textOf).join(', ')] as [string, string]]),
    ...(sync === undefined ? [] : [['sync', syncText(sync)] as [string, string]]),
    ...(voids.length === 0 ? [] : [['void', voidText(voids)] as [string, string]]),
  ];
}

function textOf([name, value]: Setting): string {
  return `${name} ${escapeForTerminal(String(value))}`;
}

function syncText(sync: string | number): string {
  if (sync === 'always') return 'always: an acknowledgement means that the commit is on the disks';
  if (sync === 'unknown') return 'unknown: add ?monitor=http://HOST:8222 to the location (nats-server 2.12)';
  return `${escapeForTerminal(String(sync))}: a power failure of several servers may lose what they acknowledged`;
}

/** Messages that are no commits: repeats of a lost acknowledgement, or of another client. */
function voidText(voids: readonly Setting[]): string {
  const isNone = voids.every(([, value]) => value === 0);
  if (isNone) return 'none';
  const counts = voids.map(([name, value]) => `${name.replace(/^void,? /, '')} ${escapeForTerminal(String(value))}`);
  return counts.join(', ');
}
