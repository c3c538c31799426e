/** Requests to JetStream's API. One is sent again while no leader answers, until the deadline. */

import type { NatsConnection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { ApiError, isTransient, translateServerError } from './server-error.ts';
import { Silence } from './silence.ts';

/** A request on a dying connection waits for all of its time, so it gets little and is sent again. */
const ANSWER_MS = 2000;

export interface CallOptions {
  /** Errors of the API that pass, besides those that always do. */
  readonly retried?: readonly number[];
  /** Errors of the API that are thrown as {@link ApiError}, for the caller to decide. */
  readonly expected?: readonly number[];
  /** Throws an {@link ApiError} for an answer that counts as that error. */
  readonly check?: (answer: object) => void;
}

/** Begins the subjects of JetStream's API. */
export const jetStreamPrefix = (domain: string | null) => (domain === null ? '$JS.API' : `$JS.${domain}.API`);

export class JetStreamApi {
  readonly connection: NatsConnection;
  readonly #prefix: string;
  readonly #silence: Silence;

  constructor(connection: NatsConnection, domain: string | null) {
    this.connection = connection;
    this.#silence = new Silence(connection);
    this.#prefix = jetStreamPrefix(domain);
  }

  get location(): string {
    return this.connection.location;
  }

  /** The subject of a verb, such as `STREAM.INFO.name`. */
  subject(verb: string): string {
    return `${this.#prefix}.${verb}`;
  }

  /** Resolves with the parsed answer. @throws LedgerError, ApiError for the expected codes */
  async call<Answer>(verb: string, body: object, deadline: Deadline, options: CallOptions = {}): Promise<Answer> {
    for (;;) {
      try {
        return await this.callOnce<Answer>(verb, body, deadline, options.check);
      } catch (error) {
        if (error instanceof ApiError && options.expected?.includes(error.code)) throw error;
        const isRetried = isTransient(error) || (error instanceof ApiError && options.retried?.includes(error.code));
        if (!isRetried || deadline.hasPassed) throw translateServerError(error, this.location);
      }
      await deadline.pause();
    }
  }

  /** One attempt. Rejects with the client's errors, or ApiError. */
  async callOnce<Answer>(
    verb: string,
    body: object,
    deadline: Deadline,
    check: CallOptions['check'] = () => {},
  ): Promise<Answer> {
    const timeoutMs = Math.min(ANSWER_MS, deadline.remainingMs);
    const request = this.connection.request(this.subject(verb), JSON.stringify(body), { timeoutMs });
    try {
      const { data } = await deadline.race(request);
      const answer = parseAnswer<Answer & object>(data);
      check(answer);
      this.#silence.noteAnswer();
      return answer;
    } catch (error) {
      if (isTransient(error)) this.#silence.noteNone();
      else if (error instanceof ApiError) this.#silence.noteAnswer();
      throw error;
    }
  }
}

/** @throws ApiError */
export function parseAnswer<Answer>(data: Uint8Array): Answer {
  let answer: { readonly error?: object };
  try {
    answer = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (error) {
    throw new ApiError({ description: 'an answer that is not JSON' }, { cause: error });
  }
  if (typeof answer !== 'object' || answer === null) throw new ApiError({ description: 'an answer that is no object' });
  if (answer.error !== undefined) throw new ApiError(answer.error);
  return answer as Answer;
}
