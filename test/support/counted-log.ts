/** A log in memory that counts what its readers take, and what servers would send them, in bytes and messages. */

import type { LogMessage, LogRead } from '../../src/core/ledger/log/ordered-log.ts';
import { MemoryLog } from './memory-driver/memory-log.ts';

/** What servers send at least ahead of a reader that does not say how much it is going to take. */
const AHEAD_BYTES = 8 * 1024 * 1024;

export class CountedLog extends MemoryLog {
  /** Bytes of bodies that were sent, whether they were read or not. */
  sent = 0;
  /** Bytes of bodies that were read, by topic. */
  readonly bodies = new Map<string, number>();
  /** Messages that were asked for without their bodies. */
  headers = 0;
  /** Messages that were looked for by their topic. */
  searches = 0;

  override async *read(request: LogRead): AsyncGenerator<LogMessage> {
    const { from, through, hasBodies, expected } = request;
    if (hasBodies) this.sent += await this.#sentFor(request);
    if (!hasBodies) this.headers += Math.min(through - from + 1, expected?.messages ?? Number.POSITIVE_INFINITY);
    for await (const message of super.read(request)) {
      const { topic, body } = message;
      if (body.length > 0) this.bodies.set(topic, (this.bodies.get(topic) ?? 0) + body.length);
      yield message;
    }
  }

  override nextOf(topic: string, from: number): Promise<LogMessage | null> {
    this.searches++;
    return super.nextOf(topic, from);
  }

  async #sentFor(request: LogRead): Promise<number> {
    const messagesMax = request.expected?.messages ?? Number.POSITIVE_INFINITY;
    let [bytes, messages] = [0, 0];
    for await (const { body } of super.read(request)) {
      if (messages++ >= messagesMax || (request.expected === undefined && bytes >= AHEAD_BYTES)) break;
      bytes += body.length;
    }
    return bytes;
  }
}
