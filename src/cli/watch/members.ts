/** Formats the members and failing partitions of a group: lines below its row, if the page has room. */

import type { GroupDocument } from '../../views/group-document.ts';
import { expiredText } from '../group/groups-text.ts';
import { chalk } from '../terminal/colours.ts';
import { cutLine } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural, span } from '../terminal/format-numbers.ts';
import { rowName } from './margin.ts';

const PARTITIONS_NAMED = 8;

export function memberLines({ members, partitions }: GroupDocument, width: number): string[] {
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
  return [
    ...lines.map((line) => chalk.dim(cutLine(`${rowName('')}  ${line}`, width))),
    ...failures.map((line) => chalk.red(cutLine(`${rowName('')}  ${line}`, width))),
  ];
}
