/** Work that is wanted again and again, by many: one run at a time, and after any number of wishes one more. */

export class CoalescedTask {
  readonly #work: () => Promise<void>;
  readonly #onFailed: (error: unknown) => void;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isStopped = false;

  constructor(work: () => Promise<void>, onFailed: (error: unknown) => void) {
    this.#work = work;
    this.#onFailed = onFailed;
  }

  want(): void {
    this.#isWanted = true;
    this.#running ??= this.#run();
  }

  /** No run begins any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when no run is on its way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isStopped) {
        this.#isWanted = false;
        await this.#work();
      }
    } catch (error) {
      this.#onFailed(error);
    } finally {
      this.#running = undefined;
    }
  }
}
