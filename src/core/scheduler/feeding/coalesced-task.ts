/** Runs a task one at a time and coalesces requests: any number of them during a run cause one more run. */

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

  /** Starts no more runs. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when no run is in progress. */
  async idle(): Promise<void> {
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
