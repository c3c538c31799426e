/**
 * Reports a subscription's failures as throttled process warnings if its caller has no hook for them. Text from
 * payloads and files is escaped.
 */

import { inspect } from 'node:util';
import type { ParkReason } from '../model/group.ts';
import { firstLine } from '../model/park-reason-text.ts';
import { ReportLimiter } from '../model/report-limiter.ts';
import { formatName, quoted } from '../model/text/quoting.ts';
import type { Timer } from '../model/time/timer.ts';
import { CommandFailure } from '../output/command-consumer.ts';
import type { FailedDelivery } from './subscription.ts';

type WarningCode = 'COMPLETENGINE_EVENT_PARKED' | 'COMPLETENGINE_SUBSCRIPTION_FAILED';

/** A handler that rejects everything parks thousands of events a second. */
const PARKED_INTERVAL_MS = 10_000;
const SHOWN_CHARACTERS_MAX = 200;

/** The reason of a failed delivery, as it is stored with a parked event. */
export function reasonOf(error: unknown): ParkReason {
  const message = error instanceof Error ? error.message : error;
  // anything can be thrown, and String() itself throws for some objects
  const line = firstLine(typeof message === 'string' ? message : inspect(message));
  return {
    // of an error without a message this is its name
    reason: line === '' ? firstLine(inspect(error)) : line,
    details: error instanceof CommandFailure ? error.lastLines : '',
  };
}

/** Warns of parked events: at once for the first, then at most once in ten seconds. Close it with its subscription. */
export function parkedWarnings(group: string, timer: Timer): ReportLimiter<FailedDelivery> {
  const report = ({ partition, offset, sequence, attempts, reason }: FailedDelivery, count: number): void => {
    const others = count === 1 ? '' : `; ${count - 1} more were parked since the last warning`;
    const event = `${formatName(partition)}/${offset} (sequence ${sequence})`;
    warn(
      'COMPLETENGINE_EVENT_PARKED',
      `group ${formatName(group)} has parked ${event} after ${attempts} failed ${attempts === 1 ? 'delivery' : 'deliveries'}: ${shown(reason)}${others}`,
    );
  };
  return new ReportLimiter({ intervalMs: PARKED_INTERVAL_MS, timer, report });
}

/** Warns that a subscription has ended on a failure. `group`: null without one. */
export function warnOfFailure(group: string | null, error: unknown): void {
  const subject = group === null ? 'a subscription without a group' : `the subscription to group ${formatName(group)}`;
  warn(
    'COMPLETENGINE_SUBSCRIPTION_FAILED',
    `${subject} has ended and gets no more events: ${shown(reasonOf(error).reason)}`,
  );
}

function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { type: 'CompletengineWarning', code });
}

function shown(text: string): string {
  return quoted(text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`);
}
