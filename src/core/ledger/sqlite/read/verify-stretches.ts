/**
 * Verifies long history in stretches, on two threads at once: a walk recomputes each link over the one before as it is stored, so it may begin at any commit.
 * What a stretch says of the commits before it is compared when the stretches are joined, in order.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Anchor } from '../../../model/events/head.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Verification } from '../../ledger.ts';
import { type StretchProof, StretchRun, type VerifyRun } from '../../protocol/verify-run.ts';
import { freeBodies } from '../free-memory.ts';
import { type LedgerHistory, wholeCommits } from './ledger-history.ts';

/** With this number both threads end at about the same time. */
const STRETCHES = 32;

/** Whole commits. */
export interface Stretch {
  readonly range: SequenceRange;
  /** Heads that are expected within it. */
  readonly heads: readonly Anchor[];
  /** Frames of commits from this sequence on are counted. */
  readonly countedFrom: number;
}

export interface VerifiedStretch {
  readonly proof: StretchProof;
  /** Counted frames. */
  readonly frames: readonly { readonly partition: PartitionId; readonly count: number }[];
}

/** Cuts the range at commits. `heads`: in any order. @throws LedgerError VERIFICATION_FAILED where a commit is missing */
function cutStretches(
  history: LedgerHistory,
  { from, through }: SequenceRange,
  heads: readonly Anchor[],
  countedFrom: number,
): Stretch[] {
  const starts = [from];
  const length = (through - from + 1) / STRETCHES;
  for (let nth = 1; nth < STRETCHES; nth++) {
    const { first } = history.commitHolding(from + Math.floor(nth * length));
    if (first > (starts.at(-1) as number)) starts.push(first);
  }
  return starts.map((start, at) => {
    const end = (starts[at + 1] ?? through + 1) - 1;
    const within = heads.filter(({ sequence }) => sequence >= start && sequence <= end);
    return { range: { from: start, through: end }, heads: within, countedFrom };
  });
}

/** `onPage` is awaited after each page. @throws LedgerError VERIFICATION_FAILED */
export async function verifyStretch(
  history: LedgerHistory,
  { range, heads, countedFrom }: Stretch,
  onPage: (page: { readonly commits: number; readonly events: number }) => Promise<void>,
): Promise<VerifiedStretch> {
  const run = new StretchRun(range.from, heads);
  const frames = new Map<PartitionId, number>();
  let next: number | null = range.from;
  while (next !== null) {
    const page = history.verifiedPage({
      range: { from: next, through: range.through },
      partitions: null,
      verify: true,
      continues: true,
    });
    let events = 0;
    for (const { row, frames: own } of wholeCommits(page)) {
      run.take(row, own);
      events += row.count;
      if (row.firstSequence < countedFrom) continue;
      for (const { partition } of own) frames.set(partition, (frames.get(partition) ?? 0) + 1);
    }
    next = page.next;
    freeBodies(page.commits);
    await onPage({ commits: page.rows.length, events });
  }
  return { proof: run.proof(), frames: Array.from(frames, ([partition, count]) => ({ partition, count })) };
}

/** Verifies one stretch, or rejects: then the caller reads it again and finds why. */
type StretchVerifier = (stretch: Stretch) => Promise<VerifiedStretch>;

/**
 * Has each verifier take the next stretch as soon as it is free, until all are done or one could not be verified. A verifier that is null does nothing.
 * Returns the sequence from which on nothing is joined; null if all are. `onJoined`: called in order.
 */
async function verifyStretches(
  stretches: readonly Stretch[],
  verifiers: readonly (StretchVerifier | Promise<StretchVerifier | null>)[],
  run: VerifyRun,
  onJoined: (stretch: VerifiedStretch) => void,
): Promise<number | null> {
  const verified: (VerifiedStretch | null)[] = [];
  let taken = 0;
  let isBroken = false;
  const work = async (verifier: StretchVerifier | Promise<StretchVerifier | null>): Promise<void> => {
    const verify = await verifier;
    while (verify !== null && taken < stretches.length && !isBroken) {
      const nth = taken++;
      verified[nth] = await verify(stretches[nth] as Stretch).catch(() => null);
      isBroken ||= verified[nth] === null;
    }
  };
  await Promise.all(verifiers.map(work));
  for (const [nth, { range }] of stretches.entries()) {
    const one = verified[nth];
    if (one == null || !run.join(one.proof) || run.through !== range.through) return range.from;
    onJoined(one);
  }
  return null;
}

/** Frames met of commits that are not archived, by partition. */
export type FrameCounts = Map<PartitionId, number>;

/** A thread that reads the same ledger, and does one thing at a time. */
interface VerifyThread {
  /** @throws LedgerError VERIFICATION_FAILED */
  checkStructure(): Promise<void>;
  verify: StretchVerifier;
  end(): Promise<void>;
}

/** Null if none can be started. */
export type StartThread = () => Promise<VerifyThread | null>;

interface VerifyParts {
  readonly run: VerifyRun;
  readonly frames: FrameCounts;
  readonly countedFrom: number;
  readonly options: Verification;
  readonly startThread: StartThread;
}

/**
 * Verifies the range on this thread and on another one, which checks the file's structure as well: it does so first, so that neither ends long before
 * the other. `next`: where this thread must go on alone, and will find the fault; null if nothing is left.
 */
export async function verifyOnTwo(
  history: LedgerHistory,
  range: SequenceRange,
  { run, frames, countedFrom, options, startThread }: VerifyParts,
): Promise<{ readonly next: number | null; readonly isSound: boolean }> {
  const { anchor, checkpoints = [], onProgress, signal } = options;
  let [isSound, commits, events] = [false, run.commits, run.events];
  const met = (more: { readonly commits: number; readonly events: number }): void => {
    commits += more.commits;
    events += more.events;
    onProgress?.({ commits, events });
  };
  const here: StretchVerifier = (stretch) =>
    verifyStretch(history, stretch, async (page) => {
      met(page);
      signal?.throwIfAborted();
      await nextTurn();
    });
  let thread: VerifyThread | null = null;
  const beside = async (): Promise<StretchVerifier | null> => {
    const started = await startThread();
    thread = started;
    if (started === null) return null;
    isSound = await started.checkStructure().then(
      () => true,
      () => false,
    );
    return async (stretch) => {
      const verified = await started.verify(stretch);
      met(verified.proof);
      return verified;
    };
  };
  try {
    const heads = anchor === undefined ? checkpoints : [anchor, ...checkpoints];
    const stretches = cutStretches(history, range, heads, countedFrom);
    const next = await verifyStretches(stretches, [beside(), here], run, (joined) => {
      for (const { partition, count } of joined.frames) frames.set(partition, (frames.get(partition) ?? 0) + count);
    });
    return { next, isSound };
  } catch {
    return { next: range.from, isSound };
  } finally {
    // its failure has shown in what it did not verify
    await (thread as VerifyThread | null)?.end().catch(() => {});
  }
}
