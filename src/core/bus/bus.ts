/**
 * The swim bladder, the event bus: tells those who wait that history has grown. It is told after a commit, never before, and keeps one number:
 * however long a listener sleeps, nothing piles up here.
 */

export interface BusListener {
  /** History has grown, or something else in the ledger may have changed. Looked at again by each listener for itself. */
  onChange(): void;
  /** No more will come. Told as well where it came to that before. */
  onFail(error: unknown): void;
}

export class Bus {
  #sequence = 0;
  #failure: unknown;
  readonly #listeners = new Set<BusListener>();

  /** The last sequence that was announced. */
  get sequence(): number {
    return this.#sequence;
  }

  /** History reaches to `sequence`. */
  announce(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.notifyChange();
  }

  /** Something besides history may have changed: the members of a group, say. */
  notifyChange(): void {
    for (const listener of [...this.#listeners]) listener.onChange();
  }

  /** No more will come: everyone who listens is told why. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const listener of [...this.#listeners]) listener.onFail(error);
  }

  /** Returns what ends it. */
  listen(listener: BusListener): () => void {
    this.#listeners.add(listener);
    // in a turn of its own: the caller does not have yet what ends its listening
    if (this.#failure !== undefined)
      queueMicrotask(() => this.#listeners.has(listener) && listener.onFail(this.#failure));
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when history reaches beyond `sequence`, or the signal aborts. @throws what {@link fail} was given. */
  async beyond(sequence: number, signal?: AbortSignal): Promise<void> {
    while (this.#sequence <= sequence && this.#failure === undefined && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          stopListening();
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const stopListening = this.listen({ onChange: wake, onFail: wake });
        signal?.addEventListener('abort', wake);
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}
