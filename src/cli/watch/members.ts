/** Formats the members and failing partitions of a group: lines below its row, if the page has room. */

import type { LiveGroupDocument } from '../../views/ledger-document.ts';
import { expiredText } from '../group/groups-text.ts';
import { chalk } from '../terminal/colours.ts';
import { cutLine } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural, span } from '../terminal/format-numbers.ts';
import { rowName } from './margin.ts';

const PARTITIONS_NAMED = 8;
/** A shorter delivery is nothing to look at. */
const UNMOVED_MS_MIN = 10_000;

export function memberLines({ members, partitions }: LiveGroupDocument, width: number): string[] {
  const lines = members.map(({ name, isAlive, expiresInMs }) => {
    const leased = partitions
      .filter(({ member }) => member === name)
      .map(({ partition }) => escapeForTerminal(partition));
    const what =
      leased.length > PARTITIONS_NAMED ? plural(leased.length, 'partition') : leased.join(' ') || 'no partition';
    const lease = isAlive ? `ends in ${span(Math.abs(expiresInMs))}` : expiredText({ expiresInMs });
    return `${escapeForTerminal(name)}: ${what}, lease ${lease}`;
  });
  const stuck = partitions.filter(({ attempts, failure }) => attempts > 0 || failure !== null);
  const failures = stuck.map(({ partition, nextOffset, attempts, failure }) => {
    const reason = failure === null ? '' : `: ${escapeForTerminal(failure.reason)}`;
    return `${escapeForTerminal(partition)}/${nextOffset}: ${plural(attempts, 'failed attempt')}${reason}`;
  });
  const alive = new Set(members.filter(({ isAlive }) => isAlive).map(({ name }) => name));
  const unmoved = partitions.flatMap((lane) => {
    const { partition, nextOffset, nextSequence, member, unmovedMs } = lane;
    if (stuck.includes(lane) || member === null || !alive.has(member)) return [];
    if (unmovedMs === null || unmovedMs < UNMOVED_MS_MIN) return [];
    return `${escapeForTerminal(partition)}/${nextOffset} (sequence ${nextSequence}): not acknowledged by ${escapeForTerminal(member)} for ${span(unmovedMs)}`;
  });
  return [
    ...lines.map((line) => chalk.dim(cutLine(`${rowName('')}  ${line}`, width))),
    ...failures.map((line) => chalk.red(cutLine(`${rowName('')}  ${line}`, width))),
    ...unmoved.map((line) => chalk.yellow(cutLine(`${rowName('')}  ${line}`, width))),
  ];
}
