/** Runs one replay of the command line: opens the target, shows progress, keeps the cursor, and determines the rest if interrupted. */

import {
  CommandSink,
  type Completengine,
  closeAfter,
  isAbortBy,
  LedgerError,
  type ReplayOptions,
  type ReplayProgress,
  type Sink,
  type StreamReport,
  type TransferReport,
} from '../../index.ts';
import type { Interrupt } from '../app/interrupt.ts';
import type { CursorFile } from '../state/cursor-file.ts';
import { outputFormat, resumableOutput, standardOutput } from '../terminal/output.ts';
import type { OutputFlags } from '../terminal/output-flags.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { openPlayer } from './player.ts';
import { ReplayProgressLine } from './progress.ts';

export interface ReplayRun {
  readonly request: ReplayOptions;
  readonly isStepping: boolean;
  readonly isQuiet: boolean;
  readonly cursor: CursorFile | null;
  /** Opens the target ledger; null for standard output or `exec`. */
  readonly into: ((signal: AbortSignal) => Promise<Completengine>) | null;
  readonly exec: string | undefined;
  readonly output: OutputFlags;
}

interface ReplayRest {
  readonly from: number;
  readonly through: number | null;
  /** Events left of a limit; null: no limit. */
  readonly limit: number | null;
  /** Whether the run has delivered an event. */
  readonly isBegun: boolean;
}

export interface ReplayOutcome {
  readonly report: StreamReport | TransferReport | null;
  /** Undefined also where a signal ended a wait, and there is a rest to resume with. */
  readonly error: unknown;
  /** Range left to replay; null if finished, or if the output pipe is closed. */
  readonly rest: ReplayRest | null;
  /** Whether the output pipe was closed before the end. */
  readonly isReaderGone: boolean;
}

export async function runReplay(engine: Completengine, interrupt: Interrupt, run: ReplayRun): Promise<ReplayOutcome> {
  const { signal } = interrupt;
  const line = new ReplayProgressLine(run.isQuiet);
  const isPaced = (run.request.speed ?? 'max') !== 'max' || run.request.rate !== undefined;
  const { follow, key, where } = run.request;
  // with a filter there may be nothing to write for a long time
  const mayPause = isPaced || run.isStepping || follow === true || key !== undefined || where !== undefined;
  const player =
    isPaced || run.isStepping
      ? openPlayer({ ...run, signal, onChange: (isPaused) => line.note(isPaused ? 'paused, space resumes' : '') })
      : null;
  let hasReader = true;
  const onGone = (): void => {
    hasReader = false;
    interrupt.abort();
  };
  const reader = mayPause && run.into === null ? watchReader(onGone) : null;
  let last: ReplayProgress | undefined;
  const onProgress = (progress: ReplayProgress): void => {
    last = progress;
    run.cursor?.advance(progress);
    line.update(progress);
  };
  let report: StreamReport | null = null;
  let error: unknown;
  try {
    report = await deliver(engine, { ...run.request, playback: player?.playback, signal, onProgress }, run);
    if (report.isComplete && !isLimited(report, run.request)) run.cursor?.finish();
  } catch (failure) {
    error = failure;
  } finally {
    player?.close();
    reader?.close();
    line.stop();
    run.cursor?.save();
  }
  const isWaitEnded = isAbortBy(signal, error);
  const isInterrupted = hasReader && (report === null ? isWaitEnded || isResumable(error) : signal.aborted);
  const isPrinted = run.into === null && run.exec === undefined;
  const isReaderGone = isPrinted && report?.isComplete === false && !isInterrupted;
  // commits of another ledger that were in flight may be missing there
  if (report === null && run.into !== null && last !== undefined) last = { ...last, sequence: null, events: 0 };
  const rest = isInterrupted && last !== undefined ? restOf(last, run.request) : null;
  return { report, error: isWaitEnded && rest !== null ? undefined : error, isReaderGone, rest };
}

async function deliver(
  engine: Completengine,
  options: ReplayOptions,
  { into, exec, output, cursor }: ReplayRun,
): Promise<StreamReport> {
  const { signal } = options;
  if (into !== null && signal !== undefined) {
    // checks the request before a target ledger is created
    await engine.range(options);
    const target = await into(signal);
    return closeAfter(
      () => engine.replayInto(target, options),
      () => target.close(),
    );
  }
  const sink: Sink =
    exec === undefined
      ? await outputOf(output, cursor, signal)
      : new CommandSink(exec, await outputFormat(output), signal);
  if (cursor === null || options.limit === undefined) return engine.replay(options).deliver(sink);
  // the next run goes on in the same document: its end is written by the one that reaches the end of the range
  const report = await engine.replay(options).deliver({
    deliver: (page, labels) => sink.deliver(page, labels),
    get missing() {
      return sink.missing;
    },
  });
  if (report.isComplete && !isLimited(report, options)) await sink.end?.();
  return report;
}

function outputOf(flags: OutputFlags, cursor: CursorFile | null, signal: AbortSignal | undefined): Promise<Sink> {
  return cursor === null ? standardOutput(flags, signal) : resumableOutput(flags, signal, cursor.isBegun);
}

/** Whether the limit ended it: then there may be more in the range. */
function isLimited({ events }: StreamReport, { limit }: Pick<ReplayOptions, 'limit'>): boolean {
  return limit !== undefined && events >= limit;
}

/** Only errors that another run can overcome: a corrupt ledger stays corrupt. */
function isResumable(error: unknown): boolean {
  return error instanceof LedgerError && ['COMMAND_FAILED', 'IO_FAILED', 'DISK_FULL', 'BUSY'].includes(error.code);
}

function restOf(
  { from, through, sequence, events }: ReplayProgress,
  { limit }: Pick<ReplayOptions, 'limit'>,
): ReplayRest | null {
  const next = sequence === null ? from : sequence + 1;
  if ((through !== null && next > through) || (limit !== undefined && events >= limit)) return null;
  return { from: next, through, limit: limit === undefined ? null : limit - events, isBegun: sequence !== null };
}
