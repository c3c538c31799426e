/** Gives the fold the bodies that it needs: those of epochs, and of links that are too long for a header. */

import { needsBody } from '../format/messages.ts';
import type { LogMessage, OrderedLog } from '../ordered-log.ts';
import { lostMessages } from './lost-messages.ts';

/** The message as it is, unless the fold needs a body that it does not have. */
export function withBody(log: OrderedLog, message: LogMessage): LogMessage | Promise<LogMessage> {
  if (!needsBody(message.topic) || message.body.length === message.bodyBytes) return message;
  return wholeMessage(log, message.position);
}

/** @throws LedgerError LEDGER_REPLACED if it is not there any more */
export async function wholeMessage(log: OrderedLog, position: number): Promise<LogMessage> {
  for await (const message of log.read({ from: position, through: position, hasBodies: true })) return message;
  throw lostMessages(log, position);
}
