/** `group skip`: moves a group past the next event of one partition, which it cannot take. */

import { type Completengine, type GroupLane, LedgerError, type LedgerEvent } from '../../index.ts';
import { type GroupSkipDocument, groupSkipDocument } from '../../views/group-change-document.ts';
import { applyPlan, type Decision } from '../app/apply-plan.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';
import { liveMembersOf, namedGroup } from './named-group.ts';

export interface Skip {
  readonly group: string;
  readonly partition: string;
  readonly decision: Decision;
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

/** Returns the document of the plan. @throws LedgerError INVALID_RANGE if no event waits there */
export async function skipEvent(engine: Completengine, skip: Skip, signal: AbortSignal): Promise<GroupSkipDocument> {
  const { group, partition, decision, print, report } = skip;
  const found = await nextEvent(engine, group, partition);
  const { isDone } = await applyPlan<SkipPlan>(
    {
      plan: async () => found,
      apply: async () => {
        await engine.skip(group, found.event.sequence, { force: decision.force });
        return found;
      },
      show: async (plan) => print(skipText(group, plan)),
      obstacle: ({ liveMembers }) => (liveMembers.length > 0 ? 'members are active' : null),
      question: `skip it for group ${group}?`,
      doneFact: 'the event was skipped',
      report,
    },
    decision,
    signal,
  );
  if (isDone) report('done: it was skipped');
  return groupSkipDocument(group, { ...found, partition }, isDone);
}

async function nextEvent(engine: Completengine, group: string, partition: string): Promise<SkipPlan> {
  const description = await namedGroup(engine, group);
  const lane = description.lanes.find((each) => each.partition === partition);
  const event = lane === undefined ? undefined : await eventAt(engine, lane);
  if (lane !== undefined && event !== undefined) return { event, lane, liveMembers: liveMembersOf(description) };
  throw lane === undefined
    ? new LedgerError('UNKNOWN_PARTITION', {
        message: `no partition '${partition.slice(0, 80)}'`,
        hint: 'list them with: completengine partition',
      })
    : new LedgerError('INVALID_RANGE', {
        message: `no event of partition ${partition} waits for group ${group}`,
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

function skipText(group: string, { event, lane, liveMembers }: SkipPlan): string {
  const place = `${event.partition}/${event.offset} (sequence ${event.sequence})`;
  const members = liveMembers.length === 0 ? 'no active members' : `active members: ${liveMembers.join(', ')}`;
  const payload = event.text();
  return [
    `group ${group}: ${place} will be skipped after ${plural(lane.attempts, 'failure')}; ${members}`,
    ...(lane.failure === null ? [] : [`last failure: ${lane.failure.reason}`]),
    payload.length > SHOWN ? `${payload.slice(0, SHOWN)}..` : payload,
  ]
    .map(escapeForTerminal)
    .join('\n');
}
