/** An ordered log in memory: the least that a store of one has to do. Nothing survives the process. */

import { closedLedger } from '../../../src/core/ledger/log/closed.ts';
import type {
  AppendOptions,
  LogEntry,
  LogFollower,
  LogMessage,
  LogRead,
  OrderedLog,
} from '../../../src/core/ledger/log/ordered-log.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';

/** What all openings of one location share. */
export class MemoryMessages {
  readonly all: LogMessage[] = [];
  readonly wakes = new Set<() => void>();
}

export class MemoryLog implements OrderedLog {
  readonly location: string;
  readonly messageBytesMax: number;
  readonly batchMax = 1000;
  readonly #shared: MemoryMessages;
  readonly #followers = new Set<{ close(): void }>();
  #isClosed = false;

  constructor(location: string, shared: MemoryMessages, messageBytesMax = 1024 * 1024) {
    this.location = location;
    this.messageBytesMax = messageBytesMax;
    this.#shared = shared;
  }

  append(entry: LogEntry, options?: AppendOptions): Promise<number | null> {
    return this.#append([entry], options);
  }

  appendBatch(entries: readonly LogEntry[], options?: AppendOptions): Promise<number | null> {
    return this.#append(entries, options);
  }

  async #append(entries: readonly LogEntry[], options: AppendOptions = {}) {
    const all = this.#messages;
    checkAborted(options.signal);
    if (options.after !== undefined && options.after !== all.length) return null;
    for (const entry of entries) {
      const body = Buffer.from(entry.body);
      all.push({ ...entry, body, position: all.length + 1, storedAt: Date.now() * 1000, bodyBytes: body.length });
    }
    options.onReleased?.();
    for (const wake of this.#shared.wakes) wake();
    return all.length;
  }

  async *read({ from, through, topics, hasBodies, signal }: LogRead): AsyncGenerator<LogMessage> {
    for (const message of this.#messages.slice(Math.max(1, from) - 1, Math.max(0, through))) {
      checkAborted(signal);
      if (topics === undefined || topics.includes(message.topic)) yield hasBodies ? message : withoutBody(message);
    }
  }

  last: OrderedLog['last'] = async () => this.#messages.length;
  lastOf: OrderedLog['lastOf'] = async (topic) => this.#messages.findLast((each) => each.topic === topic) ?? null;

  async nextOf(topic: string, from: number): Promise<LogMessage | null> {
    return this.#messages.find((each) => each.topic === topic && each.position >= from) ?? null;
  }

  follow(from: number, follower: LogFollower): { close(): void } {
    this.#checkOpen();
    let next = from;
    const following = { isDue: false, isOver: false };
    const report = (): void => {
      following.isDue = false;
      for (
        let message = this.#shared.all[next - 1];
        message && !following.isOver;
        message = this.#shared.all[next - 1]
      ) {
        next++;
        follower.onMessage(withoutBody(message));
      }
    };
    const wake = (): void => {
      if (!following.isDue) queueMicrotask(report);
      following.isDue = true;
    };
    const close = (): void => {
      following.isOver = true;
      this.#shared.wakes.delete(wake);
    };
    this.#followers.add({ close });
    this.#shared.wakes.add(wake);
    wake();
    return { close };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const follower of this.#followers) follower.close();
  }

  get #messages(): LogMessage[] {
    this.#checkOpen();
    return this.#shared.all;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedLedger();
  }
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LedgerError('ABORTED', { message: 'aborted' });
}

const withoutBody = (message: LogMessage): LogMessage => ({ ...message, body: Buffer.alloc(0) });
