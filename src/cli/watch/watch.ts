/** `inspect --watch`: samples a ledger at an interval, and shows each sample on a live page, or as a line of JSON. */

import { type Completengine, isAbortBy, LedgerError, StreamWriter, systemTimer } from '../../index.ts';
import { type SampleDocument, sampleDocument } from '../../views/ledger-document.ts';
import { RateMeter } from '../../views/rates.ts';
import type { Sample } from '../../views/sample.ts';
import { millisOf } from '../app/durations.ts';
import type { Interrupt } from '../app/interrupt.ts';
import { safeJson } from '../app/safe-json.ts';
import { span } from '../terminal/format-numbers.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { hasKeyboard, listenForKeys } from '../terminal/terminal-keys.ts';
import { measuredSpan } from './margin.ts';
import { renderPage } from './page.ts';
import { takeSample } from './sample.ts';
import { hasScreen, LiveScreen } from './screen.ts';

export interface WatchOptions {
  readonly everyMs: number;
  /** JSON lines even on a terminal. */
  readonly isJson: boolean;
  /** Of the times on the page. */
  readonly clock: ShownClock;
}

type Show = (sample: SampleDocument) => Promise<void> | void;

const EVERY_DEFAULT_MS = 1000;
const EVERY_MIN_MS = 100;
const EVERY_MAX_MS = 3_600_000;

/** @throws LedgerError INVALID_TIME, INVALID_ARGUMENT */
export function everyMsOf(flag: string | undefined): number {
  const everyMs = flag === undefined ? EVERY_DEFAULT_MS : millisOf(flag);
  if (everyMs >= EVERY_MIN_MS && everyMs <= EVERY_MAX_MS) return everyMs;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `--every ${flag} is not between 100ms and 1h`,
    hint: 'use --every 1s',
  });
}

/** Runs until interrupted, or until the output pipe is closed. */
export async function watch(engine: Completengine, interrupt: Interrupt, options: WatchOptions): Promise<void> {
  try {
    if (options.isJson || !hasScreen()) await watchAsLines(engine, interrupt, options.everyMs);
    else await watchOnScreen(engine, interrupt, options);
  } catch (error) {
    // a sample waits for servers, and the interrupt ends that wait
    if (!isAbortBy(interrupt.signal, error)) throw error;
  }
}

async function watchAsLines(engine: Completengine, interrupt: Interrupt, everyMs: number): Promise<void> {
  const output = new StreamWriter(process.stdout, interrupt.signal);
  const reader = watchReader(() => interrupt.abort());
  try {
    await sampleLoop(engine, interrupt.signal, everyMs, async (sample) => {
      const isRead = await output.write(`${safeJson(sample)}\n`);
      if (!isRead) interrupt.abort();
    });
  } finally {
    reader.close();
  }
}

async function watchOnScreen(
  engine: Completengine,
  interrupt: Interrupt,
  { everyMs, clock }: WatchOptions,
): Promise<void> {
  let redraw = (): Promise<void> => Promise.resolve();
  const screen = new LiveScreen(() => void redraw());
  const leave = hasKeyboard() ? listenForKeys({ signal: interrupt.signal, onQuit: () => interrupt.abort() }) : () => {};
  const quit = `${hasKeyboard() ? 'q' : 'Ctrl-C'} quit`;
  try {
    await sampleLoop(engine, interrupt.signal, everyMs, (sample) => {
      const hint = `${quit}, refresh ${span(everyMs)}${averagedOver(sample)}`;
      redraw = async () => screen.show(await renderPage(sample, screen.window, hint, clock));
      return redraw();
    });
  } finally {
    leave();
    screen.close();
  }
}

function averagedOver({ emission: { average } }: SampleDocument): string {
  return average === null ? '' : `; partition and group rates over ${measuredSpan(average.overMs)}`;
}

async function sampleLoop(engine: Completengine, signal: AbortSignal, everyMs: number, show: Show): Promise<void> {
  const meter = new RateMeter();
  const startedMs = systemTimer.nowMs();
  let sample: Sample | null = null;
  while (!signal.aborted) {
    sample = await takeSample(engine, sample);
    await show(sampleDocument(sample, meter.take(sample)));
    // a late sample does not delay the next ones, and missed ones are skipped
    const beats = Math.floor((systemTimer.nowMs() - startedMs) / everyMs) + 1;
    await systemTimer.wait(startedMs + beats * everyMs - systemTimer.nowMs(), signal);
  }
}
