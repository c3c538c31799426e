/** The sections of a live page with a row per partition or group. */

import type { LiveGroupDocument, LivePartitionDocument, SampleDocument } from '../../views/ledger-document.ts';
import type { GroupFlow } from '../../views/rates.ts';
import { routingText } from '../partition/routing-text.ts';
import { bar } from '../terminal/bar.ts';
import { chalk, partitionColour } from '../terminal/colours.ts';
import { cut, cutLine } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, percent, perSecond, plural, span } from '../terminal/format-numbers.ts';
import { firstFitting, type LiveColumn, tableLines } from './fit.ts';
import { rowName, sectionName, UNKNOWN } from './margin.ts';

/** A section of variable height; if rows are missing, its last row summarizes them. */
export interface RowList {
  readonly size: number;
  /** Its head and at most `rows` rows. */
  lines(rows: number): Promise<string[]>;
}

const NAME_MIN = 7;

/** A name from a ledger, escaped, and truncated to leave room for other columns. */
function shownName(name: string, width: number): string {
  return cut(escapeForTerminal(name), Math.max(NAME_MIN, Math.floor(width / 4)));
}

/** All rows, or the largest ones in their original order. */
function choose<Row>(
  rows: readonly Row[],
  room: number,
  size: (row: Row) => number,
): { shown: readonly Row[]; hidden: readonly Row[] } {
  if (rows.length <= room) return { shown: rows, hidden: [] };
  const largest = new Set([...rows].sort((one, other) => size(other) - size(one)).slice(0, Math.max(0, room - 1)));
  return { shown: rows.filter((row) => largest.has(row)), hidden: rows.filter((row) => !largest.has(row)) };
}

function sum<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((total, row) => total + figure(row), 0);
}

/** Adds a row about the hidden rows. `texts`: alternatives, the longest first. */
function withMore(lines: string[], hidden: readonly unknown[], texts: readonly string[], width: number): string[] {
  if (hidden.length === 0) return lines;
  const rows = texts.map((text) => `${rowName('…')}  ${text}`);
  return [...lines, chalk.dim(firstFitting(rows, width))];
}

export function partitionList({ events: total, partitions, routing }: SampleDocument, width: number): RowList {
  const most = Math.max(...partitions.map(({ events }) => events));
  const share = (events: number) => (total === 0 ? '' : percent(events / total));
  const columns: LiveColumn<LivePartitionDocument>[] = [
    { head: sectionName('router'), align: 'left', rank: 0, cell: ({ name }) => rowName(shownName(name, width)) },
    { head: chalk.dim('events'), align: 'right', rank: 1, cell: ({ events }) => count(events) },
    { head: chalk.dim('share'), align: 'right', rank: 2, cell: ({ events }) => share(events) },
    { head: chalk.dim('events/s'), align: 'right', rank: 0, cell: ({ eventsPerSecond }) => rateText(eventsPerSecond) },
  ];
  const length = {
    head: () => `${escapeForTerminal(routingText(routing))}, epoch ${routing.epoch}`,
    rank: 3,
    draw: ({ id, events }: LivePartitionDocument, cells: number) => partitionColour(id)(bar(events, most, cells)),
  };
  return {
    size: partitions.length,
    lines: async (room) => {
      const { shown, hidden } = choose(partitions, room, ({ events }) => events);
      const rest = sum(hidden, ({ eventsPerSecond }) => eventsPerSecond ?? 0);
      const what = `${share(sum(hidden, ({ events }) => events))}, ${perSecond(rest)}/s`;
      const texts = [`${plural(hidden.length, 'more partition')}: ${what}`, `${count(hidden.length)} more: ${what}`];
      return withMore(await tableLines(shown, columns, length, width), room === 0 ? [] : hidden, texts, width);
    },
  };
}

export function groupList({ groups, lagMax }: SampleDocument, width: number): RowList {
  if (groups.length === 0)
    return { size: 0, lines: async () => [cutLine(`${sectionName('scheduler')}  no groups yet`, width)] };
  const columns = groupColumns(groups, width);
  const members = sum(groups, ({ members }) => members.length);
  const length = {
    head: (cells: number) =>
      firstFitting(
        [`${plural(groups.length, 'group')}, ${plural(members, 'member')}`, plural(groups.length, 'group')],
        cells,
      ),
    rank: 4,
    draw: ({ lag }: LiveGroupDocument, cells: number) => chalk.yellow(bar(lag, lagMax, cells)),
  };
  return {
    size: groups.length,
    lines: async (room) => {
      const { shown, hidden } = choose(groups, room, ({ lag }) => lag);
      const text = `${plural(hidden.length, 'more group')}: lag ${count(sum(hidden, ({ lag }) => lag))}`;
      return withMore(await tableLines(shown, columns, length, width), room === 0 ? [] : hidden, [text], width);
    },
  };
}

function groupColumns(groups: readonly LiveGroupDocument[], width: number): LiveColumn<LiveGroupDocument>[] {
  const column = (
    head: string,
    rank: number,
    cell: (group: LiveGroupDocument) => string,
  ): LiveColumn<LiveGroupDocument> => ({
    head: chalk.dim(head),
    align: 'right',
    rank,
    cell,
  });
  const attempts = column('attempts', 4, ({ partitions }) => redIfAny(sum(partitions, ({ attempts }) => attempts)));
  return [
    { head: sectionName('scheduler'), align: 'left', rank: 0, cell: ({ name }) => rowName(shownName(name, width)) },
    column('lag', 0, ({ lag }) => count(lag)),
    column('lag/s', 1, trendText),
    column('read/s', 5, ({ flow }) => rateText(flow?.readPerSecond ?? null)),
    column('ETA', 2, catchUpText),
    column('oldest', 6, ({ oldestAgeMs }) => (oldestAgeMs === null ? UNKNOWN : span(oldestAgeMs))),
    column('assigned', 7, assignedText),
    ...(groups.some(({ partitions }) => partitions.some(({ attempts }) => attempts > 0)) ? [attempts] : []),
    column('parked', 3, ({ parked }) => redIfAny(parked)),
  ];
}

/** Leased partitions of all, and the number of live members. */
function assignedText({ partitions, members }: LiveGroupDocument): string {
  const leased = partitions.filter(({ member }) => member !== null).length;
  const alive = members.filter(({ isAlive }) => isAlive).length;
  const text = `${leased}/${partitions.length} by ${alive}`;
  return alive < members.length || leased < partitions.length ? chalk.yellow(text) : text;
}

/** Whether the lag is less than the group reads in a second. */
function isKeepingUp({ lag }: LiveGroupDocument, flow: GroupFlow): boolean {
  return lag <= flow.readPerSecond;
}

function catchUpText(group: LiveGroupDocument): string {
  const { flow } = group;
  if (flow === null || isKeepingUp(group, flow)) return UNKNOWN;
  if (flow.catchUpMs !== null) return span(flow.catchUpMs);
  return flow.lagPerSecond > 0 ? chalk.yellow('never') : UNKNOWN;
}

function redIfAny(figure: number): string {
  return figure === 0 ? '0' : chalk.red(count(figure));
}

function rateText(rate: number | null): string {
  return rate === null ? UNKNOWN : perSecond(rate);
}

function trendText(group: LiveGroupDocument): string {
  const { flow } = group;
  if (flow === null) return UNKNOWN;
  const text = `${flow.lagPerSecond > 0 ? '+' : ''}${perSecond(flow.lagPerSecond)}`;
  return flow.lagPerSecond > 0 && !isKeepingUp(group, flow) ? chalk.yellow(text) : text;
}
