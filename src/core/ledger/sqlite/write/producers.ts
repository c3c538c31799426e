/** Reads and writes the positions of producers: how far each input is stored, and by which commit. */

import type { Database } from 'better-sqlite3';
import type { ProducerPosition, ProducerStep } from '../../../model/events/commit.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';
import { blob, clientName, natural, positive, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';

const UNKNOWN_PRODUCER: ProducerPosition = { position: 0, digest: Buffer.alloc(0) };

export interface ProducerRow extends ProducerPosition {
  readonly name: string;
  /** First sequence of the commit that stored the position. */
  readonly sequence: number;
}

export function readProducer(db: Database, name: string): ProducerPosition {
  return findProducer(db, name) ?? UNKNOWN_PRODUCER;
}

function findProducer(db: Database, name: string): ProducerRow | null {
  if (!hasTable(db, 'producers')) return null;
  const row = db
    .prepare<[string], RawRow>('SELECT name, position, digest, sequence FROM producers WHERE name = ?')
    .get(name);
  return row === undefined ? null : toProducerRow(row);
}

/** All of them, by name. */
export function readProducers(db: Database): ProducerRow[] {
  if (!hasTable(db, 'producers')) return [];
  return db
    .prepare<[], RawRow>('SELECT name, position, digest, sequence FROM producers ORDER BY name')
    .all()
    .map(toProducerRow);
}

function toProducerRow(row: RawRow): ProducerRow {
  return {
    name: clientName(row, 'name'),
    position: natural(row, 'position'),
    digest: blob(row, 'digest'),
    sequence: positive(row, 'sequence'),
  };
}

/**
 * The position from which an input continues. Its commit must exist: if commits were truncated and this table was not, the lines that were lost would be
 * skipped as stored. @throws LedgerError VERIFICATION_FAILED
 */
export function provenProducer(db: Database, name: string): ProducerPosition {
  return db
    .transaction(() => {
      const producer = findProducer(db, name);
      if (producer === null) return UNKNOWN_PRODUCER;
      if (!isCommitted(db, producer)) throw aheadOfChain(producer);
      return producer;
    })
    .deferred();
}

function isCommitted(db: Database, { name, position, digest, sequence }: ProducerRow): boolean {
  const find =
    'SELECT 1 FROM commits WHERE first_sequence = ? AND producer = ? AND producer_position = ? AND producer_digest = ?';
  return db.prepare(find).get(sequence, name, position, digest) !== undefined;
}

/** Error for a position without its commit. */
export function aheadOfChain({ name, position, sequence }: ProducerRow): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `producer '${name}' stands at position ${position}, and its commit at sequence ${sequence} is not in the ledger: an end was cut off, or rows have changed`,
    hint: `look for a newer copy with its -wal; to go on from here give the input another producer name; ${IF_COPIED}`,
    details: { producer: name, position, sequence },
  });
}

/** Inside the transaction of the commit at `sequence`. */
export function keepProducer(db: Database, { name, position, digest }: ProducerStep, sequence: number): void {
  createOnDemand(db, 'producers');
  db.prepare(
    `INSERT INTO producers (name, position, digest, sequence) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET position = excluded.position, digest = excluded.digest, sequence = excluded.sequence`,
  ).run(name, position, digest, sequence);
}
