/** The columns that a format shows of an event: facts that the ledger has, and fields of the payload. */

import { invalidArgument } from '../model/ledger-error.ts';
import { type FieldPath, parseFieldPath } from '../model/text/field-path.ts';
import { splitOutsideQuotes } from '../model/text/quoting.ts';
import type { TimeText } from '../model/time/zoned-time-text.ts';
import type { EventRow } from './event-row.ts';

/** Facts of an event, by their names; null: it has none. */
const FACTS = {
  sequence: ({ batch, at }: EventRow) => String(batch.sequences[at]),
  partition: ({ batch, at, labels }: EventRow) => labels.partitionName(batch.partition(at)),
  offset: ({ batch, at }: EventRow) => String(batch.offsets[at]),
  time: ({ batch, at }: EventRow, timeText: TimeText) => timeText(batch.times[at] as number),
  key: ({ key }: EventRow) => key,
} as const satisfies Record<string, (row: EventRow, timeText: TimeText) => string | null>;

type Fact = keyof typeof FACTS;

/** What a column shows: a fact, the whole payload, or the field in this place of {@link pathsOf}. */
type Content = { readonly fact: Fact } | 'payload' | { readonly field: number };

export interface Column {
  /** For a header: `sequence`, `properties.mag`. */
  readonly name: string;
  readonly content: Content;
}

/** Columns, and the fields of the payload that they need. */
export interface ColumnPlan {
  readonly columns: readonly Column[];
  readonly paths: readonly FieldPath[];
}

/**
 * Parses `sequence,time,key,properties.mag`: names of facts, `payload`, and paths of fields. A path may begin with
 * `payload.`, and must if its field is named like a fact.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function parseColumns(text: string): ColumnPlan {
  const plan = new ColumnPlanner();
  const names = splitOutsideQuotes(text, ',').map((part) => part.trim());
  const columns = names.map((name) => plan.column(name));
  const twice = columns.find(({ name }, at) => columns.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw invalidArgument(`the field ${twice.name} is named twice`, 'name each field once');
  return { columns, paths: plan.paths };
}

/** Collects the paths of columns that are parsed one by one. */
export class ColumnPlanner {
  readonly paths: FieldPath[] = [];

  /** @throws LedgerError INVALID_ARGUMENT */
  column(text: string): Column {
    if (Object.hasOwn(FACTS, text)) return { name: text, content: { fact: text as Fact } };
    if (text === 'payload') return { name: text, content: 'payload' };
    const inner = text.startsWith(PAYLOAD) ? text.slice(PAYLOAD.length) : text;
    const path = parseFieldPath(inner);
    const name = `${inner === text ? '' : PAYLOAD}${headerOf(path)}`;
    return { name, content: { field: this.paths.push(path) - 1 } };
  }
}

const PAYLOAD = 'payload.';

/** A path as the header of a column: the bare names, because a header is no path that is read back, and indices in brackets. */
function headerOf(path: FieldPath): string {
  return path.map((step, nth) => (typeof step === 'number' ? `[${step}]` : `${nth === 0 ? '' : '.'}${step}`)).join('');
}

export function factText(row: EventRow, fact: Fact, timeText: TimeText): string | null {
  return FACTS[fact](row, timeText);
}
