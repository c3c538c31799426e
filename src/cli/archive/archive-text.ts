/** Formats the plan and the report of `archive`, and the archived runs that `inspect` shows. */

import { type ArchivedRun, type ArchivePlan, type ArchiveReport, formatTime } from '../../index.ts';
import type { ArchivedRunDocument } from '../../views/archive-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, plural, span } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

/** What stays because the end is before it: the first event that stays, and its time in the document's form. */
export interface Ahead {
  readonly sequence: number;
  readonly time: string;
  /** By how much it is ahead of this clock. */
  readonly ms: number;
}

/** What is said of a plan besides its figures. */
interface PlanFacts {
  /** Whether the commits would be deleted without a segment. */
  readonly drop: boolean;
  /** Null if what stays is not of the future. */
  readonly ahead: Ahead | null;
  /** What was archived before; read only where the plan has no range. */
  readonly runs: readonly ArchivedRun[];
  /** Where the range lies, if nothing is archived because it lies outside of the ledger. */
  readonly outside: string | null;
  readonly clock: ShownClock;
}

export function planText(plan: ArchivePlan, { drop, ahead, runs, outside, clock }: PlanFacts): string {
  const lines: string[] = [];
  if (plan.leftover > 0)
    lines.push(`an interrupted archive is finished first: ${plural(plan.leftover, 'archived commit')} to delete`);
  if (plan.range === null)
    lines.push(`nothing to archive${outside === null ? '' : `: ${outside}`}`, ...archivedBefore(runs, drop));
  else {
    const { from, through } = plan.range;
    lines.push(
      `${drop ? 'drop' : 'archive'} sequences ${from} to ${through}: ${plural(plan.events, 'event')} in ${plural(plan.commits, 'commit')}, ${bytes(plan.bytes)}`,
      `from ${clock.text(formatTime(plan.firstTime ?? 0))} to ${clock.text(formatTime(plan.lastTime ?? 0))}`,
      drop ? 'they are deleted and cannot be replayed again' : `into ${escapeForTerminal(plan.segment ?? '')}`,
    );
  }
  if (plan.movedFrom !== null)
    lines.push(
      `the end falls inside a commit, before sequence ${plan.movedFrom}: that commit stays whole; ${plan.wholeThrough === null ? 'it is the last one, which always stays' : `to ${drop ? 'drop' : 'move'} it, too: --through-sequence ${plan.wholeThrough}`}`,
    );
  if (ahead !== null)
    lines.push(
      `the ledger's time is ahead of this clock: sequence ${ahead.sequence}, where what stays begins, is of ${clock.text(ahead.time)}, in ${span(ahead.ms)}; an end by sequence does not depend on clocks: --through-sequence`,
    );
  if (plan.keepsLast) lines.push('the last commit stays: the next one is linked to it');
  for (const { group, events } of plan.groupsBehind.slice(0, 10))
    lines.push(`group ${escapeForTerminal(group)} has not read ${plural(events, 'event')} of it`);
  if (plan.groupsBehind.length > 10) lines.push(`and ${plan.groupsBehind.length - 10} more groups`);
  return lines.join('\n');
}

/** Where the events are that a range before the oldest one in the ledger means. */
function archivedBefore(runs: readonly ArchivedRun[], drop: boolean): string[] {
  const through = runs.at(-1)?.range.through;
  if (through === undefined) return [];
  const segments = runs.filter(({ file }) => file !== null).length;
  const where = segments === 0 ? 'dropped' : `archived in ${plural(segments, 'segment')}`;
  const lines = [`sequences 1 to ${through} are already ${where}: completengine inspect lists them`];
  if (drop && segments > 0)
    lines.push(
      '--drop deletes no segment: to give up what is in one, remove its file; reading those events then fails',
    );
  return lines;
}

export function reportText(report: ArchiveReport): string {
  const { range, segment, segmentBytes, freedBytes, moved, leftover } = report;
  const freed = freedBytes > 0 ? `; the ledger shrank by ${bytes(freedBytes)}` : '';
  if (range === null) return leftover > 0 ? `done: the interrupted archive is finished${freed}` : 'nothing was changed';
  const stored =
    segment === null ? 'dropped' : `stored and verified: ${escapeForTerminal(segment)}, ${bytes(segmentBytes)}`;
  const groups = moved.length === 0 ? '' : `; moved to its end: ${moved.map(escapeForTerminal).join(', ')}`;
  return `done: ${stored}${freed}${groups}`;
}

export async function archivedText(runs: readonly ArchivedRunDocument[], clock: ShownClock): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  return renderTable(
    ['archived', 'through', 'bytes', 'on', 'segment'],
    ['right', 'right', 'right', 'left', 'left'],
    runs.map((run) => [
      String(run.from),
      String(run.through),
      run.file === null ? '' : bytes(run.bytes),
      clock.text(run.archivedAt),
      run.file === null ? 'dropped' : `${escapeForTerminal(run.file)}${problemOf(run)}`,
    ]),
  );
}

/** A segment of another size is named before anybody relies on it. */
function problemOf({ isAtHand, bytes: size, foundBytes }: ArchivedRunDocument): string {
  if (isAtHand) return '';
  return foundBytes === null ? ' (not at hand)' : ` (not whole: ${foundBytes} bytes of ${size})`;
}
