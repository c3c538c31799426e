/** `group reset`: resets the offsets of a consumer group, so that its members receive history again. */

import { type Completengine, type CursorPlan, LedgerError } from '../../index.ts';
import { cursorPlanDocument } from '../../views/cursor-plan-document.ts';
import { applyPlan, type Decision } from '../app/apply-plan.ts';
import { pastEndText } from '../range/nothing-found.ts';
import { type StartFlagValues, startOptions } from '../range/range-flags.ts';
import { cursorPlanText } from './cursor-plan-text.ts';
import { checkHasGroups } from './named-group.ts';

export interface Reset {
  readonly group: string;
  /** Names of partitions; empty: all. */
  readonly partitions: readonly string[];
  readonly start: StartFlagValues;
  readonly decision: Decision;
  /** Takes the result as text. */
  print(text: string): void;
  /** Takes a note for the user. */
  report(note: string): void;
}

/** @throws LedgerError INVALID_ARGUMENT */
export function checkStart({ from, 'from-sequence': sequence }: StartFlagValues): void {
  if (from !== undefined || sequence !== undefined) return;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: 'an offset reset without a start',
    hint: 'add --from start, --from end, --from TIME or --from-sequence N',
  });
}

/** Returns the document of the plan. */
export async function resetGroup(engine: Completengine, reset: Reset, signal: AbortSignal): Promise<object> {
  const { group, partitions, start, decision, print, report } = reset;
  checkHasGroups(engine);
  await checkSequence(engine, start['from-sequence']);
  const past = await pastEndText(engine, start);
  if (past !== null) report(`no events from there on: ${past}`);
  const options = { ...startOptions(start), partitions };
  const { plan, isDone } = await applyPlan<CursorPlan>(
    {
      plan: () => engine.planCursors(group, options),
      apply: () => engine.setCursors(group, { ...options, force: decision.force }),
      show: async (shown) => print(await cursorPlanText(group, shown)),
      obstacle: ({ liveMembers }) => (liveMembers.length > 0 ? 'members are active' : null),
      question: `reset the offsets of group ${group}?`,
      doneFact: 'the group was reset',
      report,
    },
    decision,
    signal,
  );
  if (isDone) report('done: members continue from there');
  return cursorPlanDocument(group, plan, isDone);
}

/** A sequence past the end would skip everything. */
async function checkSequence(engine: Completengine, sequence: number | undefined): Promise<void> {
  if (sequence === undefined) return;
  const { sequence: head } = await engine.head();
  if (sequence <= head + 1) return;
  throw new LedgerError('INVALID_RANGE', {
    message: `there is no sequence ${sequence}: the head is at ${head}`,
    hint: 'to skip everything: --from end',
  });
}
