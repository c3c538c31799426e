/**
 * Notices rows that SQLite has written over others. In each page of a table a header that no hash covers says where its rows begin. SQLite puts the next row before
 * that place, whatever is there: a flipped bit cost a committed event, and the commit that overwrote it was reported as stored.
 */

import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';
import { PAGE_BYTES } from '../connection/connection.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

/** What a row takes of its page at least: a hash, three times, and the small numbers before them. A longer body is partly elsewhere; this much of it is in the page. */
const ROW_BYTES_MIN = 64;
const BODY_BYTES_MIN = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;
const ROWS_MAX = PAGE_BYTES / ROW_BYTES_MIN;
/** Rows that are looked at first; then four times as many, until they fill a page. Those of large commits do so soon, and each of them is in another page. */
const ROWS_FIRST = 8;

interface CheckedTable {
  readonly name: string;
  readonly key: string;
  /** SQL: all that the rows hold. */
  readonly content: string;
  /** SQL: how much of a page a row takes at least. */
  readonly bytes: string;
  readonly rowsMax: number;
}

/** The last rows of a table, as they were before an insert. */
interface LastRows {
  readonly table: CheckedTable;
  readonly first: number;
  readonly last: number;
  readonly content: Buffer;
}

const COMMITS: CheckedTable = {
  name: 'commits',
  key: 'first_sequence',
  content: contentOf(
    ['first_sequence', 'count', 'first_time', 'last_time', 'committed_at', 'producer_position', 'sent_to'],
    ['producer', 'producer_digest', 'hash'],
  ),
  bytes: String(ROW_BYTES_MIN),
  rowsMax: ROWS_MAX,
};

const FRAMES = {
  key: 'sequence',
  content: contentOf(
    ['sequence', 'offset', 'count', 'first_time', 'last_time', 'plain_bytes'],
    // a larger body is mostly in other pages, and is not read: of such a row the rest is compared
    ['key', 'hash', `CASE WHEN length(body) < ${PAGE_BYTES} THEN body ELSE length(body) END`],
  ),
  bytes: `${ROW_BYTES_MIN} + min(length(body), ${BODY_BYTES_MIN})`,
} as const;

/**
 * A row that is written over changes one of these sums or texts. Numbers as texts took twice the time. The halves of a number are added apart: what was written over
 * others can be any number of 64 bits, and SQLite refuses a sum that overflows.
 */
function contentOf(numbers: readonly string[], texts: readonly string[]): string {
  const sums = numbers.flatMap((column) => [`sum(${column} & 0xffffffff)`, `sum(${column} >> 32)`]);
  const joined = texts.map((column) => `group_concat(CAST(${column} AS TEXT), ' ')`);
  return `CAST(concat(${[...sums, ...joined].join(", ' ', ")}) AS BLOB)`;
}

/**
 * Compares the rows of a page before and after the first insert of a connection into a table. Later ones need no check: SQLite has written the page itself by then.
 * It takes 0.5 ms of a process: of each commit it would be more than the commit.
 */
export class OverwriteCheck {
  readonly #statements: Statements;
  /** Tables that this connection has inserted into, and found unharmed. */
  readonly #unharmed = new Set<string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Before the rows of a commit are inserted, in its transaction. `partitions`: those that get any. */
  begin(partitions: readonly PartitionId[]): readonly LastRows[] {
    const unknown = partitions.filter((id) => !this.#unharmed.has(partitionTable(id)));
    const tables = unknown.map((id) => frames(id, partitions.length));
    if (!this.#unharmed.has(COMMITS.name)) tables.push(COMMITS);
    return tables.map((table) => this.#lastRows(table));
  }

  /** After they were inserted. @throws LedgerError DAMAGED_LEDGER */
  end(before: readonly LastRows[]): void {
    for (const { table, first, last, content } of before) {
      if (!this.#content(table, first, last).equals(content)) throw overwritten(table);
      this.#unharmed.add(table.name);
    }
  }

  #lastRows(table: CheckedTable): LastRows {
    const { name, key, bytes, rowsMax } = table;
    const some = `SELECT ${key} AS at, ${bytes} AS bytes FROM ${name} ORDER BY ${key} DESC LIMIT ?`;
    const measure = this.#statements
      .get<[number], [number, number, number, number]>(
        `SELECT ifnull(min(at), 0), ifnull(max(at), 0), count(*), ifnull(sum(bytes), 0) FROM (${some})`,
      )
      .raw();
    for (let limit = Math.min(ROWS_FIRST, rowsMax); ; limit = Math.min(4 * limit, rowsMax)) {
      const [first, last, rows, sum] = measure.get(limit) as [number, number, number, number];
      if (sum < PAGE_BYTES && rows === limit && limit < rowsMax) continue;
      return { table, first, last, content: this.#content(table, first, last) };
    }
  }

  #content({ name, key, content }: CheckedTable, first: number, last: number): Buffer {
    const read = `SELECT ${content} FROM ${name} WHERE ${key} BETWEEN ? AND ?`;
    return this.#statements.get<[number, number], Buffer>(read).pluck().get(first, last) as Buffer;
  }
}

function frames(partition: PartitionId, partitions: number): CheckedTable {
  return { ...FRAMES, name: partitionTable(partition), rowsMax: Math.max(2, Math.floor(ROWS_MAX / partitions)) };
}

function overwritten({ name }: CheckedTable): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the ledger is damaged: SQLite would write over stored rows of the table ${name}; nothing of this commit is stored`,
    hint: `bring the events into a new ledger: completengine replay -o envelope | completengine emit --envelope -l NEW; ${IF_COPIED}`,
    details: { table: name },
  });
}
