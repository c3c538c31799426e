/** Plans first: shows what would be done, and does it with `--yes`, or after a question on a terminal. */

import { canAsk, confirm } from '../terminal/confirm.ts';
import { printOnOutputFailure } from '../terminal/guard-output.ts';

export interface PlannedChange<Plan> {
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
  /** Flags that `--yes` needs beside it, as typed in a shell; default none. */
  readonly pin?: string | undefined;
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
  change: PlannedChange<Plan>,
  decision: Decision,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly isDone: boolean }> {
  if (!decision.yes) {
    const plan = await change.plan();
    await change.show(plan, false);
    const asked = { ...change, obstacle: change.obstacle(plan) };
    if (!(await isAgreed(asked, decision, signal))) return { plan, isDone: false };
  }
  // the ledger may have changed since the plan: show what was done
  const plan = await change.apply();
  printOnOutputFailure(change.doneFact);
  await change.show(plan, true);
  return { plan, isDone: true };
}

/** Whether the user wants a plan to be applied, which was printed; says so if not. `obstacle`: why it would be refused without `--force`. */
export async function isAgreed(
  {
    obstacle,
    question,
    pin,
    report,
  }: Pick<PlannedChange<never>, 'question' | 'pin' | 'report'> & { readonly obstacle: string | null },
  decision: Decision,
  signal: AbortSignal,
): Promise<boolean> {
  const reason = obstacleTo(decision.force ? null : obstacle, pin, decision);
  if (reason === null && (await confirm(question, signal))) return true;
  report(`nothing was changed${reason === null ? '' : `: ${reason}`}`);
  return false;
}

/** Why the user is not asked; null if the question can be asked. */
function obstacleTo(found: string | null, pin: string | undefined, decision: Decision): string | null {
  const yes = pin === undefined ? '--yes' : `${pin} --yes`;
  if (found !== null) return `${found}; add ${mayApply(decision) ? '--force' : `${yes} --force`}`;
  return mayApply(decision) ? null : `add ${yes} to apply it`;
}
