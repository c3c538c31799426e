/** Formats `group` and `group show`: the offsets, members, leases and lag of each group. */

import type { GroupDocument, GroupsDocument } from '../../views/group-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, plural, span } from '../terminal/format-numbers.ts';

export async function groupsText({ groups }: GroupsDocument): Promise<string> {
  if (groups.length === 0) return 'no groups yet: the first member creates one: completengine tail --group NAME';
  return (await Promise.all(groups.map((group) => groupText(group)))).join('\n\n');
}

async function groupText(group: GroupDocument): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const age = group.oldestAgeMs;
  const lag =
    group.lag === 0
      ? 'no lag'
      : `lag ${plural(group.lag, 'event')}${age === null ? '' : `, the oldest from ${span(age)} ago`}`;
  const members = group.members
    .map(({ name, isAlive }) => `${escapeForTerminal(name)}${isAlive ? '' : ' (expired)'}`)
    .join(', ');
  const rows = group.partitions.map((lane) => [
    escapeForTerminal(lane.partition),
    count(lane.nextOffset),
    count(lane.lag),
    lane.oldestTime ?? '',
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
export function lagsText(groups: readonly GroupDocument[]): string {
  const byLag = [...groups].sort((one, other) => other.lag - one.lag);
  const shown = byLag.slice(0, GROUPS_SHOWN).map(({ name, lag }) => `${escapeForTerminal(name)} (lag ${count(lag)})`);
  if (byLag.length > shown.length) shown.push('..');
  return `${count(groups.length)}: ${shown.join(', ')}`;
}
