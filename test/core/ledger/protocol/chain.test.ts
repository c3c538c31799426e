/** Tests that the hash of a link covers every one of its columns: a column that it left out could be changed unnoticed. */

import { describe, expect, it } from 'vitest';
import {
  type CommitLink,
  type EpochLink,
  GENESIS,
  hashBody,
  hashCommit,
  hashEpoch,
} from '../../../../src/core/ledger/protocol/chain.ts';

const UUID = '3f9c1d2e-0000-4000-8000-000000000001';

const COMMIT: CommitLink = {
  firstSequence: 11,
  count: 3,
  firstTime: 1000,
  lastTime: 1002,
  committedAt: 2000,
  producer: 'feeder',
  producerPosition: 40,
  producerDigest: hashBody(Buffer.from('input')),
  sentTo: 1,
  frames: [0, 1].map((partition) => ({
    partition,
    sequence: 11 + partition,
    offset: 5 + partition,
    count: 1 + partition,
    firstTime: 1000 + partition,
    lastTime: 1001 + partition,
    key: `k${partition}`,
    hash: hashBody(Buffer.from(`body ${partition}`)),
  })),
};

const EPOCH: EpochLink = {
  ledger: { uuid: UUID, createdAt: 500, config: '{"format":1}' },
  epoch: 2,
  fromSequence: 14,
  routing: 'hash:k',
  partitions: [0, 1].map((id) => ({ id, name: `p${id}`, tableName: `partition_${id}`, epoch: 1 + id })),
  placements: [
    { key: 'acme', partition: 1 },
    { key: 'other', partition: 0 },
  ],
};

/** The paths of all leaves, with a copy of the link in which that leaf alone is different. */
function changed<Link>(link: Link): [path: string, link: Link][] {
  if (link === null || typeof link !== 'object' || Buffer.isBuffer(link)) return [['', otherThan(link) as Link]];
  return Object.entries(link).flatMap(([name, value]) =>
    changed(value).map(([path, other]): [string, Link] => {
      const copy = (Array.isArray(link) ? [...link] : { ...link }) as Record<string, unknown>;
      copy[name] = other;
      return [path === '' ? name : `${name}.${path}`, copy as Link];
    }),
  );
}

function otherThan(leaf: unknown): unknown {
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf === 'string') return `${leaf}x`;
  if (Buffer.isBuffer(leaf)) return hashBody(leaf);
  throw new Error(`no other value than ${String(leaf)} is known`);
}

describe('the hash of a commit', () => {
  const hash = hashCommit(GENESIS, UUID, COMMIT);

  it.each(changed(COMMIT))('covers %s', (_, other) => {
    expect(hashCommit(GENESIS, UUID, other).equals(hash)).toBe(false);
  });

  it.each(['producer', 'producerPosition', 'producerDigest', 'sentTo'] as const)('covers that %s is null', (column) => {
    expect(hashCommit(GENESIS, UUID, { ...COMMIT, [column]: null }).equals(hash)).toBe(false);
  });

  it('covers the link before, the ledger and the number of frames', () => {
    expect(hashCommit(hash, UUID, COMMIT).equals(hash)).toBe(false);
    expect(hashCommit(GENESIS, `${UUID}0`, COMMIT).equals(hash)).toBe(false);
    expect(hashCommit(GENESIS, UUID, { ...COMMIT, frames: COMMIT.frames.slice(0, 1) }).equals(hash)).toBe(false);
  });
});

describe('the hash of an epoch', () => {
  const hash = hashEpoch(GENESIS, EPOCH);

  it.each(changed(EPOCH))('covers %s', (_, other) => {
    expect(hashEpoch(GENESIS, other).equals(hash)).toBe(false);
  });

  it('covers the link before, and what it leaves out', () => {
    expect(hashEpoch(hash, EPOCH).equals(hash)).toBe(false);
    expect(hashEpoch(GENESIS, { ...EPOCH, placements: EPOCH.placements.slice(0, 1) }).equals(hash)).toBe(false);
    expect(hashEpoch(GENESIS, { ...EPOCH, partitions: EPOCH.partitions.slice(0, 1) }).equals(hash)).toBe(false);
  });
});

it('two lists of fields have different bytes, wherever one text ends and the next begins', () => {
  const hashOf = (name: string, tableName: string) =>
    hashEpoch(GENESIS, { ...EPOCH, partitions: [{ id: 0, name, tableName, epoch: 1 }] }).toString('hex');
  // a kind and an empty length between two texts: what a hash without lengths would see there anyway
  const between = '\u0002\0\0\0\0';
  expect(hashOf('a', `b${between}c`)).not.toBe(hashOf(`a${between}b`, 'c'));
  expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'));
});
