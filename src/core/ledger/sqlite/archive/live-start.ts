/** Where the ledger's own rows begin: at sequence 1, or after the last archived run, whose record keeps what the rows before it would say. */

import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { GENESIS } from '../../protocol/chain.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import { blob, positive, type RawRow, text } from '../connection/rows.ts';
import { isTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

/** End of a partition: the offset of its next event, and the time of its last one; null in an empty partition. */
export interface PartitionEnd {
  readonly nextOffset: number;
  readonly lastTime: Micros | null;
}

/** End of a partition in the record of an archived run. */
export interface ArchivedEnd extends PartitionEnd {
  /** Time of the first event that the partition ever had; null in an empty one. */
  readonly firstTime: Micros | null;
}

export interface LiveStart {
  /** The first sequence that is not archived. Rows before it are being deleted, and are not read. */
  readonly sequence: number;
  /** Chain hash of the last commit before it. */
  readonly hash: Buffer;
  /** End of a partition before it. */
  endOf(partition: PartitionId): ArchivedEnd;
}

const EMPTY: ArchivedEnd = { nextOffset: 0, firstTime: null, lastTime: null };
const BEGINNING: LiveStart = { sequence: 1, hash: GENESIS, endOf: () => EMPTY };

/** As of the statement, or of the transaction. @throws LedgerError VERIFICATION_FAILED */
export function readLiveStart(statements: Statements): LiveStart {
  if (!isTable(statements, 'segments')) return BEGINNING;
  const row = statements
    .get<[], RawRow>('SELECT through, hash_behind, ends FROM segments ORDER BY number DESC LIMIT 1')
    .get();
  if (row === undefined) return BEGINNING;
  return liveStartAfter({
    through: positive(row, 'through'),
    hashBehind: blob(row, 'hash_behind'),
    ends: text(row, 'ends'),
  });
}

/** `last`: the record of the last archived run; null if nothing was archived. */
export function liveStartAfter(last: Pick<ArchiveRow, 'through' | 'hashBehind' | 'ends'> | null): LiveStart {
  if (last === null) return BEGINNING;
  const ends = parseEnds(last.ends);
  return { sequence: last.through + 1, hash: last.hashBehind, endOf: (partition) => ends[partition] ?? EMPTY };
}

/** By partition. */
export function formatEnds(ends: readonly ArchivedEnd[]): string {
  return JSON.stringify(ends.map(({ nextOffset, firstTime, lastTime }) => [nextOffset, firstTime, lastTime]));
}

/** @throws LedgerError VERIFICATION_FAILED */
function parseEnds(json: string): ArchivedEnd[] {
  const ends = read(json);
  if (Array.isArray(ends) && ends.every(isEnd))
    return ends.map(([nextOffset, firstTime, lastTime]) => ({ nextOffset, firstTime, lastTime }));
  throw new LedgerError('VERIFICATION_FAILED', {
    message: 'the ledger is damaged: the ends of the partitions in the record of an archived run cannot be read',
    hint: 'restore an intact copy of the ledger',
  });
}

function read(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isEnd(value: unknown): value is [number, number | null, number | null] {
  const isTimeOrNull = (time: unknown): boolean => time === null || Number.isSafeInteger(time);
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    Number.isSafeInteger(value[0]) &&
    value[0] >= 0 &&
    isTimeOrNull(value[1]) &&
    isTimeOrNull(value[2])
  );
}
