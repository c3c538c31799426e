/**
 * The turns of writers: which message of a session counts. A void message stays void, whatever comes later, and nothing that was sent
 * behind it overtakes it: so a writer that has seen one void can send the draft again under a new generation. Pure.
 */

import type { Who } from '../format/messages.ts';
import type { LogSession } from './log-state.ts';

/** A session that sends nothing for that many messages is forgotten, and what was built before that is void. */
export const SESSION_MESSAGES_MAX = 65_536;

/**
 * Whether it is this message's turn. If not, `session` is what its session becomes: one that comes too early ends its generation, because a second copy of
 * it could come in turn later. Undefined: the session stays as it is.
 */
export function turnOf(
  known: LogSession | undefined,
  { generation, number }: Who,
  position: number,
): { readonly isDue: boolean; readonly session: LogSession | undefined } {
  const isNew = known === undefined || generation > known.generation;
  const nextOfKnown = generation === known?.generation ? known.next : null;
  const next = isNew ? 0 : nextOfKnown;
  if (number === next) return { isDue: true, session: undefined };
  const isEarly = next !== null && number > next;
  return { isDue: false, session: isEarly ? { generation, next: null, position } : undefined };
}

/** The session after a message whose turn it was. */
export function afterTurn({ generation, number }: Who, position: number, isVoid: boolean): LogSession {
  return { generation, next: isVoid ? null : number + 1, position };
}

export function forgetSessions(sessions: Map<string, LogSession>, position: number): void {
  for (const [name, session] of sessions) if (session.position < position - SESSION_MESSAGES_MAX) sessions.delete(name);
}
