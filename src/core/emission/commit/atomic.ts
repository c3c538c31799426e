/** All of an input or nothing: one transaction around every commit of it, and nothing told before its end. */

import { LedgerError } from '../../model/ledger-error.ts';
import type { EmissionSettings } from '../draft/settings.ts';
import { spool } from '../input/spool.ts';
import type { EmissionParts, EmissionTarget } from './emission-target.ts';
import {
  type EmissionReport,
  type IngestHooks,
  type InputSource,
  ingest,
  NOTHING_COMMITTED,
  withReport,
} from './ingest.ts';
import type { ProducerProgress } from './producer-progress.ts';
import { withRetryHint } from './retry-hint.ts';

/** What an input goes into that is stored whole. */
interface AtomicTarget extends Pick<EmissionTarget, 'basis'> {
  begin(): Promise<Transaction>;
  /** It is durable through this sequence. */
  announce(sequence: number): void;
}

interface Transaction extends Pick<EmissionTarget, 'pinsOf' | 'commit'> {
  end(): Promise<void>;
  abandon(): Promise<void>;
}

export interface AtomicParts extends Omit<EmissionParts, 'target'> {
  readonly target: AtomicTarget;
}

/** An interrupted or bad input leaves nothing behind. @throws LedgerError BAD_LINE, PRODUCER_CONFLICT, IO_FAILED, DISK_FULL, OUTCOME_UNKNOWN */
export async function ingestAtomically(
  parts: AtomicParts,
  settings: EmissionSettings,
  sources: readonly InputSource[],
  producer: ProducerProgress | null,
  hooks: IngestHooks,
): Promise<EmissionReport> {
  const spooled = await spool(sources, hooks.signal);
  try {
    return await ingestSpooled(parts, settings, spooled.sources, producer, hooks);
  } finally {
    spooled.close();
  }
}

async function ingestSpooled(
  { target, ...parts }: AtomicParts,
  settings: EmissionSettings,
  sources: readonly InputSource[],
  producer: ProducerProgress | null,
  hooks: IngestHooks,
): Promise<EmissionReport> {
  const transaction = await target.begin();
  // nothing is told before all of it is stored
  const undelivered: Parameters<NonNullable<IngestHooks['onCommit']>>[] = [];
  const keep: IngestHooks['onCommit'] = (events, place) => {
    events.keep();
    undelivered.push([events, place]);
  };
  let report: EmissionReport;
  try {
    const within = {
      basis: () => target.basis(),
      pinsOf: transaction.pinsOf,
      commit: transaction.commit,
      openPipeline: null,
    };
    const onCommit = hooks.onCommit && keep;
    report = await ingest({ ...parts, target: within }, settings, sources, producer, { ...hooks, onCommit });
  } catch (error) {
    // where that fails too, closing the connection rolls it back
    await transaction.abandon().catch(() => {});
    throw undone(error);
  }
  if (!report.isComplete) {
    await transaction.abandon();
    return { ...report, ...NOTHING_COMMITTED };
  }
  await transaction.end().catch((error: unknown) => {
    throw withRetryHint(error);
  });
  if (report.lastSequence !== null) target.announce(report.lastSequence);
  try {
    for (const [events, place] of undelivered) await hooks.onCommit?.(events, place);
  } catch (error) {
    throw withReport(error, report);
  }
  return report;
}

/** Nothing is stored, whatever was tried, and there is no rest to go on with. */
function undone(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  const { code, message, cause } = error;
  const report = error.details['report'] as EmissionReport | undefined;
  const details =
    report === undefined ? error.details : { ...error.details, report: { ...report, ...NOTHING_COMMITTED } };
  const isBadLine = code === 'BAD_LINE' || code === 'ID_CONFLICT';
  return new LedgerError(code, {
    message,
    details,
    cause,
    hint: isBadLine ? 'nothing is stored: mend the line and emit all of it again' : error.hint,
  });
}
