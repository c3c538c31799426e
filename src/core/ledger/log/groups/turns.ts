/** Runs work one after the other where it is about the same key: a process that loses against itself would have to read again for nothing. */

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves and rejects as `work` does. */
  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
