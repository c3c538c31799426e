/** Gives other work its turn during a long computation: timers, sockets, and above all signals such as Ctrl-C. */

import { setImmediate as nextTurn } from 'node:timers/promises';

const TURN_MS = 20;

export class Turns {
  #since = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#since >= TURN_MS;
  }

  async give(): Promise<void> {
    // a turn that begins in the check phase meets no signal before the one after it
    await nextTurn();
    await nextTurn();
    this.#since = performance.now();
  }
}
