/** The clock and wait of paced replays, so that tests can pass their own. */

export interface Timer {
  /** Milliseconds since any moment; never steps back. */
  nowMs(): number;
  /** Resolves after about `ms`, perhaps slightly early, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest delay of Node's timers: a longer one fires at once. */
export const WAIT_MS_MAX = 2 ** 31 - 1;

export const systemTimer: Timer = {
  nowMs: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timeout);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timeout = setTimeout(end, Math.min(ms, WAIT_MS_MAX));
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    }),
};
