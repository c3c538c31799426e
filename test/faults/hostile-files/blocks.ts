/** Changes what the blocks of a segment hold under their compression, which no column shows: the lists of their commits, and bodies that are bombs. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compress, decompress } from '../../../src/core/native/zstd.ts';
import type { Seeded } from '../../support/seeded.ts';
import { bomb } from '../../support/zstd-bomb.ts';
import type { Family, Site } from './damage.ts';
import { ARCHIVE, LEDGER } from './originals.ts';
import { openUnsafe } from './rows.ts';
import { changedJson } from './values.ts';

const MEGABYTE = 1024 * 1024;

/** Its segments, or the file itself where it is one. */
function segmentsOf({ directory, original }: Site): string[] {
  if (original.isSegment) return [join(directory, LEDGER)];
  const hasArchive = [...original.files.keys()].some((name) => name.startsWith(ARCHIVE));
  return hasArchive ? readdirSync(join(directory, ARCHIVE), 'utf8').map((name) => join(directory, ARCHIVE, name)) : [];
}

function changeColumns(json: string, random: Seeded): string {
  if (random.unit() < 0.6) return changedJson(json, random);
  const columns = JSON.parse(json) as Record<string, unknown>;
  const [name, value] = random.pick<[string, unknown]>([
    ['commits', random.pick([0, -1, 2, 1e6, 2 ** 53, 1.5, '1', null])],
    ['frames', [2 ** 31, 0]],
    ['bytes', [2 ** 53 - 1, 2 ** 53 - 1]],
    ['bytes', [-1]],
    ['counts', [2 ** 53 - 1, 2 ** 53 - 1]],
    ['partitions', [9, -1]],
    [
      'keys',
      [
        [0, 'a'],
        [0, 'b'],
        [1e9, 'c'],
      ],
    ],
    ['keys', 'x'.repeat(1000)],
    ['producers', ['__proto__', '\u001b[5;7m']],
    ['digests', ['zz']],
  ]);
  return JSON.stringify({ ...columns, [name]: value });
}

function damage(site: Site, random: Seeded): string | null {
  const segments = segmentsOf(site);
  if (segments.length === 0) return null;
  const db = openUnsafe(random.pick(segments.sort()));
  try {
    const { first, commits } = db
      .prepare('SELECT first_sequence AS first, commits FROM block ORDER BY first_sequence DESC LIMIT 1')
      .get() as { first: number; commits: Buffer };
    const set = (bytes: Buffer): void =>
      void db.prepare('UPDATE block SET commits = ? WHERE first_sequence = ?').run(bytes, first);
    const kind = random.pick(['columns', 'columns', 'columns', 'bomb', 'bodies'] as const);
    if (kind === 'columns') {
      const json = changeColumns(decompress(commits, 64 * MEGABYTE).toString(), random);
      set(compress(Buffer.from(json), 1));
      return `segment: columns ${json.slice(0, 300)}`;
    }
    const megabytes = random.pick([64, 256, 512, 2048]);
    const bytes = bomb(megabytes * MEGABYTE, megabytes * 8);
    if (kind === 'bomb') set(bytes);
    else {
      db.prepare('UPDATE part SET bodies = ? WHERE block = ?').run(bytes, first);
      const columns = JSON.parse(decompress(commits, 64 * MEGABYTE).toString()) as Record<string, unknown>;
      columns['bytes'] = (columns['bytes'] as number[]).map(() => megabytes * MEGABYTE);
      set(compress(Buffer.from(JSON.stringify(columns)), 1));
    }
    return `segment: ${kind} of ${megabytes} MB`;
  } finally {
    db.close();
  }
}

export const BLOCKS: readonly Family[] = [{ name: 'block', share: 12, damage }];
