/** Makes tables and lists fit a window: columns go by rank, rows are shared out. Pure. */

import stringWidth from 'string-width';
import { cut, cutLine } from '../terminal/cut.ts';
import { type Align, renderTable } from '../terminal/table.ts';

export interface LiveColumn<Row> {
  readonly head: string;
  readonly align: Align;
  readonly cell: (row: Row) => string;
  /** Where there is no room the highest goes first; 0 stays. */
  readonly rank: number;
}

/** Stands behind the first column and takes the room that is left. */
export interface BarColumn<Row> {
  readonly head: (cells: number) => string;
  readonly draw: (row: Row, cells: number) => string;
  readonly rank: number;
}

const GAP = 2;
const BAR_CELLS_MIN = 6;
/** All tables of a page have their bars between the same columns, and a minute of seconds fits. */
const BAR_CELLS_MAX = 60;

/** The lines of a table, its head first, none of them wider than the window. */
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

/** As wide as it may get, so that what stands behind it does not move. */
function toColumn<Row>({ head, draw }: BarColumn<Row>, cells: number): LiveColumn<Row> {
  return { head: cut(head(cells), cells).padEnd(cells), align: 'left', rank: 0, cell: (row) => draw(row, cells) };
}

function widthOf<Row>(rows: readonly Row[], columns: readonly LiveColumn<Row>[]): number {
  const widths = columns.map(({ head, cell }) =>
    Math.max(stringWidth(head), ...rows.map((row) => stringWidth(cell(row)))),
  );
  return widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1));
}

/** The first of several ways to say it that fits; the last one is cut. */
export function firstFitting(lines: readonly string[], width: number): string {
  return lines.find((line) => stringWidth(line) <= width) ?? cutLine(lines.at(-1) ?? '', width);
}

/** Divides rows among lists, evenly but for what a shorter one leaves to others. */
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
