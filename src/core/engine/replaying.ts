/** One replay, joined: its range, the pages of it, and the stages in between that were asked for, in the order in which events pass them. */

import { FieldReader } from '../emission/field-reader.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import { type Condition, parseCondition } from '../model/condition.ts';
import { DEPTH_MAX, type Determinism } from '../model/config.ts';
import type { EventBatch } from '../model/event.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/partition.ts';
import type { SequenceRange } from '../model/range.ts';
import { epochAt, NO_PLACEMENTS } from '../model/routing.ts';
import type { Micros } from '../model/time.ts';
import type { Timer } from '../model/timer.ts';
import type { EventLabels } from '../output/event-form.ts';
import { filtered, type Keeps } from '../replay/filter.ts';
import { hasEnd, type RangeRequest, resolveRange } from '../replay/resolve-range.ts';
import { type BatchPage, follow, retell } from '../replay/retell.ts';
import { placeOfKey } from '../router/place-of-key.ts';
import { makeRouter } from '../router/router.ts';
import { type PaceRequest, readPace } from '../scheduler/pacing/pace.ts';
import { paced } from '../scheduler/pacing/paced.ts';
import { Playback } from '../scheduler/pacing/playback.ts';

export interface ReplayOptions extends RangeRequest, PaceRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** Only events whose key is this text. */
  readonly key?: string | undefined;
  /** Only events that meet all of these: `properties.mag>=4.5`; also = != < <= > ~. */
  readonly where?: string | readonly string[] | undefined;
  /** `strict` verifies the chain while reading. Default: as the ledger was made. */
  readonly determinism?: Determinism | undefined;
  /** IANA zone of dates and of times without one. Default UTC, and a time without a zone is refused. */
  readonly zone?: string | undefined;
  /** At the head it goes on with what comes, until the signal aborts. The range has no end then. */
  readonly follow?: boolean | undefined;
  /** Pauses, resumes and steps while it runs. */
  readonly playback?: Playback | undefined;
  /** When the range is fixed, and after each delivery. */
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplayProgress {
  /** What is told, by sequence; `through` is null where it follows. */
  readonly from: number;
  readonly through: number | null;
  /** Delivered so far. */
  readonly events: number;
  /** Of the last event delivered; null before the first. */
  readonly sequence: number | null;
  readonly time: Micros | null;
}

type Pages = AsyncGenerator<BatchPage, void, undefined>;
type Partitions = readonly PartitionId[] | null;

/** What a replay needs of its engine. */
export interface ReplayParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly labels: EventLabels;
  /** The partitions asked for, null for all of them. @throws LedgerError UNKNOWN_PARTITION */
  readonly select: () => Promise<Partitions>;
  readonly verify: boolean;
  /** Nothing through this sequence is told: it was told before. */
  readonly behind: number;
  /** Looks at commits of others until it is called; then `grown` resolves when there is something behind a sequence. */
  readonly startWatching: () => () => void;
  readonly grown: (sequence: number, signal?: AbortSignal) => Promise<void>;
}

/** The sequences that a replay would tell now. @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function fixRange(parts: ReplayParts, options: ReplayOptions): Promise<SequenceRange> {
  // made and thrown away: what is wrong with the options is told
  replaying(parts, options);
  const { ledger, clock } = parts;
  return resolveRange(options, ledger, { now: clock.nowMicros(), zone: options.zone });
}

/** What is wrong with the options is told before anything is read. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export function replaying(parts: ReplayParts, options: ReplayOptions): () => Pages {
  const { timer } = parts;
  const { signal, playback } = options;
  const pace = readPace(options);
  const keeps = readFilter(options, parts.labels);
  if (options.follow && hasEnd(options)) throw invalidArgument('a replay that follows has no end', 'leave the end of the range out, or do not follow');
  const now = parts.clock.nowMicros();
  return async function* pages() {
    // watching begins before the head is read, or a commit in between would be missed
    const stopWatching = options.follow ? parts.startWatching() : null;
    try {
      const asked = await resolveRange(options, parts.ledger, { now, zone: options.zone });
      const range = { from: Math.max(asked.from, parts.behind + 1), through: asked.through };
      let told = read(parts, options, range, await parts.select());
      if (keeps !== null) told = filtered(told, keeps);
      if (pace !== null || playback !== undefined) told = paced(told, { pace, timer, playback: playback ?? new Playback({ timer }), signal });
      yield* options.onProgress === undefined ? told : counted(told, options.follow ? { from: range.from, through: null } : range, options.onProgress);
    } finally {
      stopWatching?.();
    }
  };
}

function read({ ledger, verify, grown }: ReplayParts, { key, follow: isFollowing, signal }: ReplayOptions, range: SequenceRange, asked: Partitions): Pages {
  // what comes may be routed in another way
  if (isFollowing) return follow(ledger, range.from, { partitions: asked, verify, signal }, grown);
  return retell(ledger, { range, partitions: key === undefined ? asked : placesInRange(ledger, key, range, asked), verify, signal });
}

/** The partitions in which events of a key may lie, of those asked for; null: all of them. */
function placesInRange(ledger: Ledger, key: string, { from, through }: SequenceRange, asked: Partitions): Partitions {
  const { epochs, partitions } = ledger.identity;
  const partitionNames = partitions.map(({ name }) => name);
  const first = epochAt(epochs, from);
  const places = new Set<PartitionId>();
  for (const epoch of epochs) {
    if (epoch.epoch < first.epoch || epoch.fromSequence > through) continue;
    // a session lies where its pin was at the time, a key that was placed where somebody said
    if (epoch.spec.rule === 'sticky' || epoch.placedFrom !== null) return asked;
    const router = makeRouter({ epoch, partitionNames, placements: NO_PLACEMENTS });
    const place = placeOfKey(router, epoch.spec, key);
    if (place !== null) places.add(place);
  }
  return [...places].filter((place) => asked?.includes(place) ?? true).sort((one, other) => one - other);
}

/** What tells the filters of one replay from those of another; the empty text where everything is kept. */
export function filterText({ partitions, key, where }: ReplayOptions): string {
  const conditions = [...new Set([where ?? []].flat())].sort();
  const names = [...new Set(partitions)].sort();
  return names.length === 0 && key === undefined && conditions.length === 0 ? '' : JSON.stringify([names, key ?? null, conditions]);
}

/** Null where everything is kept. */
function readFilter({ key, where }: ReplayOptions, labels: EventLabels): Keeps | null {
  const conditions = [where ?? []].flat().map(parseCondition);
  const meets = conditions.length === 0 ? null : meetsAll(conditions);
  if (key === undefined) return meets;
  return (batch, at) => labels.key(batch, at) === key && (meets?.(batch, at) ?? true);
}

function meetsAll(conditions: readonly Condition[]): Keeps {
  const fields = new FieldReader(
    conditions.map(({ path }) => path),
    DEPTH_MAX,
  );
  return (batch: EventBatch, at: number) => {
    const line = fields.read(batch.payload(at));
    return conditions.every((condition, nth) => condition.holds(line, nth));
  };
}

/** Who asks for the next page has dealt with the one before. */
async function* counted(pages: Pages, range: Pick<ReplayProgress, 'from' | 'through'>, onProgress: (progress: ReplayProgress) => void): Pages {
  let progress: ReplayProgress = { ...range, events: 0, sequence: null, time: null };
  onProgress(progress);
  for await (const page of pages) {
    yield page;
    for (const { span } of page) {
      if (span !== null) progress = { ...progress, events: progress.events + span.count, sequence: span.lastSequence, time: span.lastTime };
    }
    onProgress(progress);
  }
}
