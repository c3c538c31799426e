/** Renders tables without borders, for terminals and pipes. */

import Table from 'cli-table3';
import stringWidth from 'string-width';

export type Align = 'left' | 'right';

const NO_FRAME = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((part) => [part, '']),
);

/**
 * Rows of one table of cli-table3, which looks through all cells above for each cell: 10,000 rows at once take it minutes, and in slices of this many
 * the work grows with the rows.
 */
const SLICE = 64;

export function renderTable(
  head: readonly string[],
  aligns: readonly Align[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows];
  // given, so that all slices have the columns of the whole
  const widths = head.map((_, column) =>
    lines.reduce((most, cells) => Math.max(most, stringWidth(cells[column] ?? '')), 0),
  );
  const slices: string[] = [];
  for (let at = 0; at < lines.length; at += SLICE)
    slices.push(renderSlice(lines.slice(at, at + SLICE), aligns, widths));
  return slices.join('\n');
}

function renderSlice(
  lines: readonly (readonly string[])[],
  aligns: readonly Align[],
  widths: readonly number[],
): string {
  const table = new Table({
    colAligns: [...aligns],
    colWidths: [...widths],
    chars: { ...NO_FRAME, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push(...lines.map((cells) => [...cells]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
