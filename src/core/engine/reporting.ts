/** What a subscription reports where its caller has no hook for it: process warnings, few of them, with what comes out of payloads and files escaped. */

import { inspect } from 'node:util';
import type { ParkReason } from '../model/group.ts';
import { ReportLimiter } from '../model/report-limiter.ts';
import { formatName, quoted } from '../model/text/quoting.ts';
import type { Timer } from '../model/time/timer.ts';
import { CommandFailure } from '../output/command-consumer.ts';
import type { FailedDelivery } from './subscription.ts';

type WarningCode = 'COMPLETENGINE_EVENT_PARKED' | 'COMPLETENGINE_SUBSCRIPTION_FAILED';

/** A handler that takes nothing parks thousands of events a second. */
const PARKED_INTERVAL_MS = 10_000;
const REASON_CHARACTERS_MAX = 500;
const SHOWN_CHARACTERS_MAX = 200;

/** Why a delivery has failed, as it is kept with what is parked. */
export function reasonOf(error: unknown): ParkReason {
  const message = error instanceof Error ? error.message : error;
  // anything can be thrown: String() of some objects throws in its turn
  const [line = ''] = (typeof message === 'string' ? message : inspect(message)).split('\n');
  return {
    reason: line.slice(0, REASON_CHARACTERS_MAX),
    details: error instanceof CommandFailure ? error.lastLines : '',
  };
}

/** Warns of events that were parked: of the first one at once, then once in ten seconds at most. To be closed with its subscription. */
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

/** Warns that a subscription has ended because it cannot go on. `group`: null without one. */
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
