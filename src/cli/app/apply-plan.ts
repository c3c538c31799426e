/** Plans first: shows what would be done to a group, and does it with `--yes`, or after a question on a terminal. */

import * as Flags from '@oclif/core/flags';
import { canAsk, confirm } from '../terminal/confirm.ts';
import { printOnOutputFailure } from '../terminal/guard-output.ts';

export const planFlags = {
  yes: Flags.boolean({ description: 'apply the plan; without it, it is only printed' }),
  force: Flags.boolean({
    description: 'also while members are active: deliveries in progress are then not acknowledged',
  }),
};

export interface GroupChange<Plan> {
  /** Reads what would be done. */
  plan(): Promise<Plan>;
  /** Does it, and returns what was done. */
  apply(): Promise<Plan>;
  /** Prints the plan, done or not. */
  show(plan: Plan, isDone: boolean): Promise<void>;
  /** Why it would be refused without `--force`; null if it would not. */
  obstacle(plan: Plan): string | null;
  /** The question on a terminal. */
  readonly question: string;
  /** Fact for the user if the output fails once it is done. */
  readonly doneFact: string;
  /** Takes a note for the user. */
  report(note: string): void;
}

export interface Decision {
  readonly yes: boolean;
  readonly force: boolean;
  /** Prints one document, and asks nothing. */
  readonly isJson: boolean;
}

/** Whether the ledger has to be opened for writing. */
export function mayApply({ yes, isJson }: Decision): boolean {
  return yes || (!isJson && canAsk());
}

/** Returns the plan, and whether it was applied. */
export async function applyPlan<Plan>(
  change: GroupChange<Plan>,
  decision: Decision,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly isDone: boolean }> {
  if (!decision.yes) {
    const plan = await change.plan();
    await change.show(plan, false);
    const obstacle = obstacleTo(decision.force ? null : change.obstacle(plan), decision);
    const isAgreed = obstacle === null && (await confirm(change.question, signal));
    if (!isAgreed) {
      change.report(`nothing was changed${obstacle === null ? '' : `: ${obstacle}`}`);
      return { plan, isDone: false };
    }
  }
  // the ledger may have changed since the plan: show what was done
  const plan = await change.apply();
  printOnOutputFailure(change.doneFact);
  await change.show(plan, true);
  return { plan, isDone: true };
}

/** Why the user is not asked; null if the question can be asked. */
function obstacleTo(found: string | null, decision: Decision): string | null {
  if (found !== null) return `${found}; add ${mayApply(decision) ? '--force' : '--yes --force'}`;
  return mayApply(decision) ? null : 'add --yes to apply it';
}
