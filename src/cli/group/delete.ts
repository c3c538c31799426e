/** `group delete`: deletes a group with its offsets and its parked events. */

import type { Completengine, GroupDescription } from '../../index.ts';
import { type GroupDeletionDocument, groupDeletionDocument } from '../../views/group-change-document.ts';
import { applyPlan, type Decision } from '../app/apply-plan.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, plural } from '../terminal/format-numbers.ts';
import { namedGroup } from './named-group.ts';

export interface Deletion {
  readonly group: string;
  readonly decision: Decision;
  print(text: string): void;
  report(note: string): void;
}

/** Returns the document of the plan. */
export async function deleteGroup(
  engine: Completengine,
  deletion: Deletion,
  signal: AbortSignal,
): Promise<GroupDeletionDocument> {
  const { group, decision, print, report } = deletion;
  const found = await namedGroup(engine, group);
  const { isDone } = await applyPlan<GroupDescription>(
    {
      plan: async () => found,
      apply: async () => {
        await engine.deleteGroup(group, { force: decision.force });
        return found;
      },
      show: async (plan) => print(deletionText(plan)),
      obstacle: ({ members }) => (members.length > 0 ? 'members have not left' : null),
      question: `delete group ${group}?`,
      doneFact: 'the group was deleted',
      report,
    },
    decision,
    signal,
  );
  if (isDone) report('done: the group was deleted');
  return groupDeletionDocument(found, isDone);
}

function deletionText({ name, lanes, lag, parked, members }: GroupDescription): string {
  const left = members.map((member) => `${member.name}${member.isAlive ? '' : ' (expired)'}`).join(', ');
  return escapeForTerminal(
    `group ${name}: its offsets in ${plural(lanes.length, 'partition')} and ${plural(parked, 'parked event')} will be deleted; lag ${count(lag)}; ${left === '' ? 'no members' : `members: ${left}`}`,
  );
}
