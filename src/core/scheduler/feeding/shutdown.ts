/** How a consumer comes to its end, once: on request, because it is done, or because it cannot go on. What is in hand is finished first. */

export class Shutdown {
  /** Settles at the end; rejects with what made it impossible to go on. */
  readonly finished: Promise<void>;
  readonly #drain: () => Promise<void>;
  readonly #settle: { resolve(): void; reject(error: unknown): void };
  #closing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `drain` waits for what is in hand and lets go of the rest. */
  constructor(drain: () => Promise<void> | undefined | void) {
    const { promise, resolve, reject } = withResolvers();
    this.finished = promise;
    // whoever does not ask how it ended is not punished for it
    promise.catch(() => {});
    this.#settle = { resolve, reject };
    this.#drain = async () => drain();
  }

  get hasBegun(): boolean {
    return this.#closing !== undefined;
  }

  /** Resolves when everything is let go. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** It cannot go on. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    void this.close();
  }

  async #end(): Promise<void> {
    // begun before anything is drained: nothing new is taken in hand
    await Promise.resolve();
    try {
      await this.#drain();
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure === undefined) this.#settle.resolve();
    else this.#settle.reject(this.#failure.error);
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}
