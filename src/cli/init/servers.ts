/** What is asked of the servers of a new ledger, and what their limits make of it. */

import { LedgerError, schemeOf } from '../../index.ts';
import type { OverviewDocument } from '../../views/ledger-document.ts';
import { count } from '../terminal/format-numbers.ts';

/** Most bytes of a line where no storage allows less. */
const LINE_BYTES_DEFAULT = 1_048_576;

/** The location with a number of copies. @throws LedgerError INVALID_ARGUMENT for a ledger in a file */
export function withReplicas(location: string, replicas: number | undefined): string {
  if (replicas === undefined) return location;
  if (schemeOf(location) === null)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: '--replicas is given, and a ledger in a file has one copy',
      hint: 'name a ledger on NATS: --ledger nats://HOST/NAME',
    });
  return `${location}${location.includes('?') ? '&' : '?'}replicas=${replicas}`;
}

/** What differs from what a user of files expects. */
export function creationNotes({ path, config, storage }: OverviewDocument): string[] {
  if (schemeOf(path) === null) return [];
  const notes: string[] = [];
  if (config.lineBytesMax < LINE_BYTES_DEFAULT)
    notes.push(`lines may have up to ${count(config.lineBytesMax)} bytes: a message of these servers takes no more`);
  if (config.durability === 'full' && storage.settings['sync'] === 'unknown')
    notes.push('sync unknown: name the monitoring of a server of version 2.12 with ?monitor=http://HOST:8222');
  return notes;
}
