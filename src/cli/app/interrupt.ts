/** Ctrl-C and its kin: the first one asks the work to come to its end, the second one ends the process at once. */

import { SIGNAL_EXIT_CODES } from './exit-codes.ts';

type Signal = keyof typeof SIGNAL_EXIT_CODES;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Aborts right before a second signal ends the process: for what would live on without it. */
  readonly atOnce: AbortSignal;
  /** Ends the work for a reason that is no signal: the reader of the output has gone. */
  abort(): void;
  /** Sets the exit code of the signal that came, if one did. */
  setExitCode(): void;
  close(): void;
}

export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const last = new AbortController();
  let caught: Signal | undefined;
  const onSignal = (signal: Signal): void => {
    if (caught !== undefined) {
      last.abort();
      // without listeners the signal does what it does to any process
      close();
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
    atOnce: last.signal,
    abort: () => controller.abort(),
    setExitCode: () => {
      if (caught !== undefined) process.exitCode = SIGNAL_EXIT_CODES[caught];
    },
    close,
  };
}

/** Aborts some time after another signal did, also where that one has aborted already: for work that may come to a good end meanwhile. */
export function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const begin = (): void => void setTimeout(() => controller.abort(), ms).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return controller.signal;
}
