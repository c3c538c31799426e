/** Formats the documents of `inspect` as text. */

import { readTransferName } from '../../index.ts';
import type { EventDocument } from '../../views/event-document.ts';
import type { OverviewDocument } from '../../views/ledger-document.ts';
import { onNamedLedger } from '../app/hints.ts';
import { warningText } from '../app/warning.ts';
import { archivedText } from '../archive/archive-text.ts';
import { groupTable } from '../group/groups-text.ts';
import { partitionTable } from '../partition/partition-table.ts';
import { epochText } from '../partition/routing-text.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, percent, plural, span } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { storageRows } from './storage-text.ts';

export async function overviewText(ledger: OverviewDocument, clock: ShownClock): Promise<string> {
  const { config, events, groups, storage, archived } = ledger;
  const rows: [string, string][] = [
    [
      'ledger',
      `${escapeForTerminal(ledger.path)} (format ${ledger.format}, ${bytes(storage.bytes)}${storage.log === null ? '' : ` and ${bytes(storage.log.bytes)} of WAL`})`,
    ],
    ['uuid', `${escapeForTerminal(ledger.uuid)}, created ${clock.text(ledger.createdAt)}`],
    ['head', ledger.head],
    ['events', `${count(events)} in ${plural(ledger.commits, 'commit')}${droppedText(ledger.archived)}`],
    ['time', spanText(ledger, clock)],
    ...lateRow(ledger),
    ...epochLines(ledger).map((line, at): [string, string] => [at === 0 ? 'routing' : '', line]),
    ['time field', timeFieldText(config)],
    ['unique id', config.unique === null ? 'none' : escapeForTerminal(config.unique)],
    [
      'settings',
      `durability ${config.durability}, determinism ${config.determinism}, lines up to ${bytes(config.lineBytesMax)}, compression ${config.compression}`,
    ],
    ...framesRow(ledger.partitions),
    ...storageRows(storage),
  ];
  for (const producer of ledger.producers) rows.push(['producer', producerText(producer)]);
  if (ledger.sessions > 0) rows.push(['sessions', `${count(ledger.sessions)} pinned`]);
  if (storage.foreignObjects.length > 0) rows.push(['foreign', foreignText(storage.foreignObjects)]);
  for (const warning of ledger.warnings) rows.push(['warning', warningText(warning)]);
  const facts = rows.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n');
  const tables = [await partitionTable(ledger.partitions, clock)];
  if (groups.length > 0) tables.push(await groupTable(groups));
  if (archived.length > 0) tables.push(await archivedText(archived, clock));
  return [facts, ...tables].join('\n\n');
}

function spanText({ firstTime, lastTime }: OverviewDocument, clock: ShownClock): string {
  return firstTime === null || lastTime === null ? 'none yet' : `${clock.text(firstTime)} to ${clock.text(lastTime)}`;
}

/** How many of the events are gone: sequences and counts go on over them. */
function droppedText(archived: OverviewDocument['archived']): string {
  const dropped = archived.filter(({ file }) => file === null);
  const events = dropped.reduce((sum, { from, through }) => sum + through - from + 1, 0);
  return events === 0 ? '' : `, ${count(events)} of them dropped`;
}

/** How many events came late, where they have times of their own. */
function lateRow({ late, events, config }: OverviewDocument): [string, string][] {
  if (config.time === null || events === 0) return [];
  if (late === null)
    return [['late', onNamedLedger('unknown: events cannot be read; check them with: completengine inspect --verify')]];
  if (late.events === 0) return [['late', late.isSample ? `none in a sample of ${count(late.examined)}` : 'none']];
  const share = percent(late.events / late.examined);
  const found = late.isSample
    ? `~${share} of the events, by a sample of ${count(late.examined)}`
    : `${plural(late.events, 'event')}, ${share}`;
  return [['late', `${found}; by ${span(late.worstMs)} at most`]];
}

/** What compression has saved, if any frame is compressed: that does not depend on the setting. */
function framesRow(partitions: OverviewDocument['partitions']): [string, string][] {
  const plain = partitions.reduce((sum, each) => sum + each.bytes, 0);
  const stored = partitions.reduce((sum, each) => sum + each.storedBytes, 0);
  if (plain === stored) return [];
  const about = partitions.some(({ isEstimate }) => isEstimate) ? '~' : '';
  return [['frames', `${about}${bytes(plain)}, stored compressed as ${about}${bytes(stored)}`]];
}

/** The stored position of its input: in bytes, or as a sequence of another ledger. */
function producerText({ name, position }: OverviewDocument['producers'][number]): string {
  const place =
    readTransferName(name) === null
      ? `at byte ${count(position)} of its input`
      : `through source sequence ${count(position)}`;
  return `${escapeForTerminal(name)} ${place}`;
}

const FOREIGN_SHOWN = 8;

/** Objects that other tools have added to the file. */
function foreignText(objects: OverviewDocument['storage']['foreignObjects']): string {
  const shown = objects.slice(0, FOREIGN_SHOWN).map(({ type, name }) => `${type} ${escapeForTerminal(name)}`);
  const hidden = objects.length - shown.length;
  return `${shown.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}: not part of the ledger, ignored`;
}

const EPOCHS_SHOWN = 8;

/** The last epochs; the current one is last. */
function epochLines({ epochs }: OverviewDocument): string[] {
  const hidden = Math.max(0, epochs.length - EPOCHS_SHOWN);
  const shown = epochs.slice(hidden).map(epochText);
  return hidden === 0 ? shown : [`${plural(hidden, 'earlier epoch')}: inspect --json`, ...shown];
}

export function eventText(event: EventDocument, isTerminal: boolean, clock: ShownClock): string {
  const { payload } = event;
  return [
    `sequence   ${event.sequence}`,
    `partition  ${escapeForTerminal(event.partition)}`,
    `offset     ${event.offset}`,
    `time       ${clock.text(event.time)}`,
    `key        ${event.key === null ? 'none' : escapeForTerminal(event.key)}`,
    `payload    ${isTerminal ? escapeForTerminal(payload) : payload}`,
  ].join('\n');
}

function timeFieldText({ time, tz }: OverviewDocument['config']): string {
  if (time === null) return 'none (arrival time)';
  return escapeForTerminal(tz === undefined ? time : `${time}, in ${tz} where it has no offset`);
}
