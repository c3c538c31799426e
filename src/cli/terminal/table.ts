/** Renders tables without borders, for terminals and pipes. */

import stringWidth from 'string-width';

export type Align = 'left' | 'right';

const GAP = '  ';
/** Of a column whose cells are empty. */
const WIDTH_MIN = 1;
/** These take a column each, and most cells have no others. */
const PLAIN = /^[ -~]*$/;

/**
 * Cells are one line each; they may be coloured. Work grows with the cells alone. cli-table3 compares each cell with all rows above it, and an `inspect` of
 * 256 partitions took 1.4 times the processor time even with tables in slices of 64 rows.
 */
export function renderTable(
  head: readonly string[],
  aligns: readonly Align[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows];
  const widths = lines.map((cells) => cells.map(columnsOf));
  const widest = head.map((_, column) => widths.reduce((most, line) => Math.max(most, line[column] ?? 0), WIDTH_MIN));
  return lines
    .map((cells, line) =>
      cells
        .map((cell, column) => {
          const padding = ' '.repeat((widest[column] ?? 0) - (widths[line]?.[column] ?? 0));
          return aligns[column] === 'right' ? padding + cell : cell + padding;
        })
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function columnsOf(cell: string): number {
  return PLAIN.test(cell) ? cell.length : stringWidth(cell);
}
