/** `group parked`: lists the parked events of a group, redelivers them, or drops them. */

import { type Completengine, type ParkedEventDescription, StreamWriter } from '../../index.ts';
import { parkedFacts } from '../../views/parked-document.ts';
import { safeJson } from '../app/safe-json.ts';
import { readWholeNumber } from '../app/whole-number.ts';
import { cut } from '../terminal/cut.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';
import { choosesFormat, standardOutput } from '../terminal/output.ts';
import type { OutputFlags } from '../terminal/output-flags.ts';
import { type ShownClock, shownClock } from '../terminal/shown-clock.ts';
import { checkHasGroups } from './named-group.ts';
import { deliverParked } from './parked-events.ts';
import { type ParkedPayload, payloadsOfParked } from './parked-payloads.ts';

/** Events per table: each page has its own column widths. */
const PAGE_EVENTS = 256;
/** Shown of a payload; no character takes more than four bytes. */
const PAYLOAD_COLUMNS = 48;
const PAYLOAD_BYTES = 4 * (PAYLOAD_COLUMNS + 1);
/** Lines are buffered up to this size before a write. */
const WRITE_CHARACTERS = 64 * 1024;

/**
 * Prints the list page by page with backpressure: it may be larger than memory. With a format it prints the parked
 * events alone, as they are written in it.
 */
export async function listParked(
  engine: Completengine,
  group: string,
  flags: OutputFlags & { readonly limit?: number | undefined; readonly json: boolean },
  signal: AbortSignal,
): Promise<void> {
  checkHasGroups(engine);
  if (choosesFormat(flags)) {
    await deliverParked(
      engine,
      engine.parked(group, { limit: flags.limit }),
      await standardOutput(flags, signal),
      signal,
    );
    return;
  }
  const clock = await shownClock(flags.tz);
  const output = new StreamWriter(process.stdout, signal);
  const parked = engine.parked(group, { limit: flags.limit });
  const events = payloadsOfParked(engine, parked);
  const pieces = process.stdout.isTTY === true && !flags.json ? tablesOf(events, clock) : linesOf(events);
  for await (const piece of pieces) if (signal.aborted || !(await output.write(piece))) return;
}

/** Yields one table per page. */
export async function* tablesOf(
  parked: AsyncIterable<ParkedPayload>,
  clock: ShownClock,
): AsyncGenerator<string, void, undefined> {
  let page: ParkedPayload[] = [];
  for await (const event of parked) {
    page.push(event);
    if (page.length < PAGE_EVENTS) continue;
    yield `${await parkedTable(page, clock)}\n`;
    page = [];
  }
  if (page.length > 0) yield `${await parkedTable(page, clock)}\n`;
}

async function* linesOf(events: AsyncIterable<ParkedPayload>): AsyncGenerator<string, void, undefined> {
  let lines = '';
  for await (const { event, payload } of events) {
    lines += `${parkedLine(event, payload)}\n`;
    if (lines.length < WRITE_CHARACTERS) continue;
    yield lines;
    lines = '';
  }
  if (lines !== '') yield lines;
}

/** Returns a message. `given`: sequences, or `all`; empty: all. @throws LedgerError as {@link chosenOf} does, NOT_PARKED */
export async function redeliverParked(engine: Completengine, group: string, given: readonly string[]): Promise<string> {
  const count = await engine.redeliver(group, given.length === 0 ? 'all' : chosenOf(given));
  const hasLiveMember = (await engine.groups()).some(
    ({ name, members }) => name === group && members.some(({ isAlive }) => isAlive),
  );
  return `${plural(count, 'event')} will be redelivered${hasLiveMember ? '' : ' when a member of the group runs'}`;
}

/** `given`: sequences, or `all`. @throws LedgerError INVALID_ARGUMENT */
export function chosenOf(given: readonly string[]): 'all' | number[] {
  if (given.length === 1 && given[0] === 'all') return 'all';
  return given.map((text) =>
    readWholeNumber(text, { noun: 'a sequence', least: 1, hint: 'give sequences as group parked lists them, or all' }),
  );
}

/** The payload is last, byte for byte. */
function parkedLine(event: ParkedEventDescription, payload: Buffer): string {
  return `${safeJson(parkedFacts(event)).slice(0, -1)},"payload":${payload.toString('utf8')}}`;
}

async function parkedTable(parked: readonly ParkedPayload[], clock: ShownClock): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const rows = parked.map(({ event, payload }) => [
    String(event.sequence),
    `${escapeForTerminal(event.partition)}/${event.offset}`,
    String(event.attempts),
    clock.text(parkedFacts(event).parkedAt),
    event.redeliveryDue ? 'yes' : '',
    escapeForTerminal([event.reason, event.details.split('\n').at(-1) ?? ''].filter((part) => part !== '').join(': ')),
    cut(escapeForTerminal(payload.toString('utf8', 0, PAYLOAD_BYTES)), PAYLOAD_COLUMNS),
  ]);
  return renderTable(
    ['sequence', 'place', 'attempts', 'parked', 'due', 'reason', 'payload'],
    ['right', 'left', 'right', 'left', 'left', 'left', 'left'],
    rows,
  );
}
