/**
 * How long nobody has answered as a leader would: a server that is cut off from the majority keeps its clients, and says to them that nobody leads, or nothing.
 * Then the connection goes to another server.
 */

import type { NatsConnection } from './connection.ts';

/** Beyond the wait of one request. An election takes as long, and another server does no harm then. */
const LONG_MS = 3000;

export class Silence {
  readonly #connection: NatsConnection;
  #since: number | null = null;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    // the next server gets as much time
    connection.onReconnect(() => this.noteAnswer());
  }

  noteAnswer(): void {
    this.#since = null;
  }

  /** A request has failed in a way that may pass. Returns whether that was so for long, and the server is left. */
  noteNone(): boolean {
    const now = performance.now();
    this.#since ??= now;
    if (now - this.#since < LONG_MS) return false;
    this.#since = null;
    this.#connection.leaveServer();
    return true;
  }
}
