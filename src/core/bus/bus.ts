/**
 * The event bus: notifies listeners that the head has moved. Called only after a commit. Its state is one sequence
 * number, so a slow listener costs nothing.
 */

export interface BusListener {
  /** The head has moved, or something else in the ledger may have changed; each listener reads the new state itself. */
  onChange(): void;
  /** No more events will come. Also called on a listener that is added after the failure. */
  onFail(error: unknown): void;
}

export class Bus {
  #sequence = 0;
  #failure: unknown;
  readonly #listeners = new Set<BusListener>();

  /** The last announced sequence. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Announces that history reaches `sequence`. */
  announce(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.notifyChange();
  }

  /** Notifies listeners of a possible change other than a commit, such as a group's members. */
  notifyChange(): void {
    for (const listener of [...this.#listeners]) listener.onChange();
  }

  /** Ends the bus: passes the error to every listener, present and future. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const listener of [...this.#listeners]) listener.onFail(error);
  }

  /** Adds a listener. Returns the function that removes it. */
  listen(listener: BusListener): () => void {
    this.#listeners.add(listener);
    // in a microtask: the caller does not have the returned function yet
    if (this.#failure !== undefined)
      queueMicrotask(() => this.#listeners.has(listener) && listener.onFail(this.#failure));
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when history extends beyond `sequence`, or the signal aborts. @throws the error given to {@link fail} */
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
