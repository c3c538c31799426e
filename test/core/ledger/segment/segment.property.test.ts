/** A segment returns the commits that were written into it, in every way it is asked, and names the block in which a bit has changed. */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashEpoch } from '../../../../src/core/ledger/protocol/chain.ts';
import type { Joint } from '../../../../src/core/ledger/protocol/joints.ts';
import type { WholeCommit } from '../../../../src/core/ledger/sqlite/segment/block-codec.ts';
import { decodeColumns, encodeColumns } from '../../../../src/core/ledger/sqlite/segment/block-columns.ts';
import { SegmentFile } from '../../../../src/core/ledger/sqlite/segment/segment-file.ts';
import { type SegmentFrame, SegmentWriter } from '../../../../src/core/ledger/sqlite/segment/segment-writer.ts';
import { LedgerError } from '../../../../src/index.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { quick } from '../../../support/test-size.ts';
import { type CommitPlan, commitPlans, toCommits, UUID } from '../../../support/whole-commits.ts';

const START = { sequence: 1001, time: 1_700_000_000_000_000, hash: Buffer.alloc(32, 7) };
const LEDGER = { uuid: UUID, createdAt: 1, config: '{}' };
const PARTITIONS = [0, 1, 2, 3].map((id) => ({ id, name: `p${id}`, tableName: `p${id}`, epoch: 1 }));

/** The epoch in force at the start, and one that begins with every third commit. */
function chainOf(plans: readonly CommitPlan[]): { commits: WholeCommit[]; frame: SegmentFrame; joints: Joint[] } {
  const epochs: SegmentFrame['epochs'][number][] = [];
  const joints: Joint[] = [];
  const begin = (fromSequence: number, previous: Buffer): Buffer => {
    const epoch = epochs.length + 1;
    const routing = `routing ${epoch}`;
    const link = { ledger: LEDGER, epoch, fromSequence, routing, partitions: PARTITIONS, placements: [] };
    const hashAfter = (before: Buffer): Buffer => hashEpoch(before, link);
    const hash = hashAfter(previous);
    const step = () => ({ kind: 'epoch', link, place: null }) as const;
    epochs.push({ epoch, fromSequence, routing, previous, hash });
    if (epoch > 1) joints.push({ beforeSequence: fromSequence, epoch, archive: null, hash, hashAfter, step });
    return hash;
  };
  begin(1, START.hash);
  let nth = 0;
  const commits = toCommits(plans, START, (sequence, previous) => {
    nth++;
    return nth > 1 && nth % 3 === 0 ? begin(sequence, previous) : previous;
  });
  const partitions = PARTITIONS.map((row) => {
    const own = commits.flatMap(({ frames }) => frames.filter(({ partition }) => partition === row.id));
    const firstOffset = own[0]?.offset ?? 0;
    return { ...row, firstOffset, nextOffset: own.reduce((sum, { count }) => sum + count, firstOffset) };
  });
  return { commits, joints, frame: { ledger: LEDGER, epochs, partitions, placements: [], archives: [] } };
}

let made = 0;

function write(directory: string, plans: readonly CommitPlan[]): { path: string; commits: WholeCommit[] } {
  const { commits, frame, joints } = chainOf(plans);
  const path = join(directory, `${made++}.segment`);
  closeSync(openSync(path, 'wx'));
  const writer = new SegmentWriter(path, START.hash, joints);
  for (const commit of commits) writer.add(commit);
  writer.finish(frame);
  writer.close();
  return { path, commits };
}

function withSegment<Result>(path: string, use: (segment: SegmentFile) => Result): Result {
  const segment = SegmentFile.open(path);
  try {
    return use(segment);
  } finally {
    segment.close();
  }
}

const all = { from: START.sequence, through: Number.MAX_SAFE_INTEGER };

describe('a segment', () => {
  it('returns its commits to the byte, with their hashes', () => {
    const directory = tempDir();
    fc.assert(
      fc.property(commitPlans(40), (plans) => {
        const { path, commits } = write(directory, plans);
        withSegment(path, (segment) => {
          const page = segment.page({ range: all, partitions: null, verify: true });
          expect(page.rows.map(({ frames: _, ...row }) => row)).toEqual(commits.map(({ row }) => row));
          expect(page.commits.map(({ frames }) => frames)).toEqual(commits.map(({ frames }) => frames));
          expect(page.next).toBeNull();
        });
      }),
      { numRuns: quick(15, 200) },
    );
  });

  it('finds every commit by sequence, time and partition', () => {
    const directory = tempDir();
    fc.assert(
      fc.property(commitPlans(12), (plans) => {
        const { path, commits } = write(directory, plans);
        withSegment(path, (segment) => {
          const frames = commits.flatMap((commit) => commit.frames);
          for (const { row } of commits) {
            const next = row.firstSequence + row.count;
            for (let sequence = row.firstSequence; sequence < next; sequence++)
              expect(segment.commitHolding(sequence)).toEqual({ first: row.firstSequence, next });
            const first = commits.find((commit) => commit.row.lastTime >= row.firstTime)?.row as typeof row;
            const found = segment.sequenceAtTime(row.firstTime) as number;
            expect(found).toBeGreaterThanOrEqual(first.firstSequence);
            expect(found).toBeLessThanOrEqual(row.firstSequence);
            for (const partition of [0, 1, 2, 3]) {
              const before = frames.findLast((it) => it.partition === partition && it.sequence < row.firstSequence);
              expect(segment.frameBefore(partition, row.firstSequence)).toEqual(before);
              const on = frames.filter((it) => it.partition === partition && it.sequence >= row.firstSequence);
              expect([...segment.framesFrom(partition, row.firstSequence)]).toEqual(on);
            }
          }
          const own = segment.page({ range: all, partitions: [1], verify: false }).commits.flatMap((it) => it.frames);
          expect(own).toEqual(frames.filter(({ partition }) => partition === 1));
          const sentTo = [...new Set(commits.map(({ row }) => row.sentTo).filter((it) => it !== null))].sort();
          expect(segment.partitionsSentTo(all).sort()).toEqual(sentTo);
        });
      }),
      { numRuns: quick(8, 100) },
    );
  });

  it('names the block in which a byte has changed, and returns every block before it', () => {
    const large = Array.from({ length: 120 }, (_, n) => ({
      events: [{ partition: n % 3, wait: 0, payload: JSON.stringify({ n, pad: pad(n) }) }],
      ...{ wait: 1000, skew: 0, producer: null, sentTo: null, key: null },
    }));
    const sound = write(tempDir(), large);
    const bytes = readFileSync(sound.path);
    const directory = tempDir();
    const plain = withSegment(sound.path, readThrough).payload;
    const blocks = blocksOf(sound.path);
    expect(blocks.length).toBeGreaterThan(2);
    for (const { first_sequence: first, place, through } of blocks) {
      const at = bytes.indexOf(place);
      expect(at).toBeGreaterThan(0);
      const named = [40, 90, 140, 190].filter((offset) => {
        const copy = join(directory, 'flipped.segment');
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8((flipped[at + offset] as number) ^ 4, at + offset);
        writeFileSync(copy, flipped);
        const { payload, sequence, error } = withSegment(copy, (segment) => readThrough(segment));
        // a few bits of a compressed body mean nothing
        if (error === null) {
          expect(payload).toBe(plain);
          return false;
        }
        expect(error).toMatchObject({ code: 'VERIFICATION_FAILED', details: { sequence: first, through } });
        expect(sequence).toBe(first - 1);
        return true;
      });
      expect(named).not.toEqual([]);
    }
  });

  it('writes only columns that differ from 0', () => {
    const { commits } = chainOf(fc.sample(commitPlans(1), { numRuns: 1, seed: 1 })[0] as CommitPlan[]);
    const { row, frames } = commits[0] as WholeCommit;
    const { hash: _, ...columns } = row;
    const plain = { ...columns, producer: null, producerPosition: null, producerDigest: null, sentTo: null };
    const frame = { ...(frames[0] as (typeof frames)[0]), key: null, count: row.count };
    const commit = {
      ...{ ...plain, committedAt: row.firstTime, lastTime: row.firstTime },
      frames: [{ ...frame, partition: 0, firstTime: row.firstTime, lastTime: row.firstTime, bytes: 9 }],
    };
    expect(Object.keys(JSON.parse(encodeColumns([commit])))).toEqual(['commits', 'counts', 'bytes']);
  });

  it('refuses columns that it never writes', () => {
    const start = { sequence: 1, time: 0, offsets: new Map([[0, 0]]) };
    const refused = [
      '',
      '[]',
      '{}',
      '{"commits":0}',
      '{"commits":1e9}',
      '{"commits":1,"counts":[0],"bytes":[9]}',
      '{"commits":1,"counts":[1.5],"bytes":[9]}',
      '{"commits":1,"counts":[1],"bytes":[-9]}',
      '{"commits":1,"counts":[1],"bytes":[9,9]}',
      '{"commits":1,"counts":[1],"frames":[-1],"bytes":[9]}',
      '{"commits":1,"counts":[1],"frames":[1000000],"bytes":[9]}',
      '{"commits":1,"counts":[1],"partitions":[7],"bytes":[9]}',
      '{"commits":1,"counts":[1],"producer":[1],"bytes":[9]}',
      '{"commits":1,"counts":[1],"producer":[1],"producers":["x"],"positions":[1],"digests":["xyz"],"bytes":[9]}',
      '{"commits":1,"counts":[1],"keys":[[5,"k"]],"bytes":[9]}',
      '{"commits":1,"counts":[1],"times":[9007199254740991],"bytes":[9]}',
    ];
    for (const text of refused) expect(() => decodeColumns(text, start), text).toThrow();
  });
});

function pad(n: number): string {
  return Array.from({ length: 4000 }, (_, at) => Math.imul(at + 1, (n + 1) * 2654435761).toString(36)).join('');
}

interface StoredBlock {
  readonly first_sequence: number;
  readonly through: number;
  /** Bytes of one of its compressed bodies: not the first, of which the page may hold an outdated copy. */
  readonly place: Buffer;
}

function blocksOf(path: string): StoredBlock[] {
  const db = new Database(path, { readonly: true });
  try {
    return db
      .prepare<[], StoredBlock>(
        'SELECT b.first_sequence, b.through, substr((SELECT bodies FROM part WHERE block = b.first_sequence ORDER BY partition LIMIT 1), 9001, 256) AS place FROM block AS b ORDER BY 1',
      )
      .all();
  } finally {
    db.close();
  }
}

function readThrough(segment: SegmentFile): { payload: string; sequence: number; error: unknown } {
  const hash = createHash('sha256');
  let [sequence, next] = [0, segment.range.fromSequence as number | null];
  sequence = segment.range.fromSequence - 1;
  try {
    while (next !== null) {
      const page = segment.page({
        range: { from: next, through: segment.range.through },
        partitions: null,
        verify: true,
      });
      for (const { body } of page.commits.flatMap(({ frames }) => frames)) hash.update(body);
      const last = page.rows.at(-1);
      sequence = last === undefined ? sequence : last.firstSequence + last.count - 1;
      next = page.next;
    }
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    return { payload: '', sequence, error };
  }
  return { payload: hash.digest('hex'), sequence, error: null };
}
