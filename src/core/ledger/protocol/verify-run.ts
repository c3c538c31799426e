/** Checks commits in their order while a ledger is verified: the events in frames against the columns of their commit, and the anchor. Pure. */

import { EventCheck } from '../../frames/event-check.ts';
import type { StoredFrame } from '../../model/events/commit.ts';
import { EventBatch } from '../../model/events/event.ts';
import { type Anchor, formatHead, type Head } from '../../model/events/head.ts';
import { EVERYTHING } from '../../model/events/range.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import { type Micros, TIME_MIN } from '../../model/time/time.ts';
import type { Verification, VerifyReport } from '../ledger.ts';
import { brokenCommit, IF_COPIED } from './broken-commit.ts';
import { GENESIS } from './chain.ts';
import type { CommitRow } from './link-check.ts';

/** How far a producer's input was stored by the commit at `sequence`. */
export interface ProvenProducer {
  readonly position: number;
  readonly digest: Buffer;
  readonly sequence: number;
}

/** What a run of commits continues: the beginning of a ledger, or archived history that is not at hand. */
export interface RunStart {
  readonly sequence: number;
  /** Chain hash before it. */
  readonly hash: Buffer;
  endOf(partition: PartitionId): { readonly nextOffset: number };
}

/** Commits that were verified apart from those before them: what must fit these, and what a run has learned from it. Plain data. */
export interface StretchProof {
  readonly from: number;
  readonly commits: number;
  readonly events: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** Of each partition that has events in it, the offsets of the first one and behind the last one. */
  readonly offsets: readonly { readonly partition: PartitionId; readonly first: number; readonly next: number }[];
  readonly producers: readonly (ProvenProducer & { readonly name: string })[];
  /** Of expected heads. */
  readonly met: readonly { readonly sequence: number; readonly hash: string }[];
}

/** Heads that the ledger must extend. */
export interface ExpectedHeads extends Pick<Verification, 'anchor' | 'checkpoints'> {
  /** The first sequence that was not dropped; default 1. */
  readonly floor?: number | undefined;
}

const BEGINNING: RunStart = { sequence: 1, hash: GENESIS, endOf: () => ({ nextOffset: 0 }) };

export class VerifyRun {
  commits = 0;
  events = 0;
  /** By name, as of their last commits. */
  readonly producers = new Map<string, ProvenProducer>();
  readonly #expected: ExpectedHeads;
  /** Hashes met at the sequences of expected heads: several where other links than commits stand there. */
  readonly #met = new Map<number, string[]>();
  readonly #offsets = new Map<PartitionId, number>();
  #time: Micros = TIME_MIN;
  readonly #start: RunStart;
  readonly #eventCheck = new EventCheck();

  /** `start`: what the first commit that is taken continues; by default the beginning of a ledger. */
  constructor(expected: ExpectedHeads, start = BEGINNING) {
    this.#expected = expected;
    this.#start = start;
    const { anchor, checkpoints = [] } = expected;
    for (const { sequence } of anchor === undefined ? checkpoints : [anchor, ...checkpoints])
      this.#met.set(sequence, []);
    if (start !== BEGINNING) this.#noteHead(start.sequence - 1, start.hash);
  }

  /** The hashes met at the sequences of expected heads. */
  get met(): { readonly sequence: number; readonly hash: string }[] {
    return Array.from(this.#met).flatMap(([sequence, hashes]) => hashes.map((hash) => ({ sequence, hash })));
  }

  /** The last sequence that was taken. */
  get through(): number {
    return this.#start.sequence + this.events - 1;
  }

  /** Takes a link that is no commit: it is the head until the next commit. */
  takeJoint({ beforeSequence, hash }: { readonly beforeSequence: number; readonly hash: Buffer }): void {
    this.#noteHead(beforeSequence - 1, hash);
  }

  /** Takes the next commit, whose link was verified. Returns its events. @throws LedgerError VERIFICATION_FAILED */
  take(row: CommitRow, frames: readonly StoredFrame[]): EventBatch {
    const fail = (fact: string) => brokenCommit(row.firstSequence, fact);
    const commit = { firstSequence: row.firstSequence, frames };
    const batch = EventBatch.of(commit, EVERYTHING);
    const isProven = this.#eventCheck.proves(commit, row);
    if (!isProven && batch.count !== row.count) throw fail(`its frames hold ${batch.count} events, not ${row.count}`);
    if (row.firstTime < this.#time) throw fail('its time lies before the commit before it');
    if (!isProven) checkEvents(row, batch);
    for (const frame of frames) {
      if (frame.offset !== (this.#offsets.get(frame.partition) ?? this.#start.endOf(frame.partition).nextOffset))
        throw fail(`offsets of partition ${frame.partition} have a gap`);
      this.#offsets.set(frame.partition, frame.offset + frame.count);
    }
    if (row.producer !== null) {
      const { firstSequence: sequence, producerPosition: position, producerDigest: digest } = row;
      if (position === null || digest === null) throw fail('it names a producer without its position');
      this.producers.set(row.producer, { position, digest, sequence });
    }
    this.#time = row.lastTime;
    this.commits++;
    this.events += row.count;
    this.#noteHead(row.firstSequence + row.count - 1, row.hash);
    return batch;
  }

  /** Takes the next commits, which were verified apart. False, and nothing is taken, if they do not continue those before them. */
  join({ from, commits, events, firstTime, lastTime, offsets, producers, met }: StretchProof): boolean {
    const isNext = from === this.through + 1 && firstTime >= this.#time;
    const nextOffset = (partition: PartitionId): number =>
      this.#offsets.get(partition) ?? this.#start.endOf(partition).nextOffset;
    if (!isNext || offsets.some(({ partition, first }) => first !== nextOffset(partition))) return false;
    for (const { partition, next } of offsets) this.#offsets.set(partition, next);
    for (const { name, position, digest, sequence } of producers)
      this.producers.set(name, { position, digest: Buffer.from(digest), sequence });
    for (const { sequence, hash } of met) this.#met.get(sequence)?.push(hash);
    this.#time = lastTime;
    this.commits += commits;
    this.events += events;
    return true;
  }

  /** All commits were taken. @throws LedgerError VERIFICATION_FAILED where they do not reach the head */
  checkEnd(head: Head): void {
    const { through } = this;
    if (through === head.sequence) return;
    throw brokenCommit(through + 1, `the head is at ${head.sequence}, and the chain ends at ${through}`);
  }

  /** Everything was verified. @throws LedgerError HEAD_MISMATCH naming the first expected head that the ledger does not extend, ARCHIVE_MISSING */
  report(head: Head): VerifyReport {
    const { events, commits } = this;
    const { anchor, checkpoints = [], floor = 1 } = this.#expected;
    if (anchor !== undefined) this.#check(anchor, null);
    // the last one vouches for those in dropped history, so it must be proven
    const isDropped = (at: number): boolean =>
      (checkpoints[at] as Anchor).sequence < floor - 1 && at < checkpoints.length - 1;
    let dropped = 0;
    for (const [at, checkpoint] of checkpoints.entries()) {
      if (isDropped(at)) dropped++;
      else this.#check(checkpoint, at);
    }
    const isAnchored = anchor !== undefined || checkpoints.length > 0;
    return { from: this.#start.sequence, events, commits, head, isAnchored, droppedCheckpoints: dropped };
  }

  /** `checkpoint`: its index, for the caller, who knows its name. */
  #check(anchor: Anchor, checkpoint: number | null): void {
    const { through } = this;
    const isReached = anchor.sequence <= through;
    if (anchor.sequence < this.#start.sequence - 1) throw this.#beforeStart(anchor, checkpoint);
    if (isReached && this.#met.get(anchor.sequence)?.includes(anchor.hash) === true) return;
    throw new LedgerError('HEAD_MISMATCH', {
      message: isReached
        ? `the ledger has another history than ${formatHead(anchor)}: its commits do not meet that head`
        : `the ledger ends at sequence ${through}, before ${formatHead(anchor)}: it was cut off or is an older copy`,
      hint: isReached
        ? 'check that this is the right ledger, and that only one copy of it was emitted to'
        : `look for a newer copy of all its files; ${IF_COPIED}`,
      details: { anchor, head: through, ...(checkpoint === null ? {} : { checkpoint }) },
    });
  }

  #beforeStart(anchor: Anchor, checkpoint: number | null): LedgerError {
    const { sequence } = this.#start;
    return new LedgerError('ARCHIVE_MISSING', {
      message: `${formatHead(anchor)} lies in archived history that is not at hand: the ledger was verified from sequence ${sequence} on`,
      hint: 'name the directory of its segments with `archive`, or expect a later head',
      details: { anchor, next: sequence, ...(checkpoint === null ? {} : { checkpoint }) },
    });
  }

  #noteHead(sequence: number, hash: Buffer): void {
    this.#met.get(sequence)?.push(hash.toString('hex'));
  }
}

/** @throws LedgerError VERIFICATION_FAILED for the first event that does not fit the row */
function checkEvents(row: CommitRow, batch: EventBatch): void {
  const fail = (fact: string) => brokenCommit(row.firstSequence, fact);
  let time = row.firstTime;
  for (let at = 0; at < batch.count; at++) {
    if (batch.sequences[at] !== row.firstSequence + at) throw fail(`sequence ${row.firstSequence + at} is missing`);
    const own = batch.times[at] as number;
    if (own < time) throw fail(`time steps back at sequence ${row.firstSequence + at}`);
    time = own;
  }
  if (batch.times[0] !== row.firstTime || time !== row.lastTime) throw fail('its times are not those of its events');
}

/** Verifies commits apart from those before them, for {@link VerifyRun.join}. */
export class StretchRun {
  readonly #from: number;
  readonly #run: VerifyRun;
  readonly #first = new Map<PartitionId, number>();
  readonly #next = new Map<PartitionId, number>();
  #firstTime: Micros | undefined;
  #lastTime: Micros = TIME_MIN;

  /** `heads`: those that are expected within the stretch. */
  constructor(from: number, heads: readonly Anchor[]) {
    this.#from = from;
    // what is before it is compared when it is joined
    const endOf = (partition: PartitionId) => ({ nextOffset: this.#first.get(partition) as number });
    this.#run = new VerifyRun({ checkpoints: heads }, { sequence: from, hash: GENESIS, endOf });
  }

  /** As {@link VerifyRun.take}. */
  take(row: CommitRow, frames: readonly StoredFrame[]): void {
    for (const { partition, offset } of frames) if (!this.#first.has(partition)) this.#first.set(partition, offset);
    this.#run.take(row, frames);
    for (const { partition, offset, count } of frames) this.#next.set(partition, offset + count);
    this.#firstTime ??= row.firstTime;
    this.#lastTime = row.lastTime;
  }

  /** At least one commit was taken. */
  proof(): StretchProof {
    const { commits, events, producers, met } = this.#run;
    return {
      from: this.#from,
      commits,
      events,
      firstTime: this.#firstTime as Micros,
      lastTime: this.#lastTime,
      offsets: Array.from(this.#first, ([partition, first]) => ({
        partition,
        first,
        next: this.#next.get(partition) as number,
      })),
      producers: Array.from(producers, ([name, producer]) => ({ name, ...producer })),
      met,
    };
  }
}
