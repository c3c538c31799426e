/** What `csv` and `tsv` share: a header, and the columns of each event between separators. */

import { inOption } from '../model/ledger-error.ts';
import { formatTime } from '../model/time/time.ts';
import { type TimeText, timeTextIn } from '../model/time/zoned-time-text.ts';
import type { CellStyle } from './cell.ts';
import { type ColumnPlan, parseColumns } from './columns.ts';
import { type ConfigurableFormat, type EventFormat, type FormatSetting, readSettings } from './event-format.ts';
import { PieceWriter } from './pieces.ts';
import type { RowPart } from './row-layout.ts';
import { rowsOf } from './rows.ts';

/** The setting of both. */
const FIELDS = {
  summary:
    'columns of -o csv and tsv: sequence, partition, offset, time, key, payload, and paths of fields such as properties.mag',
  helpValue: 'FIELD,..',
  isRequired: true,
} satisfies FormatSetting;
const SETTINGS = { fields: FIELDS };

export interface Dialect extends Pick<EventFormat, 'name' | 'summary'> {
  /** One byte. */
  readonly separator: number;
  readonly lineEnd: string;
  readonly cells: CellStyle;
}

/** A format of this dialect, which needs the setting `fields`. */
export function delimited(dialect: Dialect): ConfigurableFormat<'fields'> {
  return {
    name: dialect.name,
    summary: dialect.summary,
    layout: null,
    begin: '',
    lines: () => [],
    lacks: 'fields',
    settings: SETTINGS,
    with: (given) => {
      const { fields = '' } = readSettings(dialect.name, given, SETTINGS);
      return withColumns(
        dialect,
        inOption('fields', () => parseColumns(fields)),
        formatTime,
      );
    },
  };
}

function withColumns(dialect: Dialect, plan: ColumnPlan, timeText: TimeText): EventFormat {
  const { columns, paths } = plan;
  const { separator, cells } = dialect;
  const border = { literal: Buffer.of(separator) };
  const parts: RowPart[] = columns.flatMap(({ content }, nth) => (nth === 0 ? [{ content }] : [border, { content }]));
  parts.push({ literal: Buffer.from(dialect.lineEnd) });
  return {
    ...delimited(dialect),
    lacks: undefined,
    begin: header(dialect, plan),
    paths,
    lines: rowsOf(paths, { parts, cells, timeText }),
    inZone: (zone) => withColumns(dialect, plan, timeTextIn(zone)),
  };
}

function header({ separator, lineEnd, cells }: Dialect, { columns }: ColumnPlan): string {
  const out = new PieceWriter();
  for (const [nth, { name }] of columns.entries()) {
    if (nth > 0) out.byte(separator);
    cells.text(name, out);
  }
  out.text(lineEnd);
  return out.take().toString('utf8');
}
