/** Finds what calls for attention in a ledger, the worst first. Pure: facts without wording. */

import type { LateDocument } from './late-document.ts';
import type { OverviewDocument } from './ledger-document.ts';
import type { TimelineDocument } from './timeline-document.ts';
import type { Verification } from './verify-document.ts';

/** `alarm`: somebody must act. `warning`: it is being worked on. `note`: good to know. */
type FindingLevel = 'alarm' | 'warning' | 'note';

export type Finding = { readonly level: FindingLevel } & (
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'behind';
      readonly group: string;
      readonly events: number;
      readonly oldestTime: string | null;
      /** Active ones. */
      readonly members: number;
    }
  | { readonly kind: 'parked'; readonly events: number; readonly reason: string | null }
  | { readonly kind: 'silence'; readonly from: string; readonly buckets: number }
  | { readonly kind: 'peak'; readonly from: string; readonly events: number; readonly timesMedian: number }
  | {
      readonly kind: 'skew';
      readonly partition: string;
      readonly share: number;
      readonly skew: number;
      /** Partitions that keys go to. */
      readonly of: number;
    }
  | ({ readonly kind: 'late' } & LateDocument)
);

export const FINDINGS_MAX = 8;

/** What findings are made of. */
interface Facts {
  readonly overview: OverviewDocument;
  readonly timeline: TimelineDocument;
  readonly verification: Verification;
  /** Names of the partitions that keys go to. */
  readonly routed: readonly string[];
  readonly parked: { readonly reasons: readonly { readonly reason: string; readonly events: number }[] };
}

const RANK: Readonly<Record<FindingLevel, number>> = { alarm: 0, warning: 1, note: 2 };

/** At most {@link FINDINGS_MAX}. */
export function findingsOf(facts: Facts): Finding[] {
  const found = [...chain(facts), ...behind(facts), ...parked(facts), ...pace(facts), ...skew(facts), ...late(facts)];
  return found.sort((one, other) => RANK[one.level] - RANK[other.level]).slice(0, FINDINGS_MAX);
}

function chain({ verification, timeline }: Facts): Finding[] {
  if (verification.state === 'broken') return [{ level: 'alarm', kind: 'broken', reason: verification.reason }];
  return timeline.unreadable === null ? [] : [{ level: 'alarm', kind: 'unreadable', reason: timeline.unreadable }];
}

function behind({ timeline }: Facts): Finding[] {
  return timeline.groups
    .filter(({ lag }) => lag > 0)
    .sort((one, other) => other.lag - one.lag)
    .map(({ name, lag, oldestTime, members }) => ({
      level: members === 0 ? 'alarm' : 'warning',
      ...{ kind: 'behind', group: name, events: lag, oldestTime, members },
    }));
}

function parked({ overview, parked: { reasons } }: Facts): Finding[] {
  const events = overview.groups.reduce((sum, group) => sum + group.parked, 0);
  if (events === 0) return [];
  const [most] = [...reasons].sort((one, other) => other.events - one.events);
  return [{ level: 'alarm', kind: 'parked', events, reason: most?.reason ?? null }];
}

/** Fewer events or buckets have no usual pace. */
const PACE_EVENTS_MIN = 500;
const PACE_BUCKETS_MIN = 20;
/** In less, pauses are those between the commits of one input. */
const PACE_SPAN_MS_MIN = 60_000;
const SILENT_SHARE = 0.12;
const SILENT_BUCKETS_MIN = 3;
const PEAK_TIMES = 2.5;

/** Silences and peaks, by buckets. The first and the last bucket may be cut off and are no silence. */
function pace({ timeline: { buckets, bucketMs, events } }: Facts): Finding[] {
  if (events <= PACE_EVENTS_MIN || buckets.length <= PACE_BUCKETS_MIN) return [];
  if (buckets.length * (bucketMs ?? 0) < PACE_SPAN_MS_MIN) return [];
  const counts = buckets.map((bucket) => bucket.events);
  const median = medianOf(counts);
  if (median === 0) return [];
  const findings: Finding[] = [];
  const silence = longestRun(counts, (count) => count < SILENT_SHARE * median);
  if (silence !== null && silence.length >= SILENT_BUCKETS_MIN)
    findings.push({
      level: 'note',
      ...{ kind: 'silence', from: buckets[silence.start]?.from ?? '', buckets: silence.length },
    });
  const peak = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  const timesMedian = (counts[peak] ?? 0) / median;
  if (timesMedian > PEAK_TIMES)
    findings.push({
      level: 'note',
      ...{ kind: 'peak', from: buckets[peak]?.from ?? '', events: counts[peak] ?? 0, timesMedian },
    });
  return findings;
}

const SKEW_MIN = 1.5;
const SKEW_EVENTS_MIN = 100;

function skew({ overview, routed }: Facts): Finding[] {
  if (overview.events <= SKEW_EVENTS_MIN || routed.length < 2) return [];
  const keyed = overview.partitions.filter(({ name }) => routed.includes(name));
  const total = keyed.reduce((sum, { events }) => sum + events, 0);
  const [largest] = [...keyed].sort((one, other) => other.events - one.events);
  if (largest === undefined || total === 0) return [];
  const ratio = (largest.events / total) * keyed.length;
  if (ratio <= SKEW_MIN) return [];
  const { name, share } = largest;
  return [{ level: 'note', kind: 'skew', partition: name, share: share ?? 0, skew: ratio, of: keyed.length }];
}

function late({ timeline }: Facts): Finding[] {
  if (timeline.late === null || timeline.late.events === 0) return [];
  return [{ level: 'note', kind: 'late', ...timeline.late }];
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** The longest run of values inside of the list for which `holds`; null if there is none. */
function longestRun(
  values: readonly number[],
  holds: (value: number) => boolean,
): { start: number; length: number } | null {
  let best: { start: number; length: number } | null = null;
  let start = -1;
  for (let at = 1; at < values.length - 1; at++) {
    if (!holds(values[at] as number)) start = -1;
    else {
      if (start === -1) start = at;
      if (best === null || at - start + 1 > best.length) best = { start, length: at - start + 1 };
    }
  }
  return best;
}
