/** Formats `group` and `group show`: the offsets, members, leases and lag of each group. */

import type { GroupDocument, GroupsDocument } from '../../views/group-document.ts';
import { onNamedLedger } from '../app/hints.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, plural, span } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { failureText } from './failure-text.ts';

export const NO_GROUPS_OF_A_SEGMENT =
  'no groups: this is a segment of an archive, and groups are in the ledger that it belongs to';

export async function groupsText({ groups }: GroupsDocument, clock: ShownClock): Promise<string> {
  if (groups.length === 0) return 'no groups yet: the first member creates one: completengine tail --group NAME';
  return (await Promise.all(groups.map((group) => groupText(group, clock)))).join('\n\n');
}

async function groupText(group: GroupDocument, clock: ShownClock): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const age = group.oldestAgeMs;
  const lag =
    group.lag === 0
      ? 'no lag'
      : `lag ${plural(group.lag, 'event')}${age === null ? '' : `, the oldest from ${span(age)} ago`}`;
  const members = group.members
    .map((member) => `${escapeForTerminal(member.name)}${member.isAlive ? '' : ` (${expiredText(member)})`}`)
    .join(', ');
  const rows = group.partitions.map((lane) => [
    escapeForTerminal(lane.partition),
    count(lane.nextOffset),
    count(lane.lag),
    lane.oldestTime === null ? '' : clock.text(lane.oldestTime),
    lane.attempts === 0 ? '' : count(lane.attempts),
    escapeForTerminal(lane.member ?? ''),
    lane.token === null ? '' : String(lane.token),
  ]);
  const table = renderTable(
    ['partition', 'next offset', 'lag', 'oldest', 'failures', 'member', 'token'],
    ['left', 'right', 'right', 'left', 'right', 'left', 'right'],
    rows,
  );
  const failures = group.partitions.map((lane) => failureText(lane, clock)).filter((line) => line !== null);
  return [
    `group ${escapeForTerminal(group.name)}: ${lag}; ${group.parked} parked; ${members === '' ? 'no members' : `members ${members}`}`,
    table,
    ...failures,
  ].join('\n');
}

const GROUPS_SHOWN = 8;

/** The table of `inspect`: a row for each group, those with parked events and the largest lag first. */
export async function groupTable(groups: readonly GroupDocument[]): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const { chalk } = await import('../terminal/colours.ts');
  const worst = [...groups].sort((one, other) => other.parked - one.parked || other.lag - one.lag);
  const rows = worst
    .slice(0, GROUPS_SHOWN)
    .map(({ name, lag, oldestAgeMs, parked, members }) => [
      escapeForTerminal(name),
      count(lag),
      oldestAgeMs === null ? '' : span(oldestAgeMs),
      parked === 0 ? '0' : chalk.red(count(parked)),
      membersText(members),
    ]);
  const table = renderTable(
    ['group', 'lag', 'oldest', 'parked', 'members'],
    ['left', 'right', 'right', 'right', 'left'],
    rows,
  );
  const hidden = groups.length - rows.length;
  return hidden === 0 ? table : `${table}\n${plural(hidden, 'more group')}: ${onNamedLedger('completengine group')}`;
}

const EXPIRED_NAMED = 2;

/** `2 live, mailer-7 expired 5m 2s ago`: the one that expired last first. */
function membersText(members: GroupDocument['members']): string {
  const live = members.filter(({ isAlive }) => isAlive).length;
  const expired = members.filter(({ isAlive }) => !isAlive).sort((one, other) => other.expiresInMs - one.expiresInMs);
  const named = expired
    .slice(0, EXPIRED_NAMED)
    .map((member) => `${escapeForTerminal(member.name)} ${expiredText(member)}`);
  const more = expired.length - named.length;
  const parts = [
    ...(live === 0 ? [] : [`${count(live)} live`]),
    ...named,
    ...(more === 0 ? [] : [`${count(more)} more expired`]),
  ];
  return parts.join(', ') || 'none';
}

/** `expired 5m 2s ago`: since when nobody has renewed its leases. */
export function expiredText({ expiresInMs }: Pick<GroupDocument['members'][number], 'expiresInMs'>): string {
  return `expired ${span(Math.abs(expiresInMs))} ago`;
}
