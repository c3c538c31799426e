/** Formats the output of `inspect`, as text and as JSON documents. */

import {
  formatCompression,
  formatFieldPath,
  formatHead,
  formatTime,
  type GroupDescription,
  type LedgerDescription,
  type LedgerEvent,
  type LedgerIdentity,
  readTransferName,
} from '../../index.ts';
import { warningText } from '../app/warning.ts';
import { partitionDocument, partitionTable } from '../partition/partition-table.ts';
import { epochDocument, epochText, namesOf } from '../partition/routing-text.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, plural } from '../terminal/format-numbers.ts';
import { timeOrNull } from '../terminal/times.ts';
import { lagsText } from './groups-text.ts';

/** `groups`: documents of the groups. */
export function overviewDocument(ledger: LedgerDescription, groups: readonly object[]): object {
  const { identity, head, storage } = ledger;
  const { config } = identity;
  return {
    path: identity.path,
    uuid: identity.uuid,
    format: ledger.format,
    createdAt: formatTime(identity.createdAt),
    head: formatHead(head),
    events: head.sequence,
    commits: ledger.commits,
    firstTime: timeOrNull(ledger.firstTime),
    lastTime: head.sequence === 0 ? null : formatTime(head.time),
    config: {
      time: config.time === null ? null : formatFieldPath(config.time),
      unique: config.unique === null ? null : formatFieldPath(config.unique),
      durability: config.durability,
      determinism: config.determinism,
      lineBytesMax: config.lineBytesMax,
      compression: formatCompression(config.compression),
    },
    epochs: identity.epochs.map((epoch) => epochDocument(epoch, namesOf(identity))),
    partitions: ledger.partitions.map(partitionDocument),
    producers: ledger.producers,
    sessions: ledger.sessions,
    groups,
    storage,
    warnings: ledger.warnings,
  };
}

export async function overviewText(ledger: LedgerDescription, groups: readonly GroupDescription[]): Promise<string> {
  const { identity, head, storage } = ledger;
  const { config } = identity;
  const rows: [string, string][] = [
    [
      'ledger',
      `${escapeForTerminal(identity.path)} (format ${ledger.format}, ${bytes(storage.fileBytes)} and ${bytes(storage.walBytes)} of WAL)`,
    ],
    ['uuid', `${escapeForTerminal(identity.uuid)}, created ${formatTime(identity.createdAt)}`],
    ['head', formatHead(head)],
    ['events', `${count(head.sequence)} in ${plural(ledger.commits, 'commit')}`],
    ['time', head.sequence === 0 ? 'none yet' : `${timeOrNull(ledger.firstTime)} to ${formatTime(head.time)}`],
    ...epochLines(identity).map((line, at): [string, string] => [at === 0 ? 'routing' : '', line]),
    ['time field', config.time === null ? 'none (arrival time)' : escapeForTerminal(formatFieldPath(config.time))],
    ['unique id', config.unique === null ? 'none' : escapeForTerminal(formatFieldPath(config.unique))],
    [
      'settings',
      `durability ${config.durability}, determinism ${config.determinism}, lines up to ${bytes(config.lineBytesMax)}, compression ${formatCompression(config.compression)}`,
    ],
    ...framesRow(ledger.partitions),
    [
      'storage',
      [storage.engine, ...Object.entries(storage.settings).map(([name, value]) => `${name} ${value}`)].join(', '),
    ],
  ];
  for (const producer of ledger.producers) rows.push(['producer', producerText(producer)]);
  if (ledger.sessions > 0) rows.push(['sessions', `${count(ledger.sessions)} pinned`]);
  if (groups.length > 0) rows.push(['groups', lagsText(groups)]);
  if (storage.foreignObjects.length > 0) rows.push(['foreign', foreignText(storage.foreignObjects)]);
  if (storage.worldReadable)
    rows.push(['warning', 'users other than the owner can read or write the file; run chmod 600']);
  for (const warning of ledger.warnings) rows.push(['warning', warningText(warning)]);
  const facts = rows.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n');
  return `${facts}\n\n${await partitionTable(ledger.partitions)}`;
}

/** What compression has saved, if any frame is compressed: that does not depend on the setting. */
function framesRow(partitions: LedgerDescription['partitions']): [string, string][] {
  const plain = partitions.reduce((sum, each) => sum + each.bytes, 0);
  const stored = partitions.reduce((sum, each) => sum + each.storedBytes, 0);
  if (plain === stored) return [];
  const about = partitions.some(({ isEstimate }) => isEstimate) ? '~' : '';
  return [['frames', `${about}${bytes(plain)}, stored compressed as ${about}${bytes(stored)}`]];
}

/** The stored position of its input: in bytes, or as a sequence of another ledger. */
function producerText({ name, position }: LedgerDescription['producers'][number]): string {
  const place =
    readTransferName(name) === null
      ? `at byte ${count(position)} of its input`
      : `through source sequence ${count(position)}`;
  return `${escapeForTerminal(name)} ${place}`;
}

const FOREIGN_SHOWN = 8;

/** Objects that other tools have added to the file. */
function foreignText(objects: LedgerDescription['storage']['foreignObjects']): string {
  const shown = objects.slice(0, FOREIGN_SHOWN).map(({ type, name }) => `${type} ${escapeForTerminal(name)}`);
  const hidden = objects.length - shown.length;
  return `${shown.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}: not part of the ledger, ignored`;
}

const EPOCHS_SHOWN = 8;

/** The last epochs; the current one is last. */
function epochLines(identity: LedgerIdentity): string[] {
  const hidden = Math.max(0, identity.epochs.length - EPOCHS_SHOWN);
  const shown = identity.epochs.slice(hidden).map((epoch) => epochText(epoch, namesOf(identity)));
  return hidden === 0 ? shown : [`${plural(hidden, 'earlier epoch')}: inspect --json`, ...shown];
}

/** The payload is a string in the document: parsing its JSON would not keep it byte for byte. */
export function eventDocument(event: LedgerEvent): object {
  return { ...event, time: formatTime(event.time), payload: event.payload.toString('utf8') };
}

export function eventText(event: LedgerEvent, isTerminal: boolean): string {
  const payload = event.payload.toString('utf8');
  return [
    `sequence   ${event.sequence}`,
    `partition  ${escapeForTerminal(event.partition)}`,
    `offset     ${event.offset}`,
    `time       ${formatTime(event.time)}`,
    `key        ${event.key === null ? 'none' : escapeForTerminal(event.key)}`,
    `payload    ${isTerminal ? escapeForTerminal(payload) : payload}`,
  ].join('\n');
}
