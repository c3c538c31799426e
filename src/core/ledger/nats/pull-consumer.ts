/**
 * One ephemeral consumer of a stream, pulled. It delivers in order and without a gap, or ends with a reason: it never repeats, waits or recovers by itself, which
 * {@link MessageSource} does by making another. Asks for bytes, not for messages: of 5,000 large ones a server sends 300 MB at once, and drops a client that
 * cannot take them. Where few are going to be taken it asks for that number first: what is asked for beyond them would be sent for nothing.
 */

import type { JetStreamApi } from './api.ts';
import type { Msg, Subscription } from './client.ts';
import type { Deadline } from './deadline.ts';
import { type MessagePlace, messagePlace } from './messages.ts';

/** In one request. Two are open at a time, so that the next one is there when a server ends the first. Holds several messages of the largest size. */
const REQUEST_BYTES = 8 * 1024 * 1024;
const REQUEST_MESSAGES = 100_000;
const EXPIRES_MS = 30_000;
/** While nothing is delivered the server says so this often. */
export const HEARTBEAT_MS = 1000;
/** The server forgets a consumer that asks for nothing. */
const INACTIVE_MS = 60_000;
const NANOS_PER_MS = 1_000_000;

export interface ConsumerSpec {
  readonly stream: string;
  /** First position. */
  readonly from: number;
  /** Subjects; all if empty. Several need a server of 2.10. */
  readonly subjects: readonly string[];
  readonly hasBodies: boolean;
  /** Messages to ask for first; as many as there are by default. */
  readonly count?: number | undefined;
  /** Of each subject the last message alone, of all positions. */
  readonly isLastOnly?: boolean;
}

export interface ConsumerEvents {
  onMessage(message: Msg, place: MessagePlace): void;
  /** A sign of life without a message. */
  onHeartbeat(): void;
  /** It delivers nothing any more. */
  onEnd(reason: unknown): void;
}

export class PullConsumer {
  readonly #api: JetStreamApi;
  readonly #stream: string;
  readonly #name: string;
  readonly #events: ConsumerEvents;
  /** Messages to ask for before others; null: there is no such number. */
  #count: number | null;
  readonly #subscription: Subscription;
  readonly #stopWatching: readonly (() => void)[];
  #delivered = 0;
  /** Bytes asked for and not delivered yet, as far as known. */
  #asked = 0;
  #isEnded = false;
  #isPaused = false;

  private constructor(
    api: JetStreamApi,
    { stream, count }: Pick<ConsumerSpec, 'stream' | 'count'>,
    name: string,
    events: ConsumerEvents,
  ) {
    this.#api = api;
    this.#stream = stream;
    this.#count = count ?? null;
    this.#name = name;
    this.#events = events;
    this.#subscription = api.connection.subscribe(
      (message) => this.#take(message),
      (error) => this.#end(error),
    );
    const next = this.#nextSubject;
    this.#stopWatching = [
      api.connection.onDenied((subject) => {
        if (subject === next) this.#end(permissionViolation(subject));
      }),
      // open requests are gone with the connection
      api.connection.onReconnect(() => this.#end(new Error('the connection was lost'))),
    ];
  }

  /** Resolves with the consumer, which delivers from now on, and the number of messages that it has to deliver. Rejects with the client's errors, or ApiError. */
  static async start(
    api: JetStreamApi,
    spec: ConsumerSpec,
    events: ConsumerEvents,
    deadline: Deadline,
  ): Promise<{ readonly consumer: PullConsumer; readonly pending: number }> {
    const { stream, from, subjects, hasBodies, isLastOnly = false } = spec;
    const name = `cdex${api.connection.client.nuid.next()}`;
    const [subject] = subjects;
    const config = {
      name,
      // of servers before 2.9 an ephemeral consumer has no name: those are refused
      ...(isLastOnly
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: from }),
      ack_policy: 'none',
      replay_policy: 'instant',
      max_deliver: 1,
      inactive_threshold: INACTIVE_MS * NANOS_PER_MS,
      num_replicas: 1,
      mem_storage: true,
      ...(hasBodies ? {} : { headers_only: true }),
      ...(subjects.length === 1 ? { filter_subject: subject } : {}),
      ...(subjects.length > 1 ? { filter_subjects: subjects } : {}),
    };
    const consumer = new PullConsumer(api, spec, name, events);
    try {
      // the verb names the filter where there is one, so that permissions can be given for it
      const verb = `CONSUMER.CREATE.${stream}.${name}${subjects.length === 1 ? `.${subject}` : ''}`;
      const info = await api.callOnce<{ num_pending?: number }>(verb, { stream_name: stream, config }, deadline);
      consumer.#ask();
      return { consumer, pending: info.num_pending ?? 0 };
    } catch (error) {
      consumer.stop();
      throw error;
    }
  }

  /** Asks for nothing more until resumed. */
  pause(): void {
    this.#isPaused = true;
  }

  /** `isDrained`: nothing waits to be passed on, so that more is wanted. */
  resume(isDrained: boolean): void {
    this.#isPaused = false;
    // the number was too small: as many again, so that at most half of what is sent is for nothing
    if (isDrained && this.#isComplete) this.#count = this.#delivered * 2;
    this.#ask();
  }

  stop(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const stop of this.#stopWatching) stop();
    this.#subscription.unsubscribe();
    // a courtesy: it would be forgotten after a while
    const { connection } = this.#api;
    const verb = this.#api.subject(`CONSUMER.DELETE.${this.#stream}.${this.#name}`);
    if (connection.isConnected) connection.request(verb, '', { timeoutMs: 1000 }).catch(() => {});
  }

  get #nextSubject(): string {
    return this.#api.subject(`CONSUMER.MSG.NEXT.${this.#stream}.${this.#name}`);
  }

  #ask(): void {
    // what comes behind the count is asked for when all has been passed on, and was not enough
    if (this.#isComplete) return;
    // one request at a time as long as they are counted
    const counted = this.#counted;
    if (this.#isEnded || this.#isPaused || this.#asked > (counted > 0 ? 0 : REQUEST_BYTES)) return;
    this.#asked += REQUEST_BYTES;
    const request = {
      batch: counted > 0 ? counted : REQUEST_MESSAGES,
      max_bytes: REQUEST_BYTES,
      expires: EXPIRES_MS * NANOS_PER_MS,
      idle_heartbeat: HEARTBEAT_MS * NANOS_PER_MS,
    };
    this.#api.connection.publish(this.#nextSubject, JSON.stringify(request), {
      reply: this.#subscription.getSubject(),
    });
  }

  /** Messages of the count that have not come yet. */
  get #counted(): number {
    return Math.max(0, (this.#count ?? 0) - this.#delivered);
  }

  get #isComplete(): boolean {
    return this.#delivered === this.#count;
  }

  #take(message: Msg): void {
    if (this.#isEnded) return;
    if (message.subject === this.#subscription.getSubject()) return this.#noteStatus(message);
    const place = messagePlace(message.reply ?? '');
    // anyone may publish to the inbox of another, and is not heard
    if (place === null || place.consumer !== this.#name) return;
    if (place.delivery !== this.#delivered + 1) return this.#end(new Error('a message was lost on the way'));
    this.#delivered++;
    this.#asked -= sizeOf(message);
    if (this.#isComplete) this.#asked = 0;
    this.#events.onMessage(message, place);
    this.#ask();
  }

  /** 100: heartbeat. 408, 409: a request has ended, with so much of it left. */
  #noteStatus(message: Msg): void {
    const { code = 0, description = '' } = message.headers ?? {};
    if (code === 100) return this.#events.onHeartbeat();
    if (code === 503) return this.#end(new Error('no server leads the consumer'));
    const isOver = code === 408 || (code === 409 && /max_?bytes|batch completed|request/i.test(description));
    if (!isOver) return this.#end(new Error(`the consumer was ended: ${code} ${description}`));
    const left = Number(message.headers?.get('Nats-Pending-Bytes') || 0);
    this.#asked = this.#counted > 0 ? 0 : Math.max(0, this.#asked - left);
    this.#ask();
  }

  #end(reason: unknown): void {
    if (this.#isEnded) return;
    this.stop();
    this.#events.onEnd(reason);
  }
}

/** As the server counts it. */
function sizeOf(message: Msg): number {
  return (message as Msg & { size(): number }).size();
}

function permissionViolation(subject: string): Error {
  return Object.assign(new Error('permissions violation'), { name: 'PermissionViolationError', subject });
}
