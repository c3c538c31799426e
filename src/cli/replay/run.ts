/** One replay of the command line: where it goes, who watches it, what it has to prove, and how it goes on when it is interrupted. */

import {
  CommandSink,
  type Completengine,
  closeAfter,
  LedgerError,
  type ReplayOptions,
  type ReplayProgress,
  type StreamReport,
  type TransferReport,
} from '../../index.ts';
import type { Interrupt } from '../app/interrupt.ts';
import type { CursorFile } from '../state/cursor-file.ts';
import { type OutputName, outputForm, standardOutput } from '../terminal/output.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { openPlayer } from './player.ts';
import { ReplayProgressLine } from './progress.ts';

export interface ReplayRun {
  readonly request: ReplayOptions;
  readonly isStepping: boolean;
  readonly isQuiet: boolean;
  readonly cursor: CursorFile | null;
  /** Null: to standard output. */
  readonly into: ((signal: AbortSignal) => Promise<Completengine>) | null;
  readonly exec: string | undefined;
  readonly output: OutputName | undefined;
}

export interface ReplayEnding {
  readonly report: StreamReport | TransferReport | null;
  readonly error: unknown;
  /** Where it would go on; null where it is told to its end, or where nobody is left who would read on. */
  readonly rest: { readonly from: number; readonly through: number | null } | null;
}

export async function runReplay(engine: Completengine, interrupt: Interrupt, run: ReplayRun): Promise<ReplayEnding> {
  const { signal } = interrupt;
  const line = new ReplayProgressLine(run.isQuiet);
  const isPaced = (run.request.speed ?? 'max') !== 'max' || run.request.rate !== undefined;
  const { follow, key, where } = run.request;
  // where events are left out there may be nothing to write for long
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
    if (report.isComplete) run.cursor?.finish();
  } catch (failure) {
    error = failure;
  } finally {
    player?.close();
    reader?.close();
    line.stop();
    run.cursor?.save();
  }
  const isInterrupted = hasReader && (report === null ? isResumable(error) : signal.aborted);
  return { report, error, rest: isInterrupted && last !== undefined ? restOf(last) : null };
}

async function deliver(
  engine: Completengine,
  options: ReplayOptions,
  { into, exec, output }: ReplayRun,
): Promise<StreamReport> {
  const { signal } = options;
  if (into !== null && signal !== undefined) {
    // what is wrong with the request is told before a ledger is made for it
    await engine.range(options);
    const target = await into(signal);
    return closeAfter(
      () => engine.replayInto(target, options),
      () => target.close(),
    );
  }
  const sink =
    exec === undefined
      ? await standardOutput(output, signal)
      : new CommandSink(exec, await outputForm(output ?? 'payload'), signal);
  return engine.replay(options).deliver(sink);
}

/** A broken ledger is no better at the second try. */
function isResumable(error: unknown): boolean {
  return error instanceof LedgerError && ['COMMAND_FAILED', 'IO_FAILED', 'DISK_FULL', 'BUSY'].includes(error.code);
}

function restOf({ from, through, sequence }: ReplayProgress): ReplayEnding['rest'] {
  const next = sequence === null ? from : sequence + 1;
  return through !== null && next > through ? null : { from: next, through };
}
