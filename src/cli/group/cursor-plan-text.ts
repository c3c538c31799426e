/** Formats an offset reset of a group, planned or done: per partition the old and new offset, and what is redelivered or skipped. */

import type { CursorPlan, CursorStep } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, plural } from '../terminal/format-numbers.ts';

export async function cursorPlanText(
  group: string,
  { steps, redelivered, skipped, liveMembers }: CursorPlan,
): Promise<string> {
  const { renderTable } = await import('../terminal/table.ts');
  const table = renderTable(
    ['partition', 'from offset', 'to offset', 'redelivered', 'skipped'],
    ['left', 'right', 'right', 'right', 'right'],
    steps.map((step) => [
      escapeForTerminal(step.partition),
      count(step.from),
      count(step.to),
      ...[eventsRedelivered(step), eventsSkipped(step)].map((events) => (events === 0 ? '' : count(events))),
    ]),
  );
  const members =
    liveMembers.length === 0 ? 'no active members' : `active members: ${liveMembers.map(escapeForTerminal).join(', ')}`;
  return `group ${group}: ${plural(redelivered, 'event')} will be redelivered, ${count(skipped)} skipped; ${members}\n${table}`;
}

function eventsRedelivered({ from, to }: CursorStep): number {
  return Math.max(0, from - to);
}

function eventsSkipped({ from, to }: CursorStep): number {
  return Math.max(0, to - from);
}
