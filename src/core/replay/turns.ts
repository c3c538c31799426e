/** Yields to the event loop during a long computation: for timers, sockets, and above all signals such as Ctrl-C. */

import { setImmediate as nextTurn } from 'node:timers/promises';

const TURN_MS = 20;

export class Turns {
  #since = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#since >= TURN_MS;
  }

  async give(): Promise<void> {
    // one setImmediate is not enough: a turn that starts in the check phase sees signals only in the next one
    await nextTurn();
    await nextTurn();
    this.#since = performance.now();
  }
}
