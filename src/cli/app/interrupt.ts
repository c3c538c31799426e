/** Handles SIGINT, SIGTERM and SIGHUP: the first signal requests a graceful stop, the second ends the process at once. */

import { writeSync } from 'node:fs';
import { releaseTerminals } from '../terminal/terminal-mode.ts';
import { SIGNAL_EXIT_CODES } from './exit-codes.ts';

const STDERR = 2;

type Signal = keyof typeof SIGNAL_EXIT_CODES;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Aborts right before a second signal ends the process: for child processes that would outlive it. */
  readonly atOnce: AbortSignal;
  /** Whether a signal was received; the next one ends the process. */
  readonly isReceived: boolean;
  /** Stops the work for another reason than a signal: the output pipe is closed. */
  abort(): void;
  /** Sets the exit code of the received signal, if any. */
  setExitCode(): void;
  close(): void;
}

export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  // few commands have child processes
  let last: AbortController | undefined;
  let caught: Signal | undefined;
  const onSignal = (signal: Signal): void => {
    if (caught !== undefined) {
      last?.abort();
      sayAtOnce(signal);
      // without listeners the signal has its default effect
      close();
      releaseTerminals();
      process.kill(process.pid, signal);
      return;
    }
    caught = signal;
    controller.abort();
  };
  const signals = Object.keys(SIGNAL_EXIT_CODES) as Signal[];
  for (const signal of signals) process.on(signal, onSignal);
  const close = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  return {
    signal: controller.signal,
    get atOnce() {
      last ??= new AbortController();
      return last.signal;
    },
    get isReceived() {
      return caught !== undefined;
    },
    abort: () => controller.abort(),
    setExitCode: () => {
      if (caught !== undefined) process.exitCode = SIGNAL_EXIT_CODES[caught];
    },
    close,
  };
}

/** The process ends before it can report what it did, and silence would look as if it had done nothing. */
function sayAtOnce(signal: Signal): void {
  try {
    writeSync(STDERR, `ended at once by a second signal (${signal}); what a ledger holds: completengine inspect\n`);
  } catch {
    // standard error is closed or full: the signal remains
  }
}

/** Returns a signal that aborts `ms` after `signal`, even if that is already aborted: a grace period for work in progress. */
export function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const begin = (): void => void setTimeout(() => controller.abort(), ms).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return controller.signal;
}
