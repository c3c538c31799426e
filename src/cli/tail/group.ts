/** `tail --group`: runs a member of a consumer group that delivers to standard output or to a command. */

import {
  CommandConsumer,
  type Completengine,
  type Delivery,
  type Handler,
  LedgerError,
  type MemberOptions,
  type Subscription,
  shellFlag,
  shellWord,
  systemTimer,
} from '../../index.ts';
import { millisOf } from '../app/durations.ts';
import { EXIT_PARKED } from '../app/exit-codes.ts';
import { onNamedLedger } from '../app/hints.ts';
import { type Interrupt, laterThan } from '../app/interrupt.ts';
import { RANGE_FOR_A_GROUP } from '../app/said-otherwise.ts';
import type { RangeArguments } from '../range/arguments.ts';
import { pastEndText } from '../range/nothing-found.ts';
import { startOptions } from '../range/range-flags.ts';
import { openCommandStderr } from '../terminal/command-stderr.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { outputFormat, resumableOutput } from '../terminal/output.ts';
import { outputSync } from '../terminal/output-sync.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { checkProgram } from './check-program.ts';
import { DeliveryLog, inProgressText, positionText, summaryLine } from './delivery-log.ts';
import type { TailFlags } from './flags.ts';
import { SlowDeliveries } from './slow-deliveries.ts';
import { beyondHead } from './start.ts';

/** Events per delivery to standard output; if the member crashes, they are delivered again. */
const OUTPUT_BATCH = 1000;
const ACK_TIMEOUT = '30s';
/** How long an interrupted delivery may take to reach a reader that still reads. */
const LAST_WRITE_MS = 250;

export async function tailGroup(
  engine: Completengine,
  interrupt: Interrupt,
  { range, partitions }: RangeArguments,
  flags: TailFlags,
): Promise<void> {
  if (range !== undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `a range cannot be combined with --group: '${range.slice(0, 80)}'`,
      hint: `where a new group begins is --from; ${RANGE_FOR_A_GROUP}`,
    });
  const report = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${escapeForTerminal(onNamedLedger(line))}\n`);
  };
  const log = new DeliveryLog(report, systemTimer);
  const target =
    flags.exec === undefined
      ? await outputTarget(interrupt, flags)
      : await commandTarget(flags.exec, flags, { log, report, signal: interrupt.atOnce });
  let subscription: Subscription | undefined;
  const onAbort = (): void => {
    const isWaiting = interrupt.isReceived && flags.exec !== undefined;
    const waited = isWaiting ? inProgressText(subscription?.inProgress ?? []) : null;
    if (waited !== null) report(`waiting for ${waited}: Ctrl-C again ends at once`);
  };
  interrupt.signal.addEventListener('abort', onAbort, { once: true });
  // also for the output of a command: without a reader its runs would fail, and park events that are not to blame
  const reader = watchReader(() => interrupt.abort());
  try {
    subscription = await engine.subscribe(
      { ...common(flags, partitions, report), ...target.options, signal: interrupt.signal },
      target.handler,
    );
    const begin = beginFlag(flags);
    if (!subscription.isNew && begin !== null)
      report(
        `group ${subscription.group} resumes at its own offsets: ${begin.split(/[ =]/)[0]} is for a new group; to reset the offsets: completengine group reset ${shellWord(subscription.group ?? '')} ${begin}`,
      );
    const head = (await engine.head()).sequence;
    if (subscription.isNew && beyondHead(flags['from-sequence'], head))
      report(
        `there is no sequence ${flags['from-sequence']} yet: the head is at ${head}, and group ${subscription.group} starts after that sequence`,
      );
    const past = subscription.isNew ? await pastEndText(engine, flags) : null;
    if (past !== null) report(`${past}: group ${subscription.group} starts after sequence ${head}`);
    await subscription.finished;
  } finally {
    interrupt.signal.removeEventListener('abort', onAbort);
    reader.close();
    log.close();
    if (subscription !== undefined) reportParked(subscription);
  }
  await target.finish();
}

/** The flags of the start, as typed in a shell, with the zone of its time; null without one. */
function beginFlag({ from, 'from-sequence': sequence, tz }: TailFlags): string | null {
  if (sequence !== undefined) return shellFlag('from-sequence', String(sequence));
  if (from === undefined) return null;
  const zone = tz === undefined ? [] : [shellFlag('tz', tz)];
  return [shellFlag('from', from), ...zone].join(' ');
}

/** Sets the exit code for scripts; an error or a signal overrides it later. Also with `--quiet`: cron mails what is printed, and not the exit code. */
function reportParked(subscription: Subscription): void {
  if (subscription.parked === 0) return;
  process.stderr.write(`${summaryLine(subscription)}\n`);
  process.exitCode = EXIT_PARKED;
}

interface Target {
  readonly handler: Handler;
  readonly options: Omit<MemberOptions, 'group'>;
  /** Completes the output. @throws the error that stopped the deliveries, if any. */
  finish(): Promise<void>;
}

function common(flags: TailFlags, partitions: readonly string[], report: (line: string) => void): MemberOptions {
  return {
    group: flags.group ?? '',
    member: flags.member,
    partitions,
    ...startOptions(flags),
    leaseMs: flags.lease === undefined ? undefined : millisOf(flags.lease),
    onFenced: (delivery) => report(`${positionText(delivery)}: not acknowledged: lease lost or offsets reset`),
    until: {
      limit: flags.limit,
      head: flags['exit-at-head'],
      idleMs: flags.idle === undefined ? undefined : millisOf(flags.idle),
    },
  };
}

/** Delivers to standard output, one delivery at a time. A delivery that its reader does not take is not acknowledged, and counts as no failure of an event. */
async function outputTarget(interrupt: Interrupt, flags: TailFlags): Promise<Target> {
  const output = await resumableOutput(flags, laterThan(interrupt.signal, LAST_WRITE_MS));
  const sync = outputSync();
  let failure: unknown;
  const deliver = async ({ batches, labels }: Delivery): Promise<boolean> => {
    const isTaken = await output.deliver(batches, labels);
    // sync first: the offsets move when the handler resolves
    if (isTaken) sync();
    return isTaken;
  };
  const handler = async (delivery: Delivery): Promise<void> => {
    const isTaken = await deliver(delivery).catch((error: unknown) => {
      failure = error;
      return false;
    });
    if (isTaken) return;
    interrupt.abort();
    throw new Error('the output pipe is closed');
  };
  return {
    handler,
    options: { concurrency: 1, batch: OUTPUT_BATCH, maxDeliver: Number.POSITIVE_INFINITY },
    finish: async () => {
      if (failure !== undefined) throw failure;
      if (!interrupt.signal.aborted) await output.end();
    },
  };
}

async function commandTarget(
  command: string,
  flags: TailFlags,
  {
    log,
    report,
    signal,
  }: { readonly log: DeliveryLog; readonly report: (line: string) => void; readonly signal: AbortSignal },
): Promise<Target> {
  checkProgram(command);
  const format = await outputFormat(flags);
  const consumer = new CommandConsumer({
    command,
    environment: process.env,
    format,
    openStderr: openCommandStderr,
    signal,
  });
  const sync = outputSync();
  const ackTimeoutMs = millisOf(flags['ack-timeout'] ?? ACK_TIMEOUT);
  const slow = new SlowDeliveries(ackTimeoutMs, systemTimer, report);
  return {
    handler: async (delivery) => {
      const { partition, firstOffset: offset, firstSequence: sequence, count: events } = delivery;
      const ended = slow.watch({ partition: partition ?? '', offset, sequence, events });
      await consumer.deliver(delivery).finally(ended);
      // the command inherits our standard output
      syncOrStop(sync);
    },
    options: {
      batch: flags.batch ?? 1,
      batchBytes: flags['batch-bytes'],
      concurrency: flags.concurrency ?? 1,
      maxDeliver: flags['max-deliver'],
      ackTimeoutMs,
      backoffMs: flags.backoff === undefined ? undefined : millisOf(flags.backoff),
      onRetry: (failure) => log.retry(failure),
      onParked: (failure) => log.parked(failure),
    },
    finish: async () => {},
  };
}

/** @throws LedgerError CONSUMER_UNUSABLE if the output cannot be synced, which is no failure of an event */
function syncOrStop(sync: () => void): void {
  try {
    sync();
  } catch (error) {
    const { message, hint } = error as LedgerError;
    throw new LedgerError('CONSUMER_UNUSABLE', { message, hint, cause: error });
  }
}
