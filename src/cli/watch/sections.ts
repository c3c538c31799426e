/** The sections of a live page with a fixed height: ledger, emission, bus and replay. */

import { basename } from 'node:path';
import stringWidth from 'string-width';
import type { LedgerDocument, SampleDocument } from '../../views/ledger-document.ts';
import type { Flow } from '../../views/rates.ts';
import { graph } from '../terminal/bar.ts';
import { chalk } from '../terminal/colours.ts';
import { cutLine } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, perSecond, span } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { firstFitting, type LiveColumn, tableLines } from './fit.ts';
import { measuredSpan, rowName, sectionName, UNKNOWN } from './margin.ts';

const UUID_DIGITS = 8;
const TRANSFERS_SHOWN = 3;
const GRAPH_ROWS = 2;

/** Like `2026-04-12T09:00:00Z`. */
function toSecond(time: string, clock: ShownClock): string {
  return clock.text(time).replace(/\.\d+/, '');
}

export function ledgerSection(sample: SampleDocument, width: number, isShort: boolean, shown: ShownClock): string[] {
  const { storage } = sample;
  const path = escapeForTerminal(sample.path);
  const file = escapeForTerminal(basename(sample.path));
  const uuid = escapeForTerminal(sample.uuid).slice(0, UUID_DIGITS);
  const logBytes = storage.log?.bytes ?? 0;
  const sizes = `${bytes(storage.bytes)}${logBytes === 0 ? '' : ` + ${bytes(logBytes)} WAL`}`;
  const name = sectionName('ledger');
  const clock = toSecond(sample.at, shown);
  const first = firstFitting(
    [
      apart(`${name}  ${path}  ${chalk.dim(uuid)}  ${sizes}`, clock, width),
      apart(`${name}  ${file}  ${chalk.dim(uuid)}  ${sizes}`, clock, width),
      `${name}  ${file}  ${sizes}`,
      `${name}  ${file}  ${bytes(storage.bytes + logBytes)}`,
      `${name}  ${file}`,
    ],
    width,
  );
  const head = `${sectionName('head')}  ${sample.head}`;
  return [first, ...(isShort ? [] : [cutLine(head, width)])];
}

/** Left and right text, at least two columns apart. */
function apart(left: string, right: string, width: number): string {
  return `${left}${' '.repeat(Math.max(2, width - stringWidth(left) - stringWidth(right)))}${right}`;
}

interface FlowRow {
  readonly name: string;
  readonly flow: Flow | null;
  readonly row: number;
}

export async function emissionSection(
  { emission }: SampleDocument,
  width: number,
  isShort: boolean,
): Promise<string[]> {
  const { last, average, seconds } = emission;
  if (isShort) {
    const events = `${sectionName('emission')}  ${last === null ? UNKNOWN : perSecond(last.eventsPerSecond)} events/s`;
    const stored = last?.bytesPerSecond == null ? '' : `  ${bytes(Math.round(last.bytesPerSecond))}/s`;
    const commits = last?.commitsPerSecond == null ? '' : `  ${perSecond(last.commitsPerSecond)} commits/s`;
    return [firstFitting([events + stored + commits, events + stored, events], width)];
  }
  const rows = [last, average].map(
    (flow, row): FlowRow => ({ name: flow === null ? UNKNOWN : measuredSpan(flow.overMs), flow, row }),
  );
  const figure = (
    head: string,
    rank: number,
    of: (flow: Flow) => number | null,
    shown: (value: number) => string,
  ): LiveColumn<FlowRow> => ({
    head: chalk.dim(head),
    align: 'right',
    rank,
    cell: ({ flow }) => {
      const value = flow === null ? null : of(flow);
      return value === null ? UNKNOWN : shown(value);
    },
  });
  return tableLines(
    rows,
    [
      { head: sectionName('emission'), align: 'left', rank: 0, cell: ({ name }) => rowName(name) },
      figure('events/s', 0, ({ eventsPerSecond }) => eventsPerSecond, perSecond),
      figure(
        'stored/s',
        2,
        ({ bytesPerSecond }) => bytesPerSecond,
        (value) => bytes(Math.round(value)),
      ),
      figure('commits/s', 1, ({ commitsPerSecond }) => commitsPerSecond, perSecond),
    ],
    {
      head: (cells) => graphTitle(seconds.slice(-cells)),
      rank: 3,
      draw: ({ row }, cells) => {
        const shown = seconds.slice(-cells);
        return chalk.green(graph(shown, mostOf(shown), GRAPH_ROWS)[row] ?? '');
      },
    },
    width,
  );
}

function mostOf(seconds: readonly (number | null)[]): number {
  return Math.max(0, ...seconds.map((events) => events ?? 0));
}

function graphTitle(seconds: readonly (number | null)[]): string {
  const known = seconds.filter((events) => events !== null).length;
  if (known === 0) return '';
  const most = mostOf(seconds);
  return most === 0 ? `no events in the last ${known}s` : `last ${known}s, peak ${perSecond(most)}/s`;
}

/** The part of the bus that is visible in the file: the last commit, and the write-ahead log. */
export function busSection({ lastCommitAgeMs: age, storage }: SampleDocument, width: number): string[] {
  const { log } = storage;
  const name = sectionName('bus');
  if (age === null) return [`${name}  no commit yet`];
  const last = `last commit ${span(age)} ago`;
  if (log === null) return [firstFitting([`${name}  ${last}`], width)];
  return [
    firstFitting(
      [
        `${name}  ${last}; ${walText(log)}`,
        ...(log.waitingBytes === null ? [] : [`${name}  ${last}; ${bytes(log.waitingBytes)} to checkpoint`]),
        `${name}  ${last}`,
      ],
      width,
    ),
  ];
}

function walText({ bytes: size, waitingBytes }: NonNullable<LedgerDocument['storage']['log']>): string {
  if (size === 0) return 'no WAL';
  if (waitingBytes === null) return `${bytes(size)} WAL`;
  return waitingBytes === 0
    ? `${bytes(size)} WAL, all checkpointed`
    : `${bytes(size)} WAL, ${bytes(waitingBytes)} not yet checkpointed`;
}

/** The range that can be replayed, and the ledgers that were replayed into this one. */
export function replaySection(sample: LedgerDocument, width: number, isShort: boolean, shown: ShownClock): string[] {
  const { events, firstTime, lastTime, transfers } = sample;
  const { determinism } = sample.config;
  const name = sectionName('replay');
  if (firstTime === null || lastTime === null) return [`${name}  no events yet`];
  const sequences = `1-${events}`;
  const times = `${toSecond(firstTime, shown)} to ${toSecond(lastTime, shown)}`;
  const mode = `${determinism} by default`;
  const first = firstFitting(
    [
      `${name}  sequences ${sequences}, ${times}, ${mode}`,
      `${name}  ${sequences}, ${times}, ${determinism}`,
      `${name}  ${sequences}, ${mode}`,
      `${name}  ${sequences}`,
    ],
    width,
  );
  if (isShort) return [first];
  const held = transfers.slice(0, TRANSFERS_SHOWN).map(({ uuid, isFiltered, throughSequence }) => {
    const what = isFiltered ? 'filtered copy of ledger' : 'copy of ledger';
    return `${rowName('')}  ${what} ${uuid.slice(0, UUID_DIGITS)} through its sequence ${throughSequence}`;
  });
  if (transfers.length > TRANSFERS_SHOWN)
    held.push(`${rowName('')}  and ${count(transfers.length - TRANSFERS_SHOWN)} other ledgers`);
  return [first, ...held.map((line) => cutLine(line, width))];
}
