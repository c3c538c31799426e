/**
 * Messages on their way into the log, and batches of them. Each is published when it is appended, and waited for by itself: the acknowledgement of a later one says nothing of an earlier.
 * Where none comes in time the log is read for the message, and if it is not there it is published again, until the deadline of its call.
 */

import { LedgerError } from '../../model/ledger-error.ts';
import type { AppendOptions, LogEntry } from '../log/ordered-log.ts';
import { parseAnswer } from './api.ts';
import type { MsgHdrs } from './client.ts';
import { Deadline } from './deadline.ts';
import type { LogStream } from './log-stream.ts';
import { CAUGHT_UP, MessageSource } from './message-source.ts';
import { COPY_HEADER, LINK_HEADER } from './messages.ts';
import { subjectOf } from './names.ts';
import { API_ERRORS, ApiError, isNoResponders, isTransient, translateServerError } from './server-error.ts';
import { Silence } from './silence.ts';

/** Longest wait for an acknowledgement before the log is read. */
const ACK_MS = 2000;
/** Between two looks at what is due. */
const ROUND_MS = 100;
/** For one reading of the log; if it takes longer, it is read again. */
const LOOK_MS = 3000;
const EXPECTED_HEADER = 'Nats-Expected-Last-Sequence';
const WRONG_SEQUENCE: readonly number[] = [API_ERRORS.wrongLastSequence, API_ERRORS.wrongLastSequenceNow];

interface Appending {
  /** The last of them, which names the copy, and those that are stored right before it or not at all. */
  readonly entry: LogEntry;
  readonly before: readonly LogEntry[];
  readonly copy: string;
  readonly after: number | undefined;
  readonly deadline: Deadline;
  /** A copy of it stands behind this position, if anywhere. */
  readonly behind: number;
  /** How often it was published. */
  sendings: number;
  /** When it was published last; 0: publish as soon as possible. */
  sentAt: number;
  /** Whether a copy may be in the log. */
  mayBeStored: boolean;
  /** Why it was refused last. */
  refusal: unknown;
  readonly finish: (outcome: { readonly position: number | null } | { readonly error: unknown }) => void;
}

export class Outbox {
  readonly #stream: LogStream;
  readonly #copyPrefix: string;
  /** By the name of the copy, in the order of the calls. */
  readonly #appending = new Map<string, Appending>();
  /** Those that are to be published: while there are any, no other goes before them. */
  readonly #due = new Set<Appending>();
  readonly #stopWatching: () => void;
  readonly #silence: Silence;
  #copies = 0;
  #isSupervised = false;
  /** Ends the pause between two rounds. */
  #endPause = () => {};
  #isClosed = false;

  constructor(stream: LogStream) {
    this.#stream = stream;
    const { connection } = stream.api;
    this.#silence = new Silence(connection);
    this.#copyPrefix = connection.client.nuid.next();
    // acknowledgements that were on their way are lost with the connection
    this.#stopWatching = connection.onReconnect(() => {
      for (const each of this.#appending.values()) this.#makeDue(each);
    });
  }

  /** See {@link OrderedLog.append} and appendBatch. */
  append(entries: readonly LogEntry[], { after, signal, onReleased }: AppendOptions): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const deadline = this.#stream.deadline(signal);
      deadline.checkAborted();
      const copy = `${this.#copyPrefix}-${++this.#copies}`;
      const onAbort = () => this.#finishUnanswered(appending, abortedError(this.#stream.api.location));
      const appending: Appending = {
        entry: entries.at(-1) as LogEntry,
        before: entries.slice(0, -1),
        copy,
        after,
        deadline,
        behind: after ?? this.#stream.seen,
        sendings: 0,
        sentAt: 0,
        mayBeStored: false,
        refusal: null,
        finish: (outcome) => {
          if (!this.#appending.delete(copy)) return;
          this.#due.delete(appending);
          // a timer that is left would keep a process that has ended alive
          if (this.#appending.size === 0) this.#endPause();
          signal?.removeEventListener('abort', onAbort);
          if ('error' in outcome) return reject(outcome.error);
          if (outcome.position !== null) this.#stream.noteSeen(outcome.position);
          // a server that has stored it has read all of it; a second copy may wait for the socket still
          if (outcome.position !== null && appending.sendings === 1) onReleased?.();
          resolve(outcome.position);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#stream.api.connection.checkOpen();
      // those that wait for a connection go first
      const isFirst = this.#due.size === 0;
      this.#appending.set(copy, appending);
      this.#due.add(appending);
      if (isFirst && this.#stream.api.connection.isConnected) this.#publish(appending);
      void this.#supervise();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    const { location } = this.#stream.api;
    for (const each of [...this.#appending.values()])
      this.#finishUnanswered(each, new LedgerError('CLOSED', { message: `${location} was closed` }));
  }

  #publish(appending: Appending): void {
    const { entry, before, copy, deadline, mayBeStored } = appending;
    const { connection } = this.#stream.api;
    this.#due.delete(appending);
    appending.sentAt = performance.now();
    appending.mayBeStored = true;
    appending.sendings++;
    for (const [at, each] of before.entries())
      connection.publish(this.#subjectOf(each), each.body, { headers: this.#headersOf(appending, at) });
    const headers = this.#headersOf(appending, before.length);
    headers.set(COPY_HEADER, copy);
    connection.request(this.#subjectOf(entry), entry.body, { headers, timeoutMs: deadline.remainingMs }).then(
      ({ data }) => this.#takeAnswer(appending, data, mayBeStored),
      (error: unknown) => this.#takeError(appending, error, mayBeStored),
    );
  }

  #subjectOf({ topic }: LogEntry): string {
    return subjectOf(this.#stream.name, topic);
  }

  /** Of the message at this place in the batch. Each sending is a batch of its own: what is left of an earlier one is dropped by the servers. */
  #headersOf({ entry, before, copy, after, sendings }: Appending, at: number): MsgHdrs {
    const headers = this.#stream.api.connection.client.headers();
    headers.set(LINK_HEADER, (before[at] ?? entry).header);
    if (at === 0 && after !== undefined) headers.set(EXPECTED_HEADER, String(after));
    if (before.length === 0) return headers;
    headers.set('Nats-Batch-Id', `${copy}-${sendings}`);
    headers.set('Nats-Batch-Sequence', String(at + 1));
    if (at === before.length) headers.set('Nats-Batch-Commit', '1');
    return headers;
  }

  #takeAnswer(appending: Appending, data: Uint8Array, wasStored: boolean): void {
    try {
      const { seq } = parseAnswer<{ seq: number }>(data);
      this.#silence.noteAnswer();
      appending.finish({ position: seq });
    } catch (error) {
      this.#takeError(appending, error, wasStored);
    }
  }

  /** `wasStored`: whether an earlier copy may be in the log. */
  #takeError(appending: Appending, error: unknown, wasStored: boolean): void {
    const isRefused = error instanceof ApiError || isNoResponders(error) || !isTransient(error);
    if (!isRefused) return;
    appending.mayBeStored = wasStored;
    appending.refusal = error;
    if (error instanceof ApiError && WRONG_SEQUENCE.includes(error.code)) void this.#checkFollowing(appending);
    else if (isTransient(error)) this.#makeDue(appending);
    else this.#finishUnanswered(appending, translateServerError(error, this.#stream.api.location));
  }

  #makeDue(appending: Appending): void {
    if (!this.#appending.has(appending.copy)) return;
    appending.sentAt = 0;
    this.#due.add(appending);
  }

  /** Another message has the place, or a copy of this one. */
  async #checkFollowing(appending: Appending): Promise<void> {
    const { after = 0, before, copy, deadline, finish } = appending;
    try {
      const position = after + before.length + 1;
      const found = await this.#stream.at(position, deadline);
      if (found?.copy === copy) return finish({ position });
      if (found !== null || (await this.#stream.at(after + 1, deadline)) !== null) return finish({ position: null });
      // a new leader that has not read all it has, or a log that has lost its end
      await this.#stream.last(deadline);
      this.#makeDue(appending);
    } catch (error) {
      this.#finishUnanswered(appending, error);
    }
  }

  /** One loop for all, while there are any. */
  async #supervise(): Promise<void> {
    if (this.#isSupervised) return;
    this.#isSupervised = true;
    try {
      while (this.#appending.size > 0 && !this.#isClosed) {
        await this.#pause();
        if (this.#appending.size > 0) await this.#round();
      }
    } finally {
      this.#isSupervised = false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ROUND_MS);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #round(): Promise<void> {
    const { connection, location } = this.#stream.api;
    for (const each of [...this.#appending.values()])
      if (each.deadline.hasPassed) this.#finishUnanswered(each, timeoutError(location, each.refusal));
    if (!connection.isConnected) return;
    const now = performance.now();
    const due = [...this.#appending.values()].filter(({ sentAt }) => sentAt <= 0 || now - sentAt >= ACK_MS);
    if (due.some(({ sentAt, refusal }) => sentAt > 0 || isTransient(refusal)) && this.#silence.noteNone()) return;
    const unsure = due.filter(({ mayBeStored, after }) => mayBeStored && after === undefined);
    if (unsure.length > 0 && !(await this.#find(unsure))) return;
    for (const each of due) if (this.#appending.has(each.copy) && connection.isConnected) this.#publish(each);
  }

  /** Reads the log for copies of these. Returns whether all of it was read. */
  async #find(unsure: readonly Appending[]): Promise<boolean> {
    const from = Math.min(...unsure.map(({ behind }) => behind)) + 1;
    const topics = [...new Set(unsure.map(({ entry }) => entry.topic))];
    const signal = AbortSignal.timeout(LOOK_MS);
    try {
      const last = await this.#stream.last(new Deadline({ limitMs: LOOK_MS }));
      if (last < from) return true;
      const source = new MessageSource(this.#stream, { from, topics, hasBodies: false, signal });
      for await (const item of source.items()) {
        if (item !== CAUGHT_UP && item.copy !== null)
          this.#appending.get(item.copy)?.finish({ position: item.message.position });
        const position = item === CAUGHT_UP ? await source.nextPosition() : source.next;
        if (position === null || position > last) return true;
      }
      return true;
    } catch (error) {
      if (isFinal(error)) for (const each of unsure) this.#finishUnanswered(each, error);
      return false;
    }
  }

  /** Rejects with the reason if nothing can be stored, and with OUTCOME_UNKNOWN otherwise. */
  #finishUnanswered(appending: Appending, reason: unknown): void {
    const { location } = this.#stream.api;
    appending.finish({ error: appending.mayBeStored ? unknownOutcome(location, reason) : reason });
  }
}

/** Reading again would not help. */
function isFinal(error: unknown): boolean {
  return error instanceof LedgerError && !['UNREACHABLE', 'ABORTED'].includes(error.code);
}

function timeoutError(location: string, refusal: unknown): unknown {
  return translateServerError(refusal ?? new Error('no server answers'), location);
}

function abortedError(location: string): LedgerError {
  return new LedgerError('ABORTED', { message: `${location}: the append was aborted; nothing was stored` });
}

function unknownOutcome(location: string, reason: unknown): LedgerError {
  return new LedgerError('OUTCOME_UNKNOWN', {
    message: `${location}: no acknowledgement came: the last message may be stored or not`,
    hint: 'see what is stored: completengine inspect',
    details: { location },
    cause: reason,
  });
}
