/** The document of `inspect --timeline`: one time axis for events, epochs, late events and groups. The plate draws it too. */

import { formatHead, formatRoutingSpec, formatTime, type LedgerSurvey } from '../index.ts';
import { type LateDocument, lateDocument } from './late-document.ts';
import { timeOrNull } from './times.ts';

export interface TimelineBucket {
  /** When it begins; it lasts `bucketMs`. */
  readonly from: string;
  readonly events: number;
  /** Late events that were found in it; null if events have the time of their arrival. */
  readonly late: number | null;
  /** Events by partition, in the order of `partitions`. */
  readonly partitions: readonly number[];
}

export interface TimelineEpoch {
  readonly epoch: number;
  readonly fromSequence: number;
  /** As for `--partition`. */
  readonly rule: string;
  /** Number of partitions that keys go to. */
  readonly partitions: number;
  /** When its first event was recorded; null if there is none, or it cannot be read. */
  readonly time: string | null;
}

export interface TimelineGroup {
  readonly name: string;
  /** Events that are not acknowledged. */
  readonly lag: number;
  /** Ledger time of the first of them; null if there is none. */
  readonly oldestTime: string | null;
  /** Active members. */
  readonly members: number;
  readonly parked: number;
}

export interface TimelineDocument {
  /** When it was read; all of it is as of that moment. */
  readonly at: string;
  readonly path: string;
  /** `SEQUENCE:HASH`. */
  readonly head: string;
  readonly events: number;
  /** First sequence that can be read: 1, unless events were dropped or segments moved away. */
  readonly from: number;
  /** Time of that event; null if there are no events. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** Length of a bucket; null if all events have one time, or none can be read. */
  readonly bucketMs: number | null;
  readonly buckets: readonly TimelineBucket[];
  readonly partitions: readonly string[];
  /** Null if events have the time of their arrival. */
  readonly late: LateDocument | null;
  readonly epochs: readonly TimelineEpoch[];
  readonly groups: readonly TimelineGroup[];
  /** Why events cannot be read; null if they can. */
  readonly unreadable: string | null;
}

export function timelineDocument(survey: LedgerSurvey): TimelineDocument {
  const { description, time, late, groups } = survey;
  const { identity, head } = description;
  const buckets: TimelineBucket[] = [];
  for (let at = 0; at < (time?.count ?? 0); at++) {
    const partitions = (time?.events ?? []).map((lane) => lane[at] ?? 0);
    buckets.push({
      from: formatTime((time?.from ?? 0) + at * (time?.width ?? 0)),
      events: partitions.reduce((sum, events) => sum + events, 0),
      late: late === null ? null : (late.byBucket?.[at] ?? 0),
      partitions,
    });
  }
  return {
    at: formatTime(survey.at),
    path: identity.path,
    head: formatHead(head),
    events: head.sequence,
    from: survey.from,
    firstTime: timeOrNull(survey.firstTime ?? description.firstTime),
    lastTime: head.sequence === 0 ? null : formatTime(head.time),
    bucketMs: time === null ? null : time.width / 1000,
    buckets,
    partitions: identity.partitions.map(({ name }) => name),
    late: lateOf(survey),
    epochs: identity.epochs.map(({ epoch, fromSequence, spec, partitionIds }, nth) => ({
      epoch,
      fromSequence,
      rule: formatRoutingSpec(spec),
      partitions: partitionIds.length,
      time: timeOrNull(survey.epochTimes[nth] ?? null),
    })),
    groups: groups.map(({ name, lag, oldestTime, members, parked }) => ({
      name,
      lag,
      oldestTime: timeOrNull(oldestTime),
      members: members.filter(({ isAlive }) => isAlive).length,
      parked,
    })),
    unreadable: survey.unreadable,
  };
}

export function lateOf({ late, from, description: { head } }: LedgerSurvey): LateDocument | null {
  if (late === null) return null;
  const isSample = late.examined < head.sequence - from + 1;
  return lateDocument({ ...late, isSample, latenessMax: late.lateness.largest?.value ?? 0 });
}
