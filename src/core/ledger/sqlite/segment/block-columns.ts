/**
 * The columns of a block's commits and frames as one JSON object of arrays: small integers, differences to what stands before them, which compress well.
 * A column whose values are all 0 is left out. Sequences, offsets and hashes are not stored: they follow from the rest. Pure.
 */

import type { PartitionId } from '../../../model/routing/partition.ts';
import { isTime } from '../../../model/time/time.ts';
import type { CommitLink, FrameLink } from '../../protocol/chain.ts';

/** A frame without its body and what follows from it. */
interface FrameColumns extends Omit<FrameLink, 'hash'> {
  /** Length of its body. */
  readonly bytes: number;
}

/** A commit without its hash. */
export interface CommitColumns extends Omit<CommitLink, 'frames'> {
  /** In the order of their partitions. */
  readonly frames: readonly FrameColumns[];
}

/** What the first commit of a block continues. */
export interface BlockStart {
  readonly sequence: number;
  readonly time: number;
  /** The offset of the block's first event in each of its partitions. */
  readonly offsets: ReadonlyMap<PartitionId, number>;
}

/** A fact about a block that cannot be decoded. */
export class BlockFault extends Error {}

/** Names of the columns of numbers, each with its length: one value a commit, or one a frame. */
const COLUMNS = {
  /** Events of the commit. */
  counts: 'commit',
  /** `first_time` less the `last_time` of the commit before; of the first commit, less the block's `first_time`. */
  times: 'commit',
  /** `last_time` less `first_time`. */
  spans: 'commit',
  /** `committed_at` less that of the commit before; of the first commit, less the block's `first_time`. */
  committed: 'commit',
  /** 0, or one more than the producer's index in `producers`. */
  producer: 'commit',
  /** 0, or one more than `sent_to`. */
  sentTo: 'commit',
  /** Frames of the commit less 1. */
  frames: 'commit',
  partitions: 'frame',
  /** Events of the frame; of the last frame of a commit 0, because the rest is its own. */
  frameCounts: 'frame',
  /** `first_time` less that of its commit. */
  frameTimes: 'frame',
  /** `last_time` of its commit less its own. */
  frameSpans: 'frame',
  /** Bytes of the body. */
  bytes: 'frame',
} as const;

type ColumnName = keyof typeof COLUMNS;

/** Values that are no numbers, each list in the order of the commits or frames that have one. */
interface Lists {
  /** Names of the producers, each once. */
  producers?: readonly string[];
  /** One for each commit with a producer: its position less that of the producer's commit before in this block, or less 0. */
  positions?: readonly number[];
  /** One for each commit with a producer: 0 where it has no digest, otherwise its digest in hex. */
  digests?: readonly (string | 0)[];
  /** By the index of the frame. */
  keys?: readonly (readonly [number, string])[];
}

/** `commits`: at least one, dense. */
export function encodeColumns(commits: readonly CommitColumns[]): string {
  const columns = new Map<ColumnName, number[]>(Object.keys(COLUMNS).map((name) => [name as ColumnName, []]));
  const put = (name: ColumnName, value: number): void => void columns.get(name)?.push(value);
  const producers = new Map<string, number>();
  const position = new Map<string, number>();
  const [positions, digests, keys]: [number[], (string | 0)[], [number, string][]] = [[], [], []];
  let time = commits[0]?.firstTime ?? 0;
  let committedAt = time;
  let nth = 0;
  for (const commit of commits) {
    put('counts', commit.count);
    put('times', commit.firstTime - time);
    put('spans', commit.lastTime - commit.firstTime);
    put('committed', commit.committedAt - committedAt);
    put('sentTo', commit.sentTo === null ? 0 : commit.sentTo + 1);
    put('frames', commit.frames.length - 1);
    [time, committedAt] = [commit.lastTime, commit.committedAt];
    const { producer } = commit;
    if (producer !== null && !producers.has(producer)) producers.set(producer, producers.size + 1);
    put('producer', producer === null ? 0 : (producers.get(producer) as number));
    if (producer !== null) {
      const reached = commit.producerPosition ?? 0;
      positions.push(reached - (position.get(producer) ?? 0));
      digests.push(commit.producerDigest === null ? 0 : commit.producerDigest.toString('hex'));
      position.set(producer, reached);
    }
    for (const [at, frame] of commit.frames.entries()) {
      put('partitions', frame.partition);
      put('frameCounts', at === commit.frames.length - 1 ? 0 : frame.count);
      put('frameTimes', frame.firstTime - commit.firstTime);
      put('frameSpans', commit.lastTime - frame.lastTime);
      put('bytes', frame.bytes);
      if (frame.key !== null) keys.push([nth, frame.key]);
      nth++;
    }
  }
  const numbers = [...columns].filter(([, values]) => values.some((value) => value !== 0));
  const lists: Lists = {
    ...(producers.size === 0 ? {} : { producers: [...producers.keys()], positions, digests }),
    ...(keys.length === 0 ? {} : { keys }),
  };
  return JSON.stringify({ commits: commits.length, ...Object.fromEntries(numbers), ...lists });
}

/** The commits of a block. @throws BlockFault for text that {@link encodeColumns} never makes */
export function decodeColumns(text: string, { sequence, time: firstTime, offsets }: BlockStart): CommitColumns[] {
  const raw = parse(text);
  const commits = raw.get('commits');
  if (!isNatural(commits) || commits < 1 || commits > text.length) throw new BlockFault('it has no commits');
  const read = (name: ColumnName, length: number): number[] => numbersOf(raw, name, length);
  const counts = read('counts', commits);
  const times = read('times', commits);
  const spans = read('spans', commits);
  const committed = read('committed', commits);
  const producer = read('producer', commits);
  const sentTo = read('sentTo', commits);
  const frames = read('frames', commits);
  const total = frames.reduce((sum, more) => sum + more + 1, 0);
  if (total > text.length) throw new BlockFault('it has more frames than it can');
  const partitions = read('partitions', total);
  const frameCounts = read('frameCounts', total);
  const frameTimes = read('frameTimes', total);
  const frameSpans = read('frameSpans', total);
  const bytes = read('bytes', total);
  const producers = new ProducerColumns(raw);
  const keys = keysOf(raw, total);

  const next = new Map(offsets);
  let [time, committedAt, firstSequence, nth] = [firstTime, firstTime, sequence, 0];
  return counts.map((count, at): CommitColumns => {
    const first = time + (times[at] as number);
    const last = first + (spans[at] as number);
    committedAt += committed[at] as number;
    const own: FrameColumns[] = [];
    let left = count;
    for (let more = frames[at] as number; more >= 0; more--) {
      const partition = partitions[nth] as number;
      const events = more === 0 ? left : (frameCounts[nth] as number);
      const offset = next.get(partition);
      if (offset === undefined) throw new BlockFault(`it has no bodies of partition ${partition}`);
      if (events < 1) throw new BlockFault('it has a frame without events');
      own.push({
        partition,
        sequence: firstSequence,
        offset,
        count: events,
        firstTime: checkedTime(first + (frameTimes[nth] as number)),
        lastTime: checkedTime(last - (frameSpans[nth] as number)),
        key: keys.get(nth) ?? null,
        bytes: checkedBytes(bytes[nth] as number),
      });
      next.set(partition, offset + events);
      left -= events;
      nth++;
    }
    const link: CommitColumns = {
      firstSequence,
      count,
      firstTime: checkedTime(first),
      lastTime: checkedTime(last),
      committedAt,
      ...producers.take(producer[at] as number),
      sentTo: sentTo[at] === 0 ? null : (sentTo[at] as number) - 1,
      frames: own,
    };
    time = last;
    firstSequence += count;
    return link;
  });
}

function parse(text: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    // A map: names come from a file and must not reach a prototype.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  } catch (error) {
    throw new BlockFault(`its columns are no JSON: ${(error as Error).message}`, { cause: error });
  }
  throw new BlockFault('its columns are no object');
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function numbersOf(raw: ReadonlyMap<string, unknown>, name: ColumnName, length: number): number[] {
  const values = raw.get(name);
  if (values === undefined) return new Array<number>(length).fill(0);
  const isRight = Array.isArray(values) && values.length === length && values.every((it) => Number.isSafeInteger(it));
  if (!isRight) throw new BlockFault(`its column '${name}' does not have ${length} whole numbers`);
  const least = name === 'frames' || name === 'sentTo' || name === 'producer' ? 0 : Number.MIN_SAFE_INTEGER;
  if ((values as number[]).some((value) => value < least))
    throw new BlockFault(`its column '${name}' has a number below 0`);
  return values as number[];
}

function checkedTime(value: number): number {
  if (isTime(value)) return value;
  throw new BlockFault('it has a time that cannot be');
}

function checkedBytes(value: number): number {
  if (isNatural(value)) return value;
  throw new BlockFault('it has a body of less than 0 bytes');
}

function keysOf(raw: ReadonlyMap<string, unknown>, frames: number): Map<number, string> {
  const keys = raw.get('keys') ?? [];
  const isKey = (entry: unknown): entry is [number, string] =>
    Array.isArray(entry) && isNatural(entry[0]) && entry[0] < frames && typeof entry[1] === 'string';
  if (!Array.isArray(keys) || !keys.every(isKey)) throw new BlockFault("its column 'keys' cannot be read");
  return new Map(keys);
}

type ProducerOfCommit = Pick<CommitLink, 'producer' | 'producerPosition' | 'producerDigest'>;

/** Producers of the commits, in their order. */
class ProducerColumns {
  readonly #names: readonly unknown[];
  readonly #positions: readonly unknown[];
  readonly #digests: readonly unknown[];
  readonly #position = new Map<string, number>();
  #nth = 0;

  constructor(raw: ReadonlyMap<string, unknown>) {
    const list = (name: string): readonly unknown[] => {
      const values = raw.get(name) ?? [];
      if (Array.isArray(values)) return values;
      throw new BlockFault(`its column '${name}' is no list`);
    };
    [this.#names, this.#positions, this.#digests] = [list('producers'), list('positions'), list('digests')];
  }

  take(index: number): ProducerOfCommit {
    if (index === 0) return { producer: null, producerPosition: null, producerDigest: null };
    const name = this.#names[index - 1];
    const step = this.#positions[this.#nth];
    const digest = this.#digests[this.#nth];
    this.#nth++;
    const isDigest = digest === 0 || (typeof digest === 'string' && /^([0-9a-f]{2})*$/.test(digest));
    if (typeof name !== 'string' || !Number.isSafeInteger(step) || !isDigest)
      throw new BlockFault('the producer of a commit cannot be read');
    const producerPosition = (this.#position.get(name) ?? 0) + (step as number);
    this.#position.set(name, producerPosition);
    return {
      producer: name,
      producerPosition,
      producerDigest: digest === 0 ? null : Buffer.from(digest as string, 'hex'),
    };
  }
}
