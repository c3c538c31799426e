/** Formats `inspect --groups`: the offsets, members, leases and lag of each group. */

import { formatTime, type GroupDescription, type Micros } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, plural, span } from '../terminal/format-numbers.ts';
import { ageMs, timeOrNull } from '../terminal/times.ts';

export function groupDocument(group: GroupDescription, now: Micros): object {
  return {
    name: group.name,
    createdAt: formatTime(group.createdAt),
    lag: group.lag,
    oldestTime: timeOrNull(group.oldestTime),
    oldestAgeMs: ageMs(group.oldestTime, now),
    parked: group.parked,
    members: group.members.map(({ expiresAt, ...member }) => ({ ...member, expiresAt: formatTime(expiresAt) })),
    partitions: group.lanes.map((lane) => ({ ...lane, oldestTime: timeOrNull(lane.oldestTime) })),
  };
}

export async function groupsText(groups: readonly GroupDescription[], now: Micros): Promise<string> {
  if (groups.length === 0) return 'no groups yet: the first member creates one: completengine tail --group NAME';
  return (await Promise.all(groups.map((group) => groupText(group, now)))).join('\n\n');
}

async function groupText(group: GroupDescription, now: Micros): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const age = ageMs(group.oldestTime, now);
  const lag =
    group.lag === 0
      ? 'no lag'
      : `lag ${plural(group.lag, 'event')}${age === null ? '' : `, the oldest from ${span(age)} ago`}`;
  const members = group.members
    .map(({ name, isAlive }) => `${escapeForTerminal(name)}${isAlive ? '' : ' (expired)'}`)
    .join(', ');
  const rows = group.lanes.map((lane) => [
    escapeForTerminal(lane.partition),
    count(lane.nextOffset),
    count(lane.lag),
    timeOrNull(lane.oldestTime) ?? '',
    lane.attempts === 0 ? '' : count(lane.attempts),
    escapeForTerminal(lane.member ?? ''),
    lane.token === null ? '' : String(lane.token),
  ]);
  const table = renderTable(
    ['partition', 'next offset', 'lag', 'oldest', 'failures', 'member', 'token'],
    ['left', 'right', 'right', 'left', 'right', 'left', 'right'],
    rows,
  );
  return `group ${escapeForTerminal(group.name)}: ${lag}; ${group.parked} parked; ${members === '' ? 'no members' : `members ${members}`}\n${table}`;
}

const GROUPS_SHOWN = 8;

/** Returns the lag of each group on one line, the largest first. */
export function lagsText(groups: readonly GroupDescription[]): string {
  const byLag = [...groups].sort((one, other) => other.lag - one.lag);
  const shown = byLag.slice(0, GROUPS_SHOWN).map(({ name, lag }) => `${escapeForTerminal(name)} (lag ${count(lag)})`);
  if (byLag.length > shown.length) shown.push('..');
  return `${count(groups.length)}: ${shown.join(', ')}`;
}
