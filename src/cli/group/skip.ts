/** `group skip`: moves a group past the next event of one partition, which it cannot take. */

import {
  type Completengine,
  formatTime,
  type GroupLane,
  LedgerError,
  type LedgerEvent,
  shellWord,
} from '../../index.ts';
import { type GroupSkipDocument, groupSkipDocument } from '../../views/group-change-document.ts';
import { failureDocument } from '../../views/group-document.ts';
import { applyPlan, type Decision } from '../app/apply-plan.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { failureText } from './failure-text.ts';
import { liveMembersOf, namedGroup } from './named-group.ts';
import { placeOf } from './skip-place.ts';

export interface Skip {
  readonly group: string;
  /** A partition, or an event of one: see {@link placeOf}. */
  readonly place: string;
  /** The event that is to be skipped, and no other; undefined: whichever is next. */
  readonly sequence: number | undefined;
  readonly decision: Decision;
  readonly clock: ShownClock;
  print(text: string): void;
  report(note: string): void;
}

interface SkipPlan {
  readonly event: LedgerEvent;
  readonly lane: GroupLane;
  readonly liveMembers: readonly string[];
}

/** Characters of the payload that are shown. */
const SHOWN = 200;

/**
 * Returns the document of the plan.
 * @throws LedgerError INVALID_RANGE if no event waits there, CURSOR_CONFLICT if another one than the named does,
 * INVALID_ARGUMENT for `--yes` without a named event: given twice it would skip two
 */
export async function skipEvent(engine: Completengine, skip: Skip, signal: AbortSignal): Promise<GroupSkipDocument> {
  const { group, decision, clock, print, report } = skip;
  const { isPinned, ...found } = await nextEvent(engine, skip);
  const { sequence, partition } = found.event;
  if (decision.yes && !isPinned)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: '--yes without the event that is to be skipped: a second run would skip the next one',
      hint: `if it is sequence ${sequence}: completengine group skip ${shellWord(group)} ${partition} --sequence ${sequence} --yes`,
    });
  const { isDone } = await applyPlan<SkipPlan>(
    {
      plan: async () => found,
      apply: async () => {
        await engine.skip(group, sequence, { force: decision.force });
        return found;
      },
      show: async (plan) => print(skipText(group, plan, clock)),
      obstacle: ({ liveMembers }) => (liveMembers.length > 0 ? 'members are active' : null),
      question: `skip it for group ${group}?`,
      pin: isPinned ? undefined : `--sequence ${sequence}`,
      doneFact: 'the event was skipped',
      report,
    },
    decision,
    signal,
  );
  if (isDone) report('done: it was skipped');
  return groupSkipDocument(group, { ...found, partition }, isDone);
}

async function nextEvent(engine: Completengine, skip: Skip): Promise<SkipPlan & { readonly isPinned: boolean }> {
  const { group } = skip;
  const description = await namedGroup(engine, group);
  const place = await placeOf(engine, description, skip.place);
  const sequence = skip.sequence ?? place.sequence;
  const isPinned = sequence !== undefined || place.offset !== undefined;
  const event = await eventAt(engine, place.lane);
  const isNamed = [
    [skip.sequence, event?.sequence],
    [place.sequence, event?.sequence],
    [place.offset, event?.offset],
  ].every(([named, found]) => named === undefined || named === found);
  if (!isNamed) throw elsewhere(group, place.lane, event, sequence ?? `${place.lane.partition}/${place.offset}`);
  if (event !== undefined) return { event, lane: place.lane, liveMembers: liveMembersOf(description), isPinned };
  throw new LedgerError('INVALID_RANGE', {
    message: `no event of partition ${place.lane.partition} waits for group ${group}`,
    hint: 'there is nothing to skip',
  });
}

/** No earlier event of the partition has this sequence or a later one. */
async function eventAt(
  engine: Completengine,
  { partition, nextSequence }: GroupLane,
): Promise<LedgerEvent | undefined> {
  for await (const event of engine.tail({ fromSequence: nextSequence, partitions: [partition], limit: 1 }))
    return event;
  return undefined;
}

/** `named`: sequence or place of the event that was to be skipped. */
function elsewhere(
  group: string,
  { partition, nextOffset }: GroupLane,
  event: LedgerEvent | undefined,
  named: number | string,
): LedgerError {
  const what = typeof named === 'number' ? `sequence ${named}` : named;
  const where =
    event === undefined
      ? `at the end of partition ${partition}, offset ${nextOffset}`
      : `at ${partition}/${event.offset} (sequence ${event.sequence})`;
  return new LedgerError('CURSOR_CONFLICT', {
    message: `group ${group} is ${where}, not at ${what}`,
    hint: `see what is next: completengine group skip ${shellWord(group)} ${partition}`,
    details: { group, partition, nextOffset, nextSequence: event?.sequence ?? null },
  });
}

function skipText(group: string, { event, lane, liveMembers }: SkipPlan, clock: ShownClock): string {
  const place = `${event.partition}/${event.offset} (sequence ${event.sequence})`;
  const members = liveMembers.length === 0 ? 'no active members' : `active members: ${liveMembers.join(', ')}`;
  const failure = failureText({ ...lane, failure: failureDocument(lane) }, clock);
  const payload = event.text();
  const lines = [
    `group ${group}: ${place} of ${clock.text(formatTime(event.time))} will be skipped after ${plural(lane.attempts, 'failure')}; ${members}`,
    payload.length > SHOWN ? `${payload.slice(0, SHOWN)}..` : payload,
  ].map(escapeForTerminal);
  return [lines[0], ...(failure === null ? [] : [failure]), lines[1]].join('\n');
}
