/**
 * Computes the chain of a ledger again, as somebody does who can write the file: whatever its rows hold then passes the hashes, and reaches the code behind
 * them.
 */

import type Database from 'better-sqlite3';
import { zstdText } from '../../../src/core/frames/frame-codec.ts';
import { GENESIS, hashArchive, hashBody, hashCommit, hashEpoch } from '../../../src/core/ledger/protocol/chain.ts';

type Row = Record<string, unknown>;

/** Returns what it did. Rows that no link can be made of stay as they are, and all behind them. */
export function forgeChain(db: Database.Database): string {
  db.defaultSafeIntegers(false);
  try {
    return forge(db);
  } catch (error) {
    return `chain left: ${(error as Error).message}`;
  } finally {
    db.defaultSafeIntegers(true);
  }
}

function forge(db: Database.Database): string {
  const rows = (sql: string): Row[] => db.prepare<[], Row>(sql).all();
  const has = (table: string): boolean =>
    db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
  const [ledger] = rows('SELECT uuid, created_at AS createdAt, config FROM ledger') as [
    { uuid: string; createdAt: number; config: string },
  ];
  const partitions = rows('SELECT id, name, table_name AS tableName, epoch FROM partition ORDER BY id') as never[];
  const frames = framesOf(
    db,
    rows('SELECT id FROM partition ORDER BY id').map(({ id }) => Number(id)),
  );
  const epochs = rows('SELECT * FROM epoch ORDER BY epoch');
  const archives = has('segments') ? rows('SELECT * FROM segments ORDER BY number') : [];
  const lastArchive = archives.at(-1);
  const start = lastArchive === undefined ? 1 : Number(lastArchive['through']) + 1;
  const commits = rows(`SELECT * FROM commits WHERE first_sequence >= ${start} ORDER BY first_sequence`);
  // with archived history only the end is forged: the links before it are in the segments
  let hash = lastArchive === undefined ? GENESIS : (lastArchive['hash_behind'] as Buffer);
  const links = [
    ...epochs.map((row) => ({ before: Number(row['from_sequence']), order: Number(row['epoch']) * 1e6, epoch: row })),
    ...archives.map((row) => ({
      before: Number(row['before_sequence']),
      order: Number(row['epoch']) * 1e6 + Number(row['number']),
      archive: row,
    })),
  ]
    .filter(({ before }) => before >= start)
    .sort((one, other) => one.before - other.before || one.order - other.order);
  const takeJoints = (before: number): void => {
    while (links[0] !== undefined && links[0].before <= before) {
      const link = links.shift() as { epoch?: Row; archive?: Row };
      hash =
        link.epoch === undefined
          ? archiveLink(db, hash, ledger.uuid, link.archive as Row)
          : epochLink(db, hash, ledger, link.epoch, partitions, has('placements'));
    }
  };
  for (const commit of commits) {
    takeJoints(Number(commit['first_sequence']));
    hash = hashCommit(hash, ledger.uuid, {
      firstSequence: commit['first_sequence'],
      count: commit['count'],
      firstTime: commit['first_time'],
      lastTime: commit['last_time'],
      committedAt: commit['committed_at'],
      producer: commit['producer'],
      producerPosition: commit['producer_position'],
      producerDigest: commit['producer_digest'],
      sentTo: commit['sent_to'],
      frames: frames.get(Number(commit['first_sequence'])) ?? [],
    } as never);
    db.prepare('UPDATE commits SET hash = ? WHERE first_sequence = ?').run(hash, commit['first_sequence']);
  }
  takeJoints(Number.MAX_SAFE_INTEGER);
  return 'chain forged';
}

/** By commit, with the hash of each body computed again. */
function framesOf(db: Database.Database, partitions: readonly number[]): Map<number, Row[]> {
  const frames = new Map<number, Row[]>();
  for (const partition of partitions) {
    for (const row of db.prepare<[], Row>(`SELECT * FROM p${partition} ORDER BY sequence`).all()) {
      const body = row['body'] as Buffer;
      const hash = hashBody(row['plain_bytes'] === null ? body : Buffer.from(zstdText(body)));
      db.prepare(`UPDATE p${partition} SET hash = ? WHERE sequence = ?`).run(hash, row['sequence']);
      const link = {
        ...{ partition, sequence: row['sequence'], offset: row['offset'], count: row['count'] },
        ...{ firstTime: row['first_time'], lastTime: row['last_time'], key: row['key'], hash },
      };
      const sequence = Number(row['sequence']);
      frames.set(sequence, [...(frames.get(sequence) ?? []), link]);
    }
  }
  return frames;
}

function epochLink(
  db: Database.Database,
  previous: Buffer,
  ledger: { uuid: string; createdAt: number; config: string },
  row: Row,
  partitions: readonly { epoch: number }[],
  hasPlacements: boolean,
): Buffer {
  const placements = hasPlacements
    ? db.prepare('SELECT key, partition FROM placements WHERE epoch = ? ORDER BY key').all(row['epoch'])
    : [];
  const hash = hashEpoch(previous, {
    ledger,
    epoch: row['epoch'],
    fromSequence: row['from_sequence'],
    routing: row['routing'],
    partitions: partitions.filter(({ epoch }) => epoch <= Number(row['epoch'])),
    placements,
  } as never);
  db.prepare('UPDATE epoch SET hash = ? WHERE epoch = ?').run(hash, row['epoch']);
  return hash;
}

function archiveLink(db: Database.Database, previous: Buffer, uuid: string, row: Row): Buffer {
  const hash = hashArchive(previous, uuid, {
    number: row['number'],
    beforeSequence: row['before_sequence'],
    epoch: row['epoch'],
    firstSequence: row['first_sequence'],
    through: row['through'],
    firstTime: row['first_time'],
    lastTime: row['last_time'],
    commits: row['commits'],
    archivedAt: row['archived_at'],
    ends: row['ends'],
    seams: row['seams'],
    hashBehind: row['hash_behind'],
    file: row['file'],
    bytes: row['bytes'],
    checksum: row['checksum'],
  } as never);
  db.prepare('UPDATE segments SET hash = ? WHERE number = ?').run(hash, row['number']);
  return hash;
}
