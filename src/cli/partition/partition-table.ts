/** Formats the partitions of a ledger as tables, with their events and skew. */

import type { ReachedPartitionDocument, StoredPartitionDocument } from '../../views/partition-document.ts';
import { bar } from '../terminal/bar.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, percent } from '../terminal/format-numbers.ts';
import { type ShownClock, UTC_CLOCK } from '../terminal/shown-clock.ts';
import type { Align } from '../terminal/table.ts';

type Column<Row> = readonly [head: string, align: Align, cell: (row: Row) => string];

const BAR_CELLS = 16;

/** The table of `inspect`. */
export function partitionTable(partitions: readonly StoredPartitionDocument[], clock: ShownClock): Promise<string> {
  return table(partitions, [NAME, EVENTS, SHARE, STORED, OFFSETS, ...timesBy(clock)]);
}

/** The table of `partition`: with rule, skew and, on a terminal, a bar. A narrow terminal gets no sizes, offsets and times. */
export async function reachTable(
  partitions: readonly ReachedPartitionDocument[],
  terminalColumns: number | null,
): Promise<string> {
  const most = Math.max(...partitions.map(({ events }) => events), 1);
  const rule: Column<ReachedPartitionDocument> = ['rule', 'left', (partition) => partition.rule];
  const skew: Column<ReachedPartitionDocument> = ['skew', 'right', (partition) => skewText(partition.skew)];
  const length: Column<ReachedPartitionDocument> = ['', 'left', ({ events }) => bar(events, most, BAR_CELLS)];
  const spread = [NAME, rule, EVENTS, SHARE, skew];
  const stored = [STORED, OFFSETS, ...timesBy(UTC_CLOCK)];
  if (terminalColumns === null) return table(partitions, [...spread, ...stored]);
  const wide = await table(partitions, [...spread, length, ...stored]);
  const isFitting = wide.split('\n').every((line) => line.length <= terminalColumns);
  return isFitting ? wide : table(partitions, [...spread, length]);
}

function skewText(skew: number | null): string {
  return skew === null ? '' : `x${skew.toFixed(2)}`;
}

const NAME: Column<StoredPartitionDocument> = ['partition', 'left', ({ name }) => escapeForTerminal(name)];
const EVENTS: Column<StoredPartitionDocument> = ['events', 'right', ({ events }) => count(events)];
const SHARE: Column<StoredPartitionDocument> = [
  'share',
  'right',
  ({ share }) => (share === null ? '' : percent(share)),
];
const STORED: Column<StoredPartitionDocument> = [
  'stored',
  'right',
  (partition) => `${partition.isEstimate ? '~' : ''}${bytes(partition.storedBytes)}`,
];
const OFFSETS: Column<StoredPartitionDocument> = [
  'offsets',
  'right',
  ({ events, nextOffset }) => (events === 0 ? '' : `0-${nextOffset - 1}`),
];
function timesBy(clock: ShownClock): readonly Column<StoredPartitionDocument>[] {
  const text = (time: string | null) => (time === null ? '' : clock.text(time));
  return [
    ['first time', 'left', ({ firstTime }) => text(firstTime)],
    ['last time', 'left', ({ lastTime }) => text(lastTime)],
  ];
}

async function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  return renderTable(
    columns.map(([head]) => head),
    columns.map(([, align]) => align),
    rows.map((row) => columns.map(([, , cell]) => cell(row))),
  );
}
