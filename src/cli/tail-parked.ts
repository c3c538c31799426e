/** `tail --parked`: lists what a group has set aside, has it delivered again, or forgets it. */

import { type Completengine, formatTime, LedgerError, type ParkedEventDescription, shellFlag } from '../index.ts';
import { escapeForTerminal } from './escape.ts';
import { plural } from './figures.ts';
import { safeJson } from './safe-json.ts';
import { readWholeNumber } from './whole-number.ts';

export async function listParked(engine: Completengine, group: string): Promise<string> {
  const parked = await engine.parked(group);
  if (process.stdout.isTTY === true) return parked.length === 0 ? '' : parkedTable(parked);
  const lines = await Promise.all(parked.map(async (event) => parkedLine(event, (await engine.event(event.sequence)).payload)));
  return lines.join('\n');
}

/** Returns what was done, for people. `given`: sequences; without any, all. */
export async function redeliverParked(engine: Completengine, group: string, given: readonly string[]): Promise<string> {
  const count = await engine.redeliver(group, given.length === 0 ? undefined : sequencesOf(given));
  const isAnyoneThere = (await engine.groups()).some(({ name, members }) => name === group && members.some(({ isAlive }) => isAlive));
  return `${plural(count, 'event')} will be delivered again${isAnyoneThere ? '' : ' when a member of the group runs'}`;
}

export async function dropParked(engine: Completengine, group: string, given: readonly string[]): Promise<string> {
  if (given.length === 0)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: '--drop without a sequence',
      hint: `see them: completengine tail --parked ${shellFlag('group', group)}`,
    });
  return `${plural(await engine.dropParked(group, sequencesOf(given)), 'event')} dropped`;
}

function sequencesOf(given: readonly string[]): number[] {
  return given.map((text) => readWholeNumber(text, { noun: 'a sequence', least: 1, hint: 'give sequences as --parked lists them' }));
}

/** The payload last and as it is. */
function parkedLine({ parkedAt, ...event }: ParkedEventDescription, payload: Buffer): string {
  return `${safeJson({ ...event, parkedAt: formatTime(parkedAt) }).slice(0, -1)},"payload":${payload.toString('utf8')}}`;
}

async function parkedTable(parked: readonly ParkedEventDescription[]): Promise<string> {
  const { renderTable } = await import('./table.ts');
  const rows = parked.map((event) => [
    String(event.sequence),
    `${escapeForTerminal(event.partition)}/${event.offset}`,
    String(event.attempts),
    formatTime(event.parkedAt),
    event.isDue ? 'yes' : '',
    escapeForTerminal([event.reason, event.details.split('\n').at(-1) ?? ''].filter((part) => part !== '').join(': ')),
  ]);
  return renderTable(['sequence', 'place', 'attempts', 'parked', 'due', 'reason'], ['right', 'left', 'right', 'left', 'left', 'left'], rows);
}
