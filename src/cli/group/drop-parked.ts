/** `group parked --drop`: discards parked events of a group, which is final. */

import { type Completengine, LedgerError, shellWord } from '../../index.ts';
import { applyPlan, type Decision } from '../app/apply-plan.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';
import { namedGroup } from './named-group.ts';
import { chosenOf } from './parked.ts';

export interface Drop {
  readonly group: string;
  /** Sequences, or `all`: required, because dropping is final. */
  readonly given: readonly string[];
  readonly decision: Decision;
  print(text: string): void;
  report(note: string): void;
}

/** @throws LedgerError INVALID_ARGUMENT, UNKNOWN_GROUP; NOT_PARKED when one of the sequences is not parked, and none is dropped then */
export async function dropParked(engine: Completengine, drop: Drop, signal: AbortSignal): Promise<void> {
  const { group, given, decision, print, report } = drop;
  if (given.length === 0)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: '--drop without a sequence',
      hint: `name sequences, or all; see them: completengine group parked ${shellWord(group)}`,
    });
  const chosen = chosenOf(given);
  await applyPlan<number>(
    {
      plan: async () => {
        const { parked } = await namedGroup(engine, group);
        if (chosen === 'all') return parked;
        for (const sequence of chosen) await checkParked(engine, group, sequence);
        return new Set(chosen).size;
      },
      apply: () => engine.dropParked(group, chosen),
      show: async (count, isDone) =>
        isDone
          ? report(`done: ${plural(count, 'event')} dropped`)
          : print(escapeForTerminal(`group ${group}: ${plural(count, 'parked event')} will be dropped for good`)),
      obstacle: () => null,
      question: `drop them for group ${group}?`,
      doneFact: 'the parked events were dropped',
      report,
    },
    decision,
    signal,
  );
}

/** @throws LedgerError NOT_PARKED */
async function checkParked(engine: Completengine, group: string, sequence: number): Promise<void> {
  for await (const found of engine.parked(group, { after: sequence - 1, limit: 1 }))
    if (found.sequence === sequence) return;
  throw new LedgerError('NOT_PARKED', {
    message: `sequence ${sequence} is not parked for group ${group}`,
    hint: `see what is: completengine group parked ${shellWord(group)}`,
    details: { group, sequence },
  });
}
