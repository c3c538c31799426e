/** An ordered log in memory: the least that a store of one has to do. Nothing survives the process. */

import type { LogFollower, LogMessage, LogRead, OrderedLog } from '../../src/core/ledger/log/ordered-log.ts';
import { LedgerError } from '../../src/core/model/ledger-error.ts';

/** What all that have opened one log share. */
export class MemoryMessages {
  readonly all: LogMessage[] = [];
  readonly listeners = new Set<() => void>();
}

export class MemoryOrderedLog implements OrderedLog {
  readonly location = 'memory://log';
  readonly messageBytesMax = 1024 * 1024;
  readonly #shared: MemoryMessages;
  readonly #followers = new Set<{ close(): void }>();
  #isClosed = false;

  constructor(shared: MemoryMessages) {
    this.#shared = shared;
  }

  append: OrderedLog['append'] = async (entry, { after, signal } = {}) => {
    const all = this.#messages;
    if (signal?.aborted) throw new LedgerError('ABORTED', { message: 'aborted' });
    if (after !== undefined && after !== all.length) return null;
    const body = Buffer.from(entry.body);
    all.push({ ...entry, body, position: all.length + 1, storedAt: Date.now() * 1000, bodyBytes: body.length });
    for (const listener of this.#shared.listeners) listener();
    return all.length;
  };

  async *read({ from, through, topics, hasBodies, signal }: LogRead): AsyncGenerator<LogMessage> {
    for (const message of this.#messages.slice(Math.max(1, from) - 1, Math.max(0, through))) {
      if (signal?.aborted) throw new LedgerError('ABORTED', { message: 'aborted' });
      if (topics?.includes(message.topic) ?? true) yield hasBodies ? message : withoutBody(message);
    }
  }

  last: OrderedLog['last'] = async () => this.#messages.length;
  lastOf: OrderedLog['lastOf'] = async (topic) => this.#messages.findLast((each) => each.topic === topic) ?? null;
  nextOf: OrderedLog['nextOf'] = async (topic, from) =>
    this.#messages.find((each) => each.topic === topic && each.position >= from) ?? null;

  follow(from: number, follower: LogFollower): { close(): void } {
    let next = from;
    let isOver = this.#messages.length < 0;
    const report = () => {
      for (let each = this.#shared.all[next - 1]; each && !isOver; each = this.#shared.all[next - 1]) {
        next++;
        follower.onMessage(withoutBody(each));
      }
    };
    const listener = () => queueMicrotask(report);
    const close = () => {
      isOver = true;
      this.#shared.listeners.delete(listener);
    };
    this.#followers.add({ close });
    this.#shared.listeners.add(listener);
    listener();
    return { close };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const follower of this.#followers) follower.close();
  }

  get #messages(): LogMessage[] {
    if (this.#isClosed) throw new LedgerError('CLOSED', { message: 'the log is closed' });
    return this.#shared.all;
  }
}

const withoutBody = (message: LogMessage): LogMessage => ({ ...message, body: Buffer.alloc(0) });
