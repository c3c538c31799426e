/**
 * Ends a consumer once: on request, when its end condition is met, or on a failure. Current deliveries finish first.
 * States: open -> closing (no new delivery starts; drains) -> finished, or failed with the first failure.
 */

import { withResolvers } from '../../model/with-resolvers.ts';
import { awaitUnlessInside } from './inside.ts';

export class Shutdown {
  /** Resolves at the end; rejects with the failure that ended the consumer. */
  readonly finished: Promise<void>;
  #drain: () => Promise<void> = async () => {};
  readonly #resolvers: { resolve(): void; reject(error: unknown): void };
  #closing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor() {
    const { promise, resolve, reject } = withResolvers();
    this.finished = promise;
    // avoids an unhandled rejection if nobody awaits `finished`
    promise.catch(() => {});
    this.#resolvers = { resolve, reject };
  }

  /** Sets what the end waits for: `drain` finishes current deliveries and releases the rest. */
  onDrain(drain: () => Promise<void>): void {
    this.#drain = drain;
  }

  get hasBegun(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends the consumer. Resolves when everything is released; at once for a handler of its own, which is waited for. */
  close(): Promise<void> {
    return awaitUnlessInside(this, this.end());
  }

  /** Ends the consumer. Resolves when everything is released, also inside a handler. */
  end(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ends the consumer with a failure. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    void this.end();
  }

  async #end(): Promise<void> {
    // set before draining: no new delivery starts
    await Promise.resolve();
    try {
      await this.#drain();
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure === undefined) this.#resolvers.resolve();
    else this.#resolvers.reject(this.#failure.error);
  }
}
