/** The engine's source of time, so that tests and simulations can pass their own. */

export interface Clock {
  /** Integer microseconds since 1970-01-01T00:00:00Z. May step back; ledger time does not follow. */
  nowMicros(): number;
}

export const systemClock: Clock = {
  nowMicros: () => Math.trunc((performance.timeOrigin + performance.now()) * 1000),
};
