/**
 * Verifies the positions beside the chain: those of producers and of groups. A position ahead of the chain shows that commits were truncated, which the
 * chain itself cannot show; it would skip lines of the producer's next run, or events of the next commits.
 */

import type { Database } from 'better-sqlite3';
import type { SequenceRange } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { brokenCommit, IF_COPIED } from '../../protocol/broken-commit.ts';
import { blob, clientName, natural, positive, type RawRow } from '../connection/rows.ts';
import { hasTable } from '../connection/schema.ts';
import { aheadOfChain, type ProducerRow, readProducers } from '../write/producers.ts';
import { positionAt } from './lanes.ts';
import type { LedgerHistory } from './ledger-history.ts';
import type { FrameReader } from './read.ts';

type Position = Omit<ProducerRow, 'name'>;

/**
 * `producers`: the position of each by the commits of the range that was verified, which ends at the head. In one transaction, so that later commits are seen together with the positions that they
 * changed. @throws LedgerError VERIFICATION_FAILED
 */
export function checkPositions(
  db: Database,
  reader: FrameReader,
  history: LedgerHistory,
  { from, through: head }: SequenceRange,
  producers: ReadonlyMap<string, Position>,
): void {
  db.transaction(() => {
    const { first, next } = reader.lastCommitThrough(Number.MAX_SAFE_INTEGER);
    const partitions = reader.partitionIds();
    const beyond = reader.frameBeyond(next === first ? 0 : first, partitions);
    if (beyond !== null)
      throw brokenCommit(next, `partition tables hold frames at sequence ${beyond}, and the commit is missing`);
    checkProducers(db, from, withThoseSince(db, head, producers));
    if (!hasTable(db, 'groups')) return;
    checkCursors(db, reader, history, next);
    checkParked(db, next);
  }).deferred();
}

function withThoseSince(db: Database, head: number, producers: ReadonlyMap<string, Position>): Map<string, Position> {
  const all = new Map(producers);
  const rows = db.prepare<[number], RawRow>(
    'SELECT first_sequence, producer, producer_position, producer_digest FROM commits WHERE first_sequence > ? AND producer IS NOT NULL ORDER BY first_sequence',
  );
  for (const row of rows.iterate(head)) {
    const sequence = positive(row, 'first_sequence');
    all.set(clientName(row, 'producer'), {
      sequence,
      position: natural(row, 'producer_position'),
      digest: blob(row, 'producer_digest'),
    });
  }
  return all;
}

/** Producers whose last commit is archived and not at hand are taken as they are. */
function checkProducers(db: Database, from: number, committed: ReadonlyMap<string, Position>): void {
  const rows = readProducers(db);
  for (const row of rows) {
    const expected = committed.get(row.name);
    if (expected === undefined && row.sequence < from) continue;
    if (expected === undefined || row.position > expected.position) throw aheadOfChain(row);
    if (row.position < expected.position || row.sequence !== expected.sequence || !row.digest.equals(expected.digest)) {
      throw brokenCommit(expected.sequence, `producer '${row.name}' is not where this commit has brought it`);
    }
  }
  const known = new Set(rows.map((row) => row.name));
  for (const [producer, { sequence }] of committed) {
    if (!known.has(producer)) throw brokenCommit(sequence, `its producer '${producer}' is missing`);
  }
}

/** `next`: the sequence after the last commit. */
function checkCursors(db: Database, reader: FrameReader, history: LedgerHistory, next: number): void {
  const { sequence: atHand } = history.firstAtHand();
  const partitions = new Set(reader.partitionIds());
  const rows = db
    .prepare<[], RawRow>(
      'SELECT group_name, partition, next_offset, next_sequence FROM cursors ORDER BY group_name, partition',
    )
    .all();
  for (const row of rows) {
    const group = clientName(row, 'group_name');
    const partition = natural(row, 'partition');
    const [offset, sequence] = [natural(row, 'next_offset'), positive(row, 'next_sequence')];
    if (!partitions.has(partition))
      throw broken(`group '${group}' has a cursor in partition ${partition}, and there is none`);
    if (sequence > next)
      throw ahead(`group '${group}' goes on from sequence ${sequence} of partition ${partition}`, next);
    // before it there is nothing to compare with
    if (sequence < atHand) continue;
    const { nextOffset } = positionAt(history, partition, sequence);
    if (offset > nextOffset)
      throw ahead(`group '${group}' goes on from offset ${offset} of partition ${partition}, not ${nextOffset}`, next);
    if (offset < nextOffset)
      throw broken(`group '${group}' goes on from offset ${offset} of partition ${partition}, not ${nextOffset}`);
  }
}

function checkParked(db: Database, next: number): void {
  const row = db
    .prepare<[number], RawRow>('SELECT group_name, sequence FROM parked WHERE sequence NOT BETWEEN 1 AND ? LIMIT 1')
    .get(next - 1);
  if (row !== undefined)
    throw ahead(`group '${clientName(row, 'group_name')}' has parked sequence ${String(row['sequence'])}`, next);
}

function ahead(fact: string, next: number): LedgerError {
  return broken(`${fact}, and the chain ends at sequence ${next - 1}: an end was cut off, or rows have changed`);
}

function broken(fact: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the chain is intact, but a position stored beside it is not: ${fact}`,
    hint: `look for a newer copy with its -wal; a group is set to another place with: completengine group reset GROUP --from PLACE --yes; ${IF_COPIED}`,
  });
}
