/** Checks of a ledger against limits, for monitoring: `lag<1000`, `oldest:mailer<5m`. Pure. */

import { LedgerError } from '../index.ts';
import type { FailureDocument, GroupDocument } from './group-document.ts';
import type { OverviewDocument } from './ledger-document.ts';
import { liveMembers } from './metrics.ts';

export type FigureUnit = 'count' | 'duration' | 'size';
export type Operator = '<' | '<=' | '>' | '>=' | '=';

/** What is checked beside an overview. */
export interface CheckedLedger {
  readonly ledger: OverviewDocument;
  /** Null in an empty ledger. */
  readonly lastCommitAgeMs: number | null;
}

interface Figure {
  readonly unit: FigureUnit;
  /** Failed deliveries explain it. */
  readonly isLag?: boolean;
  /** Of each group, or of the ledger; null: there is nothing to measure, which meets no limit. */
  readonly ofGroup?: (group: GroupDocument) => number;
  readonly ofLedger?: (checked: CheckedLedger) => number | null;
}

/** Figures by their name in a check; counts, milliseconds or bytes. */
const FIGURES: Readonly<Record<string, Figure>> = {
  lag: { unit: 'count', isLag: true, ofGroup: ({ lag }) => lag },
  // a group without lag is as young as can be
  oldest: { unit: 'duration', isLag: true, ofGroup: ({ oldestAgeMs }) => oldestAgeMs ?? 0 },
  parked: { unit: 'count', ofGroup: ({ parked }) => parked },
  members: { unit: 'count', ofGroup: liveMembers },
  idle: { unit: 'duration', ofLedger: ({ lastCommitAgeMs }) => lastCommitAgeMs },
  size: { unit: 'size', ofLedger: ({ ledger }) => ledger.storage.bytes },
  wal: { unit: 'size', ofLedger: ({ ledger }) => ledger.storage.log?.bytes ?? 0 },
  warnings: { unit: 'count', ofLedger: ({ ledger }) => ledger.warnings.length },
};

/** For help and hints. */
export const FIGURE_NAMES = Object.keys(FIGURES);

/** The unit of a figure, and whether each group has it; null if there is no such figure. */
export function figureNamed(name: string): { readonly unit: FigureUnit; readonly isOfGroups: boolean } | null {
  const figure = Object.hasOwn(FIGURES, name) ? FIGURES[name] : undefined;
  return figure === undefined ? null : { unit: figure.unit, isOfGroups: figure.ofGroup !== undefined };
}

export interface Check {
  /** As it was given. */
  readonly text: string;
  readonly name: string;
  /** The group; null: each of them, or the ledger. */
  readonly group: string | null;
  readonly operator: Operator;
  /** In events, milliseconds or bytes. */
  readonly limit: number;
}

/** A partition whose next event fails again and again. */
interface FailingPartition {
  readonly partition: string;
  readonly nextOffset: number;
  readonly attempts: number;
  readonly failure: FailureDocument;
}

/** A figure that was compared. */
export interface CheckedFigure {
  /** Null: of the ledger. */
  readonly group: string | null;
  /** Null: there is nothing to measure. */
  readonly value: number | null;
  /** For `lag` and `oldest`: of the group's partitions with failures the one with the largest lag; null if there is none. */
  readonly failing: FailingPartition | null;
}

export interface CheckDocument {
  readonly check: string;
  readonly isMet: boolean;
  /** Of `limit` and of the values: events, ms or bytes. */
  readonly unit: 'count' | 'ms' | 'bytes';
  readonly limit: number;
  /** The figures that do not meet the limit. */
  readonly failures: readonly CheckedFigure[];
}

/** `inspect --check`. */
export interface ChecksDocument {
  readonly isMet: boolean;
  /** In the order in which they were given. */
  readonly checks: readonly CheckDocument[];
}

const UNITS = { count: 'count', duration: 'ms', size: 'bytes' } as const;

/** @throws LedgerError UNKNOWN_GROUP */
export function checksDocument(checks: readonly Check[], checked: CheckedLedger): ChecksDocument {
  const documents = checks.map((check) => {
    const { unit } = figureOf(check);
    const failures = figuresOf(check, checked).filter(({ value }) => value === null || !meets(value, check));
    return { check: check.text, isMet: failures.length === 0, unit: UNITS[unit], limit: check.limit, failures };
  });
  return { isMet: documents.every(({ isMet }) => isMet), checks: documents };
}

function figureOf({ name }: Check): Figure {
  return FIGURES[name] as Figure;
}

function figuresOf(check: Check, checked: CheckedLedger): CheckedFigure[] {
  const { ofGroup, ofLedger, isLag = false } = figureOf(check);
  if (ofGroup === undefined) return [{ group: null, value: ofLedger?.(checked) ?? null, failing: null }];
  const { groups } = checked.ledger;
  const chosen = check.group === null ? groups : groups.filter(({ name }) => name === check.group);
  if (check.group !== null && chosen.length === 0)
    throw new LedgerError('UNKNOWN_GROUP', {
      message: `there is no group '${check.group.slice(0, 80)}'`,
      hint:
        groups.length === 0
          ? 'no group has been created'
          : `the groups are ${groups.map(({ name }) => name).join(', ')}`,
    });
  return chosen.map((group) => ({
    group: group.name,
    value: ofGroup(group),
    failing: isLag ? failingOf(group) : null,
  }));
}

function failingOf({ partitions }: GroupDocument): FailingPartition | null {
  const [worst] = partitions.filter(({ failure }) => failure !== null).sort((one, other) => other.lag - one.lag);
  if (!worst?.failure) return null;
  const { partition, nextOffset, attempts, failure } = worst;
  return { partition, nextOffset, attempts, failure };
}

function meets(value: number, { operator, limit }: Check): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '=':
      return value === limit;
  }
}
