/** A log in memory that counts what its readers ask it for, in bytes and messages. */

import type { LogMessage, LogRead } from '../../src/core/ledger/log/ordered-log.ts';
import { MemoryLog } from './memory-driver/memory-log.ts';

export class CountedLog extends MemoryLog {
  /** Bytes of bodies that were read, by topic. */
  readonly bodies = new Map<string, number>();
  /** Messages that were asked for without their bodies. */
  headers = 0;
  /** Messages that were looked for by their topic. */
  searches = 0;

  override async *read(request: LogRead): AsyncGenerator<LogMessage> {
    const { from, through, hasBodies, expected } = request;
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
}
