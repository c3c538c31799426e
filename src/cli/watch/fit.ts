/** Fits tables and lists into a window: drops columns by rank, and divides the rows. Pure. */

import stringWidth from 'string-width';
import { cut, cutLine } from '../terminal/cut.ts';
import { type Align, renderTable } from '../terminal/table.ts';

export interface LiveColumn<Row> {
  readonly head: string;
  readonly align: Align;
  readonly cell: (row: Row) => string;
  /** Without room the highest rank is dropped first; rank 0 is never dropped. */
  readonly rank: number;
}

/** The column after the first one, which takes the remaining width. */
export interface BarColumn<Row> {
  readonly head: (cells: number) => string;
  readonly draw: (row: Row, cells: number) => string;
  readonly rank: number;
}

const GAP = 2;
const BAR_CELLS_MIN = 6;
/** Equal for all tables of a page, so that their bars align; one cell for each of 60 seconds. */
const BAR_CELLS_MAX = 60;

/** Returns the lines of a table, its head first, none wider than the window. */
export async function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly LiveColumn<Row>[],
  bar: BarColumn<Row>,
  width: number,
): Promise<string[]> {
  let fitting: readonly LiveColumn<Row>[] = columns;
  let barRank: number | null = bar.rank;
  const cells = () => Math.min(BAR_CELLS_MAX, width - widthOf(rows, fitting) - GAP);
  for (;;) {
    if (barRank !== null && cells() >= BAR_CELLS_MIN) break;
    const last = Math.max(...fitting.map(({ rank }) => rank));
    if (barRank === null && (widthOf(rows, fitting) <= width || last === 0)) break;
    if (barRank !== null && barRank >= last) barRank = null;
    else fitting = fitting.filter(({ rank }) => rank !== last);
  }
  const [name, ...rest] = fitting;
  const drawn = barRank === null || name === undefined ? fitting : [name, toColumn(bar, cells()), ...rest];
  const text = renderTable(
    drawn.map(({ head }) => head),
    drawn.map(({ align }) => align),
    rows.map((row) => drawn.map(({ cell }) => cell(row))),
  );
  return text.split('\n').map((line) => cutLine(line, width));
}

/** Padded to the full width, so that the columns after it do not move. */
function toColumn<Row>({ head, draw }: BarColumn<Row>, cells: number): LiveColumn<Row> {
  return { head: cut(head(cells), cells).padEnd(cells), align: 'left', rank: 0, cell: (row) => draw(row, cells) };
}

function widthOf<Row>(rows: readonly Row[], columns: readonly LiveColumn<Row>[]): number {
  const widths = columns.map(({ head, cell }) =>
    Math.max(stringWidth(head), ...rows.map((row) => stringWidth(cell(row)))),
  );
  return widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1));
}

/** Returns the first of several texts that fits, or the last one truncated. */
export function firstFitting(lines: readonly string[], width: number): string {
  return lines.find((line) => stringWidth(line) <= width) ?? cutLine(lines.at(-1) ?? '', width);
}

/** Divides rows evenly among lists; rows that a shorter list does not need go to the others. */
export function shareRows(wants: readonly number[], rows: number): number[] {
  const shares = wants.map(() => 0);
  for (let rest = rows; rest > 0; rest--) {
    const wanting = shares.flatMap((share, at) => (share < (wants[at] ?? 0) ? [{ share, at }] : []));
    const [poorest] = wanting.sort((one, other) => one.share - other.share || one.at - other.at);
    if (poorest === undefined) break;
    shares[poorest.at] = poorest.share + 1;
  }
  return shares;
}
