/** Formats the partitions of a ledger as tables and documents, with their events and skew. */

import type { PartitionDescription, PartitionSummary } from '../../index.ts';
import { bar } from '../terminal/bar.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, percent } from '../terminal/format-numbers.ts';
import type { Align } from '../terminal/table.ts';
import { timeOrNull } from '../terminal/times.ts';

type Column<Row> = readonly [head: string, align: Align, cell: (row: Row) => string];

const BAR_CELLS = 16;

/** The table of `inspect`. */
export function partitionTable(partitions: readonly PartitionSummary[]): Promise<string> {
  const total = eventsIn(partitions);
  return table(partitions, [NAME, EVENTS, share(total), STORED, OFFSETS, ...TIMES]);
}

/** The table of `partition`: with rule, skew and, on a terminal, a bar. A narrow terminal gets no sizes, offsets and times. */
export async function reachTable(
  partitions: readonly PartitionDescription[],
  terminalColumns: number | null,
): Promise<string> {
  const evenEvents = evenShare(partitions);
  const most = Math.max(...partitions.map(({ events }) => events), 1);
  const rule: Column<PartitionDescription> = ['rule', 'left', (partition) => partition.rule];
  const skew: Column<PartitionDescription> = ['skew', 'right', (partition) => skewText(skewOf(partition, evenEvents))];
  const length: Column<PartitionDescription> = ['', 'left', ({ events }) => bar(events, most, BAR_CELLS)];
  const spread = [NAME, rule, EVENTS, share(eventsIn(partitions)), skew];
  const stored = [STORED, OFFSETS, ...TIMES];
  if (terminalColumns === null) return table(partitions, [...spread, ...stored]);
  const wide = await table(partitions, [...spread, length, ...stored]);
  const isFitting = wide.split('\n').every((line) => line.length <= terminalColumns);
  return isFitting ? wide : table(partitions, [...spread, length]);
}

export function partitionDocument(partition: PartitionSummary): object {
  return { ...partition, firstTime: timeOrNull(partition.firstTime), lastTime: timeOrNull(partition.lastTime) };
}

/** `share`: of all events, 0 to 1. `skew`: ratio to an even share of the partitions that keys can reach; null if no key leads there. */
export function reachDocuments(partitions: readonly PartitionDescription[]): object[] {
  const total = eventsIn(partitions);
  const evenEvents = evenShare(partitions);
  return partitions.map((partition) => ({
    ...partitionDocument(partition),
    firstOffset: partition.events === 0 ? null : 0,
    lastOffset: partition.events === 0 ? null : partition.nextOffset - 1,
    share: total === 0 ? null : partition.events / total,
    skew: skewOf(partition, evenEvents),
  }));
}

function eventsIn(partitions: readonly PartitionSummary[]): number {
  return partitions.reduce((sum, { events }) => sum + events, 0);
}

/** Events per partition if all partitions with keys had the same number. */
function evenShare(partitions: readonly PartitionDescription[]): number {
  const keyed = partitions.filter(({ isKeyed }) => isKeyed);
  return eventsIn(keyed) / keyed.length;
}

function skewOf({ isKeyed, events }: PartitionDescription, evenEvents: number): number | null {
  return isKeyed && evenEvents > 0 ? events / evenEvents : null;
}

function skewText(skew: number | null): string {
  return skew === null ? '' : `x${skew.toFixed(2)}`;
}

const NAME: Column<PartitionSummary> = ['partition', 'left', ({ name }) => escapeForTerminal(name)];
const EVENTS: Column<PartitionSummary> = ['events', 'right', ({ events }) => count(events)];
const STORED: Column<PartitionSummary> = [
  'stored',
  'right',
  (partition) => `${partition.isEstimate ? '~' : ''}${bytes(partition.storedBytes)}`,
];
const OFFSETS: Column<PartitionSummary> = [
  'offsets',
  'right',
  ({ events, nextOffset }) => (events === 0 ? '' : `0-${nextOffset - 1}`),
];
const TIMES: readonly Column<PartitionSummary>[] = [
  ['first time', 'left', ({ firstTime }) => timeOrNull(firstTime) ?? ''],
  ['last time', 'left', ({ lastTime }) => timeOrNull(lastTime) ?? ''],
];

function share(total: number): Column<PartitionSummary> {
  return ['share', 'right', ({ events }) => (total === 0 ? '' : percent(events / total))];
}

async function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  return renderTable(
    columns.map(([head]) => head),
    columns.map(([, align]) => align),
    rows.map((row) => columns.map(([, , cell]) => cell(row))),
  );
}
