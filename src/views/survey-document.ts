/** The document of a report about a ledger: everything that the plate shows, as of one moment. */

import { type Distribution, formatTime, type LedgerSurvey, readTransferName } from '../index.ts';
import { type EventDocument, eventDocument } from './event-document.ts';
import { type Finding, findingsOf } from './findings.ts';
import { type OverviewDocument, overviewDocument } from './ledger-document.ts';
import { lateOf, type TimelineDocument, timelineDocument } from './timeline-document.ts';
import type { Verification } from './verify-document.ts';

export interface DistributionDocument {
  /** Number of values below `below` and not in the class before; null: all others. */
  readonly classes: readonly { readonly below: number | null; readonly count: number }[];
  readonly median: number | null;
  readonly largest: number | null;
  /** Where the largest is. */
  readonly largestSequence: number | null;
}

export interface ProducerDocument {
  readonly name: string;
  /** Stored position of its input: a byte, or a sequence of the ledger that it copies. Null if it has none. */
  readonly position: number | null;
  readonly isTransfer: boolean;
  readonly events: number;
  readonly commits: number;
  readonly lastCommitAt: string | null;
}

export interface ParkedReasonDocument {
  readonly group: string;
  readonly reason: string;
  /** The last lines of output of the last one. */
  readonly details: string;
  readonly events: number;
  readonly attemptsMax: number;
  /** The first of them. */
  readonly sequences: readonly number[];
  readonly firstParkedAt: string;
  readonly lastParkedAt: string;
}

export interface SurveyDocument {
  readonly at: string;
  readonly overview: OverviewDocument;
  readonly verification: Verification;
  readonly timeline: TimelineDocument;
  readonly findings: readonly Finding[];
  /** Names of the partitions that keys go to. */
  readonly routed: readonly string[];
  readonly commits: {
    /** The last commits, that the figures are of. */
    readonly examined: number;
    readonly sizes: DistributionDocument;
    /** Milliseconds. */
    readonly intervals: DistributionDocument;
    /** By the emitter's clock; null if it is not known. */
    readonly lastCommitAt: string | null;
  };
  /** Milliseconds; null if events have the time of their arrival. */
  readonly lateness: DistributionDocument | null;
  readonly producers: readonly ProducerDocument[];
  readonly parked: { readonly reasons: readonly ParkedReasonDocument[]; readonly unread: number };
  /** The latest first. */
  readonly lastEvents: readonly EventDocument[];
}

export function surveyDocument(survey: LedgerSurvey, verification: Verification): SurveyDocument {
  const { groups, archived, at: now } = survey;
  const description = { ...survey.description, archived, warnings: [] };
  const overview = overviewDocument(description, { groups, late: lateOf(survey), now });
  const timeline = timelineDocument(survey);
  const { commits, late, parked } = survey;
  const document = {
    at: formatTime(survey.at),
    overview,
    verification,
    timeline,
    routed: overview.routing.partitions,
    commits: {
      examined: commits.examined,
      sizes: distribution(commits.sizes, 1),
      intervals: distribution(commits.intervals, 1000),
      lastCommitAt: commits.lastCommitAt === null ? null : formatTime(commits.lastCommitAt),
    },
    lateness: late === null ? null : distribution(late.lateness, 1000),
    producers: producersOf(survey),
    parked: {
      unread: parked.unread,
      reasons: parked.reasons.map((reason) => ({
        ...reason,
        firstParkedAt: formatTime(reason.firstParkedAt),
        lastParkedAt: formatTime(reason.lastParkedAt),
      })),
    },
    lastEvents: survey.lastEvents.map(eventDocument),
  };
  return { ...document, findings: findingsOf(document) };
}

/** `unit`: what one of the document's units is in those of the survey. */
function distribution({ classes, median, largest }: Distribution, unit: number): DistributionDocument {
  return {
    classes: classes.map(({ below, count }) => ({ below: below === null ? null : below / unit, count })),
    median: median === null ? null : median / unit,
    largest: largest === null ? null : largest.value / unit,
    largestSequence: largest?.sequence ?? null,
  };
}

/** Producers with a stored position, and those of commits; one may have left what the other does not know. */
function producersOf({ description, commits }: LedgerSurvey): ProducerDocument[] {
  const positions = new Map(description.producers.map(({ name, position }) => [name, position]));
  const figures = new Map(commits.producers.map((producer) => [producer.name, producer]));
  return [...new Set([...positions.keys(), ...figures.keys()])].sort().map((name) => {
    const own = figures.get(name);
    return {
      name,
      position: positions.get(name) ?? null,
      isTransfer: readTransferName(name) !== null,
      events: own?.events ?? 0,
      commits: own?.commits ?? 0,
      lastCommitAt: own === undefined ? null : formatTime(own.lastCommitAt),
    };
  });
}
