/**
 * Messages of a stream from a position on, in order, each once and without a gap, also while servers and connections fail. It makes one consumer after
 * another, each behind the last message taken. A consumer can go silent for good when its server is killed, without an error and while publishing beside it works. So
 * after a silence the leader is asked whether there is more.
 */

import { LedgerError } from '../../model/ledger-error.ts';
import type { Deadline } from './deadline.ts';
import { type Delivery, DeliveryQueue } from './delivery-queue.ts';
import type { LogStream } from './log-stream.ts';
import { deliveredMessage, type StoredMessage } from './messages.ts';
import { subjectOf, topicOf } from './names.ts';
import { PullConsumer } from './pull-consumer.ts';
import { API_ERRORS, ApiError, isTransient, translateServerError } from './server-error.ts';

/** Silence after which the leader is asked, at first and at most: it doubles while there is nothing. */
const SILENCE_MS = 1500;
const SILENCE_MAX_MS = 6000;

/** Said behind a message, or instead of one, when the consumer knows of no more. Its server may be behind the leader. */
export const CAUGHT_UP = Symbol('caught up');
type SourceItem = StoredMessage | typeof CAUGHT_UP;

export interface SourceSpec {
  readonly from: number;
  /** All by default. */
  readonly topics?: readonly string[] | undefined;
  readonly hasBodies: boolean;
  /** Messages that are going to be taken, if that is known: see {@link PullConsumer}. */
  readonly count?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class MessageSource {
  readonly #stream: LogStream;
  readonly #spec: SourceSpec;
  /** Topics that are asked for; null: all. */
  readonly #topics: ReadonlySet<string> | null;
  /** Those that the server filters by; empty: none. Several need 2.10. */
  readonly #subjects: readonly string[];
  #next: number;
  /** Renewed by each message, and whenever the leader says that there is none. */
  #deadline: Deadline;

  constructor(stream: LogStream, spec: SourceSpec) {
    this.#stream = stream;
    this.#spec = spec;
    this.#next = Math.max(1, spec.from);
    const topics = [...new Set(spec.topics)];
    this.#topics = spec.topics === undefined ? null : new Set(topics);
    const isFiltered = topics.length === 1 || stream.api.connection.isAtLeast(2, 10);
    this.#subjects = isFiltered ? topics.map((topic) => subjectOf(stream.name, topic)) : [];
    this.#deadline = stream.deadline(spec.signal);
  }

  /** Position behind the last message taken. */
  get next(): number {
    return this.#next;
  }

  /** Runs until it is returned from. @throws LedgerError UNREACHABLE, PERMISSION_DENIED, LEDGER_REPLACED, DAMAGED_LEDGER, CLOSED, ABORTED */
  async *items(): AsyncGenerator<SourceItem, void> {
    for (;;) {
      const queue = new DeliveryQueue();
      const started = await this.#start(queue);
      if (started !== null) {
        try {
          if (started.pending === 0) yield CAUGHT_UP;
          yield* this.#deliver(queue);
        } finally {
          started.consumer.stop();
          queue.close();
        }
      }
      await this.#deadline.pause();
    }
  }

  /** Position of the leader's first message that was not taken yet; null if there is none. */
  async nextPosition(): Promise<number | null> {
    if (this.#topics === null) return (await this.#stream.last(this.#deadline)) < this.#next ? null : this.#next;
    const found = await Promise.all(
      Array.from(this.#topics, (topic) => this.#stream.nextOf(topic, this.#next, this.#deadline)),
    );
    const positions = found.flatMap((each) => (each === null ? [] : [each.message.position]));
    return positions.length === 0 ? null : Math.min(...positions);
  }

  /** Null if it has to be tried again. */
  async #start(queue: DeliveryQueue) {
    const { api, stream } = this.#stream;
    const { hasBodies, count } = this.#spec;
    const spec = { stream, from: this.#next, subjects: this.#subjects, hasBodies, count };
    try {
      const started = await PullConsumer.start(api, spec, queue, this.#deadline);
      queue.attach(started.consumer);
      return started;
    } catch (error) {
      // says so if the stream is gone
      if (error instanceof ApiError && error.code === API_ERRORS.streamNotFound)
        await this.#stream.info(this.#deadline);
      else this.#checkRetry(error);
      return null;
    }
  }

  /** Ends when another consumer has to be made. */
  async *#deliver(queue: DeliveryQueue): AsyncGenerator<SourceItem, void> {
    let silenceMs = SILENCE_MS;
    for (;;) {
      const deliveries = await this.#deadline.race(queue.take(silenceMs));
      if (deliveries.length > 0) {
        if (!(yield* this.#pass(deliveries))) return;
        queue.resume();
        silenceMs = SILENCE_MS;
        this.#renewDeadline();
      } else if (queue.end !== null) {
        return this.#checkRetry(queue.end.reason);
      } else {
        const isBehind = (await this.nextPosition()) !== null;
        if (isBehind && queue.isEmpty) return this.#checkRetry(new Error('the consumer is silent'));
        this.#renewDeadline();
        if (!queue.isAlive) return;
        silenceMs = Math.min(silenceMs * 2, SILENCE_MAX_MS);
      }
    }
  }

  /** Returns false if one is missing on the way, so that they have to be delivered again. */
  async *#pass(deliveries: readonly Delivery[]): AsyncGenerator<SourceItem, boolean> {
    const { name } = this.#stream;
    for (const { message, place } of deliveries) {
      const { position } = place;
      if (position < this.#next) continue;
      if (this.#subjects.length === 0 && position !== this.#next) {
        await this.#checkGap();
        return false;
      }
      this.#next = position + 1;
      this.#stream.noteSeen(position);
      if (this.#topics?.has(topicOf(name, message.subject)) ?? true)
        yield deliveredMessage(name, message, place, this.#spec.hasBodies);
      if (place.pending === 0) yield CAUGHT_UP;
    }
    return true;
  }

  async #checkGap(): Promise<void> {
    if ((await this.#stream.at(this.#next, this.#deadline)) !== null) return;
    const { location } = this.#stream.api;
    throw new LedgerError('DAMAGED_LEDGER', {
      message: `${location}: its message ${this.#next} is missing`,
      hint: 'restore the stream from a backup, or the ledger from a copy kept elsewhere',
      details: { location, position: this.#next },
    });
  }

  #checkRetry(error: unknown): void {
    if (!isTransient(error) || this.#deadline.hasPassed) throw translateServerError(error, this.#stream.api.location);
  }

  #renewDeadline(): void {
    this.#deadline = this.#stream.deadline(this.#spec.signal);
  }
}
