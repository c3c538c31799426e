/** Memory that the writing thread shares: a chunk and its bodies stay as they are until their commit has an answer, however late that comes. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { EmissionTarget } from '../../../src/core/emission/commit/emission-target.ts';
import { type EmissionReport, type IngestHooks, ingest } from '../../../src/core/emission/commit/ingest.ts';
import type { EmissionSettings } from '../../../src/core/emission/draft/settings.ts';
import { BufferPool, type SharedBuffer } from '../../../src/core/emission/input/buffer-pool.ts';
import { CHUNK_BYTES } from '../../../src/core/emission/input/chunk.ts';
import { ChunkReader } from '../../../src/core/emission/input/chunk-reader.ts';
import { openSource } from '../../../src/core/emission/input/open-source.ts';
import { walkFrameBody } from '../../../src/core/frames/frame-body.ts';
import type { Basis, CommitDraft, CommitOutcome, Stale } from '../../../src/core/model/events/commit.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { committedAfter, conflictAt } from '../../support/commit-outcomes.ts';
import { DirectInput } from '../../support/direct-input.ts';
import { emissionSettings } from '../../support/emission-settings.ts';
import { rejectionOf } from '../../support/refusals.ts';
import { inForce } from '../../support/routed.ts';
import { seededForTest } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';

const HASH = { spec: parseRoutingSpec('hash:k'), partitionIds: [0, 1, 2] };

/** Stands for a ledger and its writing thread: binds the bodies of an offer some turns later, where they are. */
class LateThread {
  /** Lines of all commits, in order. */
  readonly taken: string[] = [];
  /** Commits whose bodies were in shared memory, and others. */
  readonly commits = { shared: 0, copied: 0 };
  /** Offers before which another writer begins an epoch. */
  conflictsAt: readonly number[] = [];
  /** The offer that fails, and all after it. */
  failsAt = Number.POSITIVE_INFINITY;
  readonly #lag: () => number;
  #basis: Basis = { floor: 0, sessions: null, ...inForce(HASH) };
  #generation = 0;
  #offers = 0;
  #sequence = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(lag: () => number) {
    this.#lag = lag;
  }

  readonly target: EmissionTarget = {
    basis: () => Promise.resolve(this.#basis),
    pinsOf: () => Promise.resolve([]),
    commit: (draft) => Promise.resolve(this.#commit(draft)),
    commitBytesMax: Number.POSITIVE_INFINITY,
    openPipeline: async () => ({
      offer: (draft, generation) => {
        const isShared = draft.frames.every(({ body }) => body.buffer instanceof SharedArrayBuffer);
        // others are copied when they are offered
        const frames = draft.frames.map((frame) => ({
          ...frame,
          body: isShared ? frame.body : Buffer.from(frame.body),
        }));
        const answer = this.#last.then(() => this.#answer({ ...draft, frames }, generation));
        this.#last = answer.catch(() => {});
        return answer;
      },
      close: () => Promise.resolve(),
    }),
  };

  async #answer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    for (let turn = this.#lag(); turn > 0; turn--) await nextTurn();
    this.#offers++;
    if (this.#offers >= this.failsAt) throw new LedgerError('DISK_FULL', { message: 'the disk is full' });
    if (this.conflictsAt.includes(this.#offers))
      this.#basis = { ...this.#basis, epoch: { ...this.#basis.epoch, epoch: this.#basis.epoch.epoch + 1 } };
    if (generation < this.#generation) return { kind: 'stale' };
    const outcome = this.#commit(draft);
    this.#generation = outcome.kind === 'conflict' ? generation + 1 : generation;
    return outcome;
  }

  #commit(draft: CommitDraft): CommitOutcome {
    if (draft.epoch !== this.#basis.epoch.epoch) return conflictAt(this.#basis);
    const lines: string[] = [];
    for (const { body } of draft.frames) {
      const kind = body.buffer instanceof SharedArrayBuffer ? 'shared' : 'copied';
      this.commits[kind]++;
      walkFrameBody(body, (delta, _, start, end) => {
        lines[delta] = body.toString('utf8', start, end);
      });
    }
    for (const line of lines) this.taken.push(line);
    const outcome = committedAfter(this.#sequence, draft);
    this.#sequence += draft.count;
    return outcome;
  }
}

/** Lines of about this many bytes, all of them different, for this many chunks. */
function linesFor(chunks: number, lineBytes: number): string[] {
  const count = Math.ceil((chunks * CHUNK_BYTES) / (lineBytes + 1));
  return Array.from({ length: count }, (_, n) => {
    const start = `{"k":${n % 97},"n":${n},"pad":"`;
    return `${start}${String.fromCharCode(97 + (n % 26)).repeat(Math.max(0, lineBytes - start.length - 2))}"}`;
  });
}

function emit(
  thread: LateThread,
  inputs: readonly (readonly string[])[],
  {
    pieceBytes,
    settings,
    ...hooks
  }: IngestHooks & { pieceBytes?: () => number; settings?: Partial<EmissionSettings> } = {},
): Promise<EmissionReport> {
  const sources = inputs.map((lines, nth) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    return {
      name: `input ${nth}`,
      open: () => expect.unreachable(),
      openDirectly: () => new DirectInput(bytes, pieceBytes),
    };
  });
  const parts = { target: thread.target, makeRouter, clock: { nowMicros: () => 1e15 } };
  const whole = emissionSettings({ onBadLine: hooks.onReject === undefined ? 'stop' : 'collect', ...settings });
  return ingest(parts, whole, sources, null, hooks);
}

/** A comparison whose message does not have megabytes. */
function expectLines(taken: readonly string[], lines: readonly string[]): void {
  expect(taken.length).toBe(lines.length);
  const differs = lines.findIndex((line, at) => taken[at] !== line);
  if (differs >= 0)
    expect(taken[differs]?.slice(0, 60), `line ${differs}`).toBe(`${lines[differs]?.slice(0, 60)}, whole`);
}

const TIMEOUT_MS = quick(60_000, 300_000);

describe('chunks in shared memory', () => {
  it.each([0, 1, 40, 400])(
    'are committed as they were read by a ledger that binds them %i turns later',
    async (lag) => {
      const thread = new LateThread(() => lag);
      const lines = linesFor(quick(9, 30), 1000);
      expect(await emit(thread, [lines])).toMatchObject({ events: lines.length, isComplete: true });
      expectLines(thread.taken, lines);
      // all but the first: a first piece of a pipe stands for a small input
      expect(thread.commits.shared).toBeGreaterThan(3 * quick(8, 28));
      expect(thread.commits.copied).toBeLessThanOrEqual(3);
    },
    TIMEOUT_MS,
  );

  it(
    'stay as they are while drafts of theirs are built again, with bad lines and pieces of any size',
    async () => {
      const random = seededForTest();
      for (let round = 0; round < quick(3, 15); round++) {
        const thread = new LateThread(() => random.between(0, 60));
        thread.conflictsAt = [2, 5, 6, 9].map((offer) => offer + random.between(0, 2));
        const lines = linesFor(8, random.between(300, 3300));
        const input = [...lines];
        const rejected: string[] = [];
        for (let bad = 0; bad < 5; bad++) input.splice(random.between(0, input.length - 1), 0, `{"bad":${bad}}`);
        const report = await emit(thread, [input], {
          pieceBytes: () => random.between(1, 80_000),
          onReject: ({ text }) => {
            rejected.push(text.toString());
          },
        });
        expect(report).toMatchObject({ events: lines.length, rejected: 5 });
        expectLines(thread.taken, lines);
        expect(rejected.sort()).toEqual([0, 1, 2, 3, 4].map((bad) => `{"bad":${bad}}`));
        expect(thread.commits.shared).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'serve one input after the other',
    async () => {
      const thread = new LateThread(() => 30);
      const inputs = [linesFor(3, 1000), linesFor(0.01, 500), linesFor(4, 700), linesFor(2, 900)];
      await emit(thread, inputs);
      expectLines(thread.taken, inputs.flat());
      expect(thread.commits.shared).toBeGreaterThan(20);
    },
    TIMEOUT_MS,
  );

  it(
    'make room for lines of the limit, and leave longer ones to memory of their own',
    async () => {
      const thread = new LateThread(() => 20);
      const long = (bytes: number) => `{"k":1,"pad":"${'l'.repeat(bytes - 16)}"}`;
      const MIB = 1024 * 1024;
      const lines = [...linesFor(2, 1000), long(MIB), long(MIB), ...linesFor(2, 1000)];
      await emit(thread, [lines]);
      expect(thread.commits.copied).toBeLessThanOrEqual(3);
      const longer = [
        ...lines,
        long(7 * MIB),
        ...linesFor(2, 1000),
        long(3 * MIB),
        long(3 * MIB),
        ...linesFor(2, 1000),
      ];
      const other = new LateThread(() => 20);
      await emit(other, [longer], { settings: { lineBytesMax: 8 * MIB } });
      expectLines([...thread.taken, ...other.taken], [...lines, ...longer]);
      expect(other.commits.shared).toBeGreaterThan(9);
      expect(other.commits.copied).toBeGreaterThan(1);
    },
    TIMEOUT_MS,
  );

  it(
    'are given up for lines that are too short for the room of their bodies',
    async () => {
      const thread = new LateThread(() => 20);
      const short = Array.from({ length: 700_000 }, (_, n) => `{"k":${n % 10}}`);
      const lines = [...linesFor(2, 1000), ...short];
      await emit(thread, [lines]);
      expectLines(thread.taken, lines);
      expect(thread.commits.shared).toBeGreaterThan(0);
      expect(thread.commits.copied).toBeGreaterThan(3);
    },
    TIMEOUT_MS,
  );

  it(
    'are counted as they were committed when a later one fails',
    async () => {
      const thread = new LateThread(() => 20);
      thread.failsAt = 4;
      const lines = linesFor(9, 1000);
      const error = await rejectionOf(emit(thread, [lines]));
      expect(error).toMatchObject({ code: 'DISK_FULL', details: { report: { events: thread.taken.length } } });
      expectLines(thread.taken, lines.slice(0, thread.taken.length));
    },
    TIMEOUT_MS,
  );

  it(
    'are all whole when the emission is aborted',
    async () => {
      const thread = new LateThread(() => 20);
      const abort = new AbortController();
      const lines = linesFor(9, 1000);
      const onProgress = () => {
        if (thread.taken.length > lines.length / 2) abort.abort();
      };
      const report = await emit(thread, [lines], { signal: abort.signal, onProgress });
      expect(report).toMatchObject({ isComplete: false, events: thread.taken.length });
      expectLines(thread.taken, lines.slice(0, thread.taken.length));
    },
    TIMEOUT_MS,
  );
});

describe('a reader', () => {
  const LIMITS = { chunkBytes: 256 * 1024, lineBytesMax: 1024 };

  it('takes the input from a pool that lends to it, and never writes into a chunk that was not released', async () => {
    const pool = new BufferPool(3, LIMITS.chunkBytes + LIMITS.lineBytesMax + 64);
    const lines = linesFor(2, 100);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const reader = new ChunkReader(new DirectInput(bytes), LIMITS, { acquire: () => pool.acquire() });
    const kept: { chunk: SharedBuffer | undefined; bytes: Buffer; before: string }[] = [];
    let taken = '';
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      const text = chunk.bytes.toString('latin1', chunk.start, chunk.end);
      taken += text;
      kept.push({ chunk: chunk.shared, bytes: chunk.bytes.subarray(chunk.start, chunk.end), before: text });
      // two of three are in use; the reader fills the third
      if (kept.length > 2) {
        const oldest = kept.shift();
        expect(oldest?.bytes.toString('latin1')).toBe(oldest?.before);
        if (oldest?.chunk !== undefined) pool.release(oldest.chunk);
      }
    }
    reader.close();
    expect(taken === bytes.toString('latin1')).toBe(true);
    expect(kept.every(({ chunk }) => chunk !== undefined)).toBe(true);
  });

  it('takes memory of its own where no buffer is free, and a buffer again where one is', async () => {
    const pool = new BufferPool(1, LIMITS.chunkBytes + LIMITS.lineBytesMax + 64);
    const bytes = Buffer.from(linesFor(2, 100).join('\n'));
    const reader = new ChunkReader(new DirectInput(bytes), LIMITS, { acquire: () => pool.acquire() });
    const isShared: boolean[] = [];
    let taken = '';
    let lent: SharedBuffer | undefined;
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      taken += chunk.bytes.toString('latin1', chunk.start, chunk.end);
      isShared.push(chunk.shared !== undefined);
      if (chunk.shared !== undefined) lent = chunk.shared;
      else if (lent !== undefined && isShared.length % 3 === 0) {
        pool.release(lent);
        lent = undefined;
      }
    }
    reader.close();
    expect(taken === `${bytes.toString('latin1')}\n`).toBe(true);
    expect(new Set(isShared)).toEqual(new Set([true, false]));
    expect(isShared.filter((shared) => shared).length).toBeGreaterThan(1);
  });
});

describe('input', () => {
  const LIMITS = { chunkBytes: 256 * 1024, lineBytesMax: 1024 };
  const bytes = Buffer.from(linesFor(0.5, 100).join('\n'));

  it.each([
    ['that is plain has shared memory', bytes, true],
    ['that is decoded has none, because its bytes are copied', gzipSync(bytes), false],
  ])('%s', async (_, input, isShared) => {
    let asked = 0;
    const acquire = () => {
      asked++;
      return null;
    };
    const open = () => expect.unreachable();
    const source = openSource({ name: 'in', open, openDirectly: () => new DirectInput(input) });
    const reader = new ChunkReader(source, LIMITS, { acquire });
    let taken = '';
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next())
      taken += chunk.bytes.toString('latin1', chunk.start, chunk.end);
    reader.close();
    expect(taken === `${bytes.toString('latin1')}\n`).toBe(true);
    expect(asked > 0).toBe(isShared);
  });
});

describe('a pool', () => {
  it('lends buffers that do not overlap, each once until it is released, and none once it is retired', () => {
    const pool = new BufferPool(4, 1000);
    const lent = Array.from({ length: 4 }, () => pool.acquire() as SharedBuffer);
    expect(pool.acquire()).toBeNull();
    const places = lent
      .flatMap(({ input, bodiesAt }) => [
        [input.byteOffset, input.byteOffset + input.length],
        [bodiesAt, bodiesAt + 1000],
      ])
      .sort(([one = 0], [other = 0]) => one - other);
    for (const [at, place] of places.entries()) {
      expect(place[0]).toBeGreaterThanOrEqual(at === 0 ? pool.memory.start : (places[at - 1]?.[1] as number));
      expect(place[1]).toBeLessThanOrEqual(pool.end);
    }
    pool.release(lent[2] as SharedBuffer);
    expect(pool.acquire()).toBe(lent[2]);
    pool.release(lent[1] as SharedBuffer);
    pool.retire();
    expect(pool.acquire()).toBeNull();
  });
});
