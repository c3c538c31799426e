/**
 * The swim bladder, the event bus: tells those who wait that history has grown. It is told after a commit, never before, and keeps one number:
 * however long a listener sleeps, nothing piles up here.
 */

export class Bus {
  #sequence = 0;
  #failure: unknown;
  readonly #waiting = new Set<() => void>();

  /** History reaches to `sequence`. */
  announce(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#wakeAll();
  }

  /** No more will come: everyone who waits is told why. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#wakeAll();
  }

  /** Resolves when history reaches beyond `sequence`, or the signal aborts. @throws what {@link fail} was given. */
  async beyond(sequence: number, signal?: AbortSignal): Promise<void> {
    while (this.#sequence <= sequence && this.#failure === undefined && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
