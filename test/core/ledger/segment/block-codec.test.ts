/** What a block may make a reader expand: neither its columns nor its bodies, however little they are compressed. */

import { expect, test } from 'vitest';
import { decodeCommits } from '../../../../src/core/ledger/sqlite/segment/block-codec.ts';
import { BlockFault } from '../../../../src/core/ledger/sqlite/segment/block-columns.ts';
import { compress } from '../../../../src/core/native/zstd.ts';
import { bomb } from '../../../support/zstd-bomb.ts';

const MEGABYTE = 1024 * 1024;
const START = { sequence: 1, time: 0, offsets: new Map([[0, 0]]) };

function columnsWith(changes: Readonly<Record<string, unknown>>): Buffer {
  const columns = { commits: 1, counts: [1], bytes: [10], ...changes };
  return compress(Buffer.from(JSON.stringify(columns)), 1);
}

test.each([
  ['columns of more than a block has', bomb(512 * MEGABYTE, 4096)],
  ['columns of more than any text can have', bomb(2 ** 40, 8)],
  ['a body of two gigabytes', columnsWith({ bytes: [2048 * MEGABYTE] })],
  [
    'bodies whose sum is no number that can be',
    columnsWith({ commits: 2, counts: [1, 1], bytes: [2 ** 53 - 1, 2 ** 53 - 1] }),
  ],
])('a block with %s is refused before anything is expanded', (_, compressed) => {
  expect(() => decodeCommits(compressed, START)).toThrow(BlockFault);
});

test('the largest body that one line makes is not', () => {
  const [commit] = decodeCommits(columnsWith({ bytes: [257 * MEGABYTE] }), START);
  expect(commit?.frames[0]?.bytes).toBe(257 * MEGABYTE);
});
