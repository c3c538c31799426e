/** The log of a ledger as a JetStream stream. */

import { invariant, LedgerError } from '../../model/ledger-error.ts';
import type { AppendOptions, LogEntry, LogFollower, LogMessage, LogRead, OrderedLog } from '../log/ordered-log.ts';
import type { Deadline } from './deadline.ts';
import type { LogStream } from './log-stream.ts';
import { CAUGHT_UP, MessageSource } from './message-source.ts';
import { isTopic } from './names.ts';
import { Outbox } from './outbox.ts';

/** Larger messages are no faster, and 1 MiB is what servers allow by default. */
const PAYLOAD_MAX = 1024 * 1024;
/** So few messages are asked for one by one, at once, if all of them are wanted: a consumer has its first message after two questions, and needs a third to end. */
const FETCHED_MAX = 4;
/** Bytes that are fetched so, at most: the answers are a third longer than the bodies in them, and a consumer costs 1 KB. */
const FETCHED_BYTES_MAX = 8 * 1024;
/** So little is asked for by the number of its messages; of more, what is fetched too much does not matter. */
const COUNTED_MAX = 16;
const COUNTED_BYTES_MAX = 8 * 1024 * 1024;
/** Names and line ends of a message's headers, the name of the copy, the expected position, the place in a batch. */
const OVERHEAD_BYTES = 256;
/** Messages of one batch, by the servers. */
const BATCH_MAX = 1000;
/** JetStream keeps the length of all headers in 16 bits. */
const HEADERS_BYTES_MAX = 65_535;

export class JetStreamLog implements OrderedLog {
  readonly location: string;
  readonly messageBytesMax: number;
  readonly batchMax: number;
  readonly #stream: LogStream;
  readonly #outbox: Outbox;
  readonly #closing = new AbortController();

  constructor(stream: LogStream) {
    const { connection } = stream.api;
    this.location = connection.location;
    this.messageBytesMax = Math.min(connection.server.max_payload, PAYLOAD_MAX) - OVERHEAD_BYTES;
    this.batchMax = stream.isAtomic ? BATCH_MAX : 1;
    this.#stream = stream;
    this.#outbox = new Outbox(stream);
  }

  append(entry: LogEntry, options?: AppendOptions): Promise<number | null> {
    return this.#append([entry], options);
  }

  async appendBatch(entries: readonly LogEntry[], options?: AppendOptions): Promise<number | null> {
    invariant(entries.length > 0 && entries.length <= this.batchMax, 'a batch is as long as the log takes it');
    return this.#append(entries, options);
  }

  async #append(entries: readonly LogEntry[], options: AppendOptions = {}): Promise<number | null> {
    this.#checkOpen();
    for (const entry of entries) this.#checkEntry(entry);
    return this.#outbox.append(entries, options);
  }

  #checkEntry({ topic, header, body }: LogEntry): void {
    const headerBytes = Buffer.byteLength(header);
    invariant(isTopic(topic), 'a message of the log has a topic');
    invariant(headerBytes + OVERHEAD_BYTES <= HEADERS_BYTES_MAX, 'a header of the log has less than 64 KiB');
    invariant(header.trim() === header, 'a header of the log has no blanks at its ends');
    invariant(topic.length + headerBytes + body.length <= this.messageBytesMax, 'a message of the log is small enough');
  }

  async *read({ from, through, topics, hasBodies, expected, signal }: LogRead): AsyncGenerator<LogMessage, void> {
    // what was delivered or acknowledged is there
    const isThere = through <= this.#stream.seen;
    const end = isThere ? through : Math.min(through, await this.#whileOpen((at) => this.#stream.last(at), signal));
    const start = Math.max(1, from);
    if (topics?.length === 0 || start > end) return;
    const { messages = FETCHED_MAX, bytes = 0 } = expected ?? {};
    const isFetched = hasBodies && end - start < Math.min(FETCHED_MAX, messages) && bytes <= FETCHED_BYTES_MAX;
    const fetched = isFetched ? await this.#fetch(start, end, signal) : null;
    if (fetched !== null) return yield* fetched.filter(({ topic }) => topics?.includes(topic) ?? true);
    const count = countOf(expected, end - start + 1);
    const spec = { from, topics, hasBodies, count, signal: this.#eitherSignal(signal) };
    try {
      yield* this.#range(new MessageSource(this.#stream, spec), end);
    } catch (error) {
      throw this.#isClosed ? this.#closedError() : error;
    }
  }

  /** Null if one of them is not there. */
  async #fetch(from: number, through: number, signal: AbortSignal | undefined): Promise<readonly LogMessage[] | null> {
    const positions = Array.from({ length: through - from + 1 }, (_, nth) => from + nth);
    const found = await this.#whileOpen(
      (deadline) => Promise.all(positions.map((position) => this.#stream.at(position, deadline))),
      signal,
    );
    const messages = found.flatMap((each) => (each === null ? [] : [each.message]));
    return messages.length === positions.length ? messages : null;
  }

  /** Ends after the source's last message until the end that the leader has. */
  async *#range(source: MessageSource, end: number): AsyncGenerator<LogMessage, void> {
    for await (const item of source.items()) {
      if (item === CAUGHT_UP) {
        const next = await source.nextPosition();
        if (next === null || next > end) return;
        continue;
      }
      if (item.message.position > end) return;
      yield item.message;
      if (item.message.position === end) return;
    }
  }

  async last(): Promise<number> {
    return this.#whileOpen((deadline) => this.#stream.last(deadline));
  }

  async lastOf(topic: string): Promise<LogMessage | null> {
    return (await this.#whileOpen((deadline) => this.#stream.lastOf(topic, deadline)))?.message ?? null;
  }

  async nextOf(topic: string, from: number): Promise<LogMessage | null> {
    return (await this.#whileOpen((deadline) => this.#stream.nextOf(topic, from, deadline)))?.message ?? null;
  }

  follow(from: number, follower: LogFollower): { close(): void } {
    this.#checkOpen();
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#closing.signal]);
    void this.#deliver(from, follower, signal).catch((error: unknown) => {
      if (!signal.aborted) follower.onError(error);
    });
    return { close: () => ending.abort() };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#outbox.close();
    this.#closing.abort();
    await this.#stream.api.connection.close();
  }

  async #deliver(from: number, follower: LogFollower, signal: AbortSignal): Promise<void> {
    const source = new MessageSource(this.#stream, { from, hasBodies: false, signal });
    for await (const item of source.items()) {
      if (signal.aborted) return;
      if (item !== CAUGHT_UP) follower.onMessage(item.message);
    }
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Rejects with CLOSED when the log is closed meanwhile. */
  async #whileOpen<Answer>(ask: (deadline: Deadline) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    this.#checkOpen();
    try {
      return await ask(this.#stream.deadline(signal, this.#closing.signal));
    } catch (error) {
      throw this.#isClosed ? this.#closedError() : error;
    }
  }

  #eitherSignal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw this.#closedError();
  }

  #closedError(): LedgerError {
    return new LedgerError('CLOSED', { message: `${this.location} is closed`, hint: 'open it again' });
  }
}

/** Undefined where messages are better not counted. `most`: in the range. */
function countOf(expected: LogRead['expected'], most: number): number | undefined {
  if (most <= COUNTED_MAX) return Math.min(most, expected?.messages ?? most);
  return expected !== undefined && expected.bytes <= COUNTED_BYTES_MAX ? expected.messages : undefined;
}
