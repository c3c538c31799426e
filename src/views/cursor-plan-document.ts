/** The document of an offset reset, planned or done. */

import type { CursorPlan, CursorStep } from '../index.ts';

interface CursorStepDocument extends CursorStep {
  /** Events of the partition that are delivered again, and events that are skipped. */
  readonly redelivered: number;
  readonly skipped: number;
}

export interface CursorPlanDocument extends Omit<CursorPlan, 'steps'> {
  readonly group: string;
  /** False for a plan that was not applied. */
  readonly isDone: boolean;
  readonly partitions: readonly CursorStepDocument[];
}

export function cursorPlanDocument(group: string, plan: CursorPlan, isDone: boolean): CursorPlanDocument {
  const { steps, redelivered, skipped, liveMembers } = plan;
  return { group, isDone, redelivered, skipped, liveMembers, partitions: steps.map(stepDocument) };
}

function stepDocument(step: CursorStep): CursorStepDocument {
  const { from, to } = step;
  return { ...step, redelivered: Math.max(0, from - to), skipped: Math.max(0, to - from) };
}
