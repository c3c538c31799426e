/** Commits all of an input or nothing: one transaction around all of its commits, none of which is reported or visible before its end. */

import { LedgerError } from '../../model/ledger-error.ts';
import type { EmissionSettings } from '../draft/settings.ts';
import type { InputSource } from '../input/input-source.ts';
import { spool } from '../input/spool.ts';
import { isLineCode, REMEDIES } from './chunk-report.ts';
import type { EmissionParts, EmissionTarget } from './emission-target.ts';
import { type EmissionReport, type IngestHooks, ingest, NOTHING_COMMITTED, withReport } from './ingest.ts';
import type { ProducerProgress } from './producer-progress.ts';
import { withRetryHint } from './retry-hint.ts';

/** A ledger that can commit an input as a whole. */
interface AtomicTarget extends Pick<EmissionTarget, 'basis' | 'commitBytesMax'> {
  begin(): Promise<Transaction>;
  /** How long to wait for other writers. */
  readonly busyTimeoutMs: number;
  /** Announces that the ledger is durable through this sequence. */
  announce(sequence: number): void;
}

interface Transaction extends Pick<EmissionTarget, 'pinsOf' | 'commit'> {
  /** @throws LedgerError BUSY where another writer came first: nothing of the transaction is stored, nor will be */
  end(): Promise<void>;
  abandon(): Promise<void>;
}

export interface AtomicParts extends Omit<EmissionParts, 'target'> {
  readonly target: AtomicTarget;
}

/**
 * Commits the whole input, or nothing if it is interrupted or has a bad line. A ledger without a lock accepts a transaction only right behind the head that it began
 * at. Where another writer came first it begins again, with all of the input, until the time for that is over. `producer`: asked for at each beginning.
 * @throws LedgerError BAD_LINE, PRODUCER_CONFLICT, IO_FAILED, DISK_FULL, OUTCOME_UNKNOWN, BUSY
 */
export async function ingestAtomically(
  parts: AtomicParts,
  settings: EmissionSettings,
  sources: readonly InputSource[],
  producer: () => Promise<ProducerProgress | null>,
  hooks: IngestHooks,
): Promise<EmissionReport> {
  const spooled = await spool(sources, hooks.signal);
  try {
    let attempt = await ingestSpooled(parts, settings, spooled.sources, await producer(), hooks);
    const since = performance.now();
    while (attempt.kind === 'overtaken') {
      if (performance.now() - since >= parts.target.busyTimeoutMs) throw attempt.error;
      // it has been warned already
      const again = { ...hooks, onWarning: undefined };
      attempt = await ingestSpooled(parts, settings, spooled.sources, await producer(), again);
    }
    return attempt.report;
  } finally {
    spooled.close();
  }
}

type Attempt =
  | { readonly kind: 'ended'; readonly report: EmissionReport }
  | { readonly kind: 'overtaken'; readonly error: unknown };

async function ingestSpooled(
  { target, ...parts }: AtomicParts,
  settings: EmissionSettings,
  sources: readonly InputSource[],
  producer: ProducerProgress | null,
  hooks: IngestHooks,
): Promise<Attempt> {
  const transaction = await target.begin();
  // no commit is reported before all of the input is stored
  const pending: Parameters<NonNullable<IngestHooks['onCommit']>>[] = [];
  const keep: IngestHooks['onCommit'] = (events, place) => {
    events.keep();
    pending.push([events, place]);
  };
  let report: EmissionReport;
  try {
    const within = {
      commitBytesMax: target.commitBytesMax,
      basis: () => target.basis(),
      pinsOf: transaction.pinsOf,
      commit: transaction.commit,
      openPipeline: null,
    };
    const onCommit = hooks.onCommit && keep;
    report = await ingest({ ...parts, target: within }, settings, sources, producer, { ...hooks, onCommit });
  } catch (error) {
    // if that fails too, closing the connection rolls it back
    await transaction.abandon().catch(() => {});
    throw undone(error);
  }
  if (!report.isComplete) {
    await transaction.abandon();
    return { kind: 'ended', report: { ...report, ...NOTHING_COMMITTED } };
  }
  try {
    await transaction.end();
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'BUSY') return { kind: 'overtaken', error };
    throw withRetryHint(error);
  }
  if (report.lastSequence !== null) target.announce(report.lastSequence);
  try {
    for (const [events, place] of pending) await hooks.onCommit?.(events, place);
  } catch (error) {
    throw withReport(error, report);
  }
  return { kind: 'ended', report };
}

/** The same error for an input of which nothing is stored: its report counts no commits, and its hint says to emit all of it again. */
function undone(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  const { code, message, cause } = error;
  const report = error.details['report'] as EmissionReport | undefined;
  const details =
    report === undefined ? error.details : { ...error.details, report: { ...report, ...NOTHING_COMMITTED } };
  // an input in another format is converted as a whole
  const isBadLine = isLineCode(code) && details['format'] === undefined;
  return new LedgerError(code, {
    message,
    details,
    cause,
    hint: isBadLine ? `nothing is stored: ${REMEDIES[code]}, then emit the whole input again` : error.hint,
  });
}
