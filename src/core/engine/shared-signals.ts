/** One listener for each signal, however many end with it: Node takes more than ten for a leak, and says so on standard error. */

export class SharedSignals {
  readonly #ends = new Map<AbortSignal, Set<() => void>>();

  /** Calls `end` when the signal aborts. Returns what lets go of it. */
  listen(signal: AbortSignal, end: () => void): () => void {
    const known = this.#ends.get(signal);
    const ends = known ?? new Set();
    ends.add(end);
    if (known === undefined) {
      this.#ends.set(signal, ends);
      signal.addEventListener('abort', this.#onAbort);
    }
    return () => {
      ends.delete(end);
      if (ends.size > 0 || this.#ends.get(signal) !== ends) return;
      this.#ends.delete(signal);
      signal.removeEventListener('abort', this.#onAbort);
    };
  }

  readonly #onAbort = ({ currentTarget }: Event): void => {
    for (const end of [...(this.#ends.get(currentTarget as AbortSignal) ?? [])]) end();
  };
}
