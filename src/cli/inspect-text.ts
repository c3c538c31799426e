/** What `inspect` and `partition` show, as text and as documents. */

import {
  formatFieldPath,
  formatHead,
  formatRoutingSpec,
  formatTime,
  type LedgerDescription,
  type LedgerEvent,
  type LedgerIdentity,
  type PartitionSummary,
} from '../index.ts';
import { escapeForTerminal } from './escape.ts';
import { bytes, count, plural } from './figures.ts';

function timeOf(micros: number | null): string | null {
  return micros === null ? null : formatTime(micros);
}

export function overviewDocument(ledger: LedgerDescription): object {
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
    firstTime: timeOf(ledger.firstTime),
    lastTime: head.sequence === 0 ? null : formatTime(head.time),
    config: {
      time: config.time === null ? null : formatFieldPath(config.time),
      unique: config.unique === null ? null : formatFieldPath(config.unique),
      durability: config.durability,
      determinism: config.determinism,
      lineBytesMax: config.lineBytesMax,
    },
    epochs: identity.epochs.map((epoch) => ({
      epoch: epoch.epoch,
      fromSequence: epoch.fromSequence,
      routing: formatRoutingSpec(epoch.spec),
      partitions: epoch.partitionCount,
    })),
    partitions: ledger.partitions.map(partitionDocument),
    producers: ledger.producers,
    sessions: ledger.sessions,
    storage,
  };
}

export function partitionDocument(partition: PartitionSummary): object {
  return { ...partition, firstTime: timeOf(partition.firstTime), lastTime: timeOf(partition.lastTime) };
}

/** The routing in force, and over how many partitions; one that is for events without a key alone is named apart. */
export function routingText({ epochs, partitions }: LedgerIdentity): string {
  const { spec, partitionCount } = epochs.at(-1) ?? epochs[0];
  const isApart = partitions.some(({ id, name }) => name === spec.missing && id >= partitionCount);
  return `${formatRoutingSpec(spec)} over ${plural(partitionCount, 'partition')}${isApart ? ` and ${spec.missing}` : ''}`;
}

export async function overviewText(ledger: LedgerDescription): Promise<string> {
  const { identity, head, storage } = ledger;
  const { config } = identity;
  const epoch = identity.epochs.at(-1) ?? identity.epochs[0];
  const rows: [string, string][] = [
    ['ledger', `${escapeForTerminal(identity.path)} (format ${ledger.format}, ${bytes(storage.fileBytes)} and ${bytes(storage.walBytes)} of WAL)`],
    ['uuid', `${escapeForTerminal(identity.uuid)}, made ${formatTime(identity.createdAt)}`],
    ['head', formatHead(head)],
    ['events', `${count(head.sequence)} in ${plural(ledger.commits, 'commit')}`],
    ['time', head.sequence === 0 ? 'none yet' : `${timeOf(ledger.firstTime)} to ${formatTime(head.time)}`],
    ['routing', `${routingText(identity)}, epoch ${epoch.epoch} from sequence ${epoch.fromSequence}`],
    ['time field', config.time === null ? 'none: arrival counts' : escapeForTerminal(formatFieldPath(config.time))],
    ['unique id', config.unique === null ? 'none' : escapeForTerminal(formatFieldPath(config.unique))],
    ['settings', `durability ${config.durability}, determinism ${config.determinism}, lines up to ${bytes(config.lineBytesMax)}`],
    ['storage', [storage.engine, ...Object.entries(storage.settings).map(([name, value]) => `${name} ${value}`)].join(', ')],
  ];
  for (const producer of ledger.producers) rows.push(['producer', `${producer.name} at byte ${count(producer.position)} of its input`]);
  if (ledger.sessions > 0) rows.push(['sessions', `${count(ledger.sessions)} with a pin`]);
  if (storage.isOpenToOthers) rows.push(['warning', 'others than the owner may read or write the file: chmod 600']);
  const facts = rows.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n');
  return `${facts}\n\n${await partitionTable(ledger.partitions)}`;
}

export async function partitionTable(partitions: readonly PartitionSummary[]): Promise<string> {
  const { renderTable } = await import('./table.ts');
  const total = partitions.reduce((sum, { events }) => sum + events, 0);
  const rows = partitions.map((partition) => [
    partition.name,
    count(partition.events),
    total === 0 ? '' : `${((100 * partition.events) / total).toFixed(1)} %`,
    bytes(partition.bytes),
    partition.events === 0 ? '' : `0-${partition.nextOffset - 1}`,
    timeOf(partition.firstTime) ?? '',
    timeOf(partition.lastTime) ?? '',
  ]);
  return renderTable(
    ['partition', 'events', 'share', 'stored', 'offsets', 'first time', 'last time'],
    ['left', 'right', 'right', 'right', 'right', 'left', 'left'],
    rows,
  );
}

/** A payload is text in the document: it is JSON, but parsing it would change what it is. */
export function eventDocument(event: LedgerEvent): object {
  return { ...event, time: formatTime(event.time), payload: event.payload.toString('utf8') };
}

export function eventText(event: LedgerEvent, isTerminal: boolean): string {
  const payload = event.payload.toString('utf8');
  return [
    `sequence   ${event.sequence}`,
    `partition  ${event.partition}`,
    `offset     ${event.offset}`,
    `time       ${formatTime(event.time)}`,
    `key        ${event.key === null ? 'none' : escapeForTerminal(event.key)}`,
    `payload    ${isTerminal ? escapeForTerminal(payload) : payload}`,
  ].join('\n');
}
