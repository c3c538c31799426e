/** Small records as a key-value bucket of NATS. A record's revision is the position of its last write in the bucket's stream, its time that of the server. */

import { invalidArgument, LedgerError } from '../../model/ledger-error.ts';
import type { RecordStore, StoredRecord } from '../log/record-store.ts';
import { parseAnswer } from './api.ts';
import type { Deadline } from './deadline.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { LogStream } from './log-stream.ts';
import type { FetchedMessage } from './messages.ts';
import { bucketStreamOf, recordKeyOf, recordSubjectOf } from './names.ts';
import { PullConsumer } from './pull-consumer.ts';
import { API_ERRORS, ApiError, isNoResponders, isTransient, translateServerError } from './server-error.ts';
import {
  deliveredRecord,
  fetchedRecord,
  keyIn,
  OPERATION_HEADER,
  type RecordWrite,
  WRITE_HEADER,
} from './stored-record.ts';
import { configDifference, recordsConfig, type StreamConfig } from './stream-config.ts';

/** Below this a record in three copies could be written twice under one revision: a lease would be held by two. */
const EXCLUSIVE_SINCE = [2, 10] as const;
const ANSWER_MS = 2000;
/** Of a listing: then it is begun again. */
const SILENCE_MS = 2000;
/** Servers close a connection that sends a longer line. */
const SUBJECT_BYTES_MAX = 1024;
const EXPECTED_HEADER = 'Nats-Expected-Last-Subject-Sequence';
const WRONG_SEQUENCE: readonly number[] = [API_ERRORS.wrongLastSequence, API_ERRORS.wrongLastSequenceNow];

/** What a record becomes: a text, or null for none. */
interface Change {
  readonly key: string;
  readonly value: string | null;
  /** Null: whatever it has. */
  readonly revision: number | null;
}

export class JetStreamRecords implements RecordStore {
  readonly #stream: LogStream;
  #isMade = false;

  /** Every method may also reject with UNSUPPORTED_SERVER. */
  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  async get(key: string): Promise<StoredRecord | null> {
    this.#checkServer();
    const found = await this.#last(key, this.#stream.deadline());
    return found === null || found.isDeleted ? null : found.record;
  }

  put(key: string, value: string, revision: number | null): Promise<StoredRecord | null> {
    return this.#change({ key, value, revision });
  }

  async delete(key: string, revision: number): Promise<boolean> {
    return (await this.#change({ key, value: null, revision })) !== null;
  }

  /** Every record that there is when it is called; those that are written meanwhile as they were before or after. */
  async list(prefix: string): Promise<StoredRecord[]> {
    this.#checkServer();
    const filter = prefix === '' ? '>' : `${recordKeyOf(prefix.replace(/\.$/, ''))}.>`;
    const deadline = this.#stream.deadline();
    for (;;) {
      const listed = await this.#listOnce(recordSubjectOf(this.#stream.name, filter), deadline);
      if (listed !== null) return listed.sort((one, other) => (one.key < other.key ? -1 : 1));
      await deadline.pause();
    }
  }

  /**
   * Null if it ended early. What a consumer still has to deliver is no measure of what is missing: while records are written again, servers of 2.9 come to the
   * end too early, or never.
   */
  async #listOnce(subject: string, deadline: Deadline): Promise<StoredRecord[] | null> {
    const { api, name } = this.#stream;
    const queue = new DeliveryQueue();
    const spec = { stream: bucketStreamOf(name), from: 1, subjects: [subject], hasBodies: true, isLastOnly: true };
    const records = new Map<string, StoredRecord>();
    const note = ({ record, isDeleted }: RecordWrite) => {
      if (isDeleted) records.delete(record.key);
      else records.set(record.key, record);
    };
    try {
      const missing = await this.#keys(subject, deadline);
      if (missing.size === 0) return [];
      const { consumer, pending } = await PullConsumer.start(api, spec, queue, deadline);
      queue.attach(consumer);
      try {
        for (let left = pending; left > 0 && missing.size > 0; queue.resume()) {
          const deliveries = await queue.take(SILENCE_MS);
          if (deliveries.length === 0) throw queue.end?.reason ?? new Error('the consumer is silent');
          for (const delivery of deliveries) {
            const write = deliveredRecord(name, delivery);
            note(write);
            missing.delete(write.record.key);
            left = delivery.place.pending;
          }
        }
      } finally {
        consumer.stop();
        queue.close();
      }
      for (const key of missing) {
        const last = await this.#last(key, deadline);
        if (last !== null) note(last);
      }
      return [...records.values()];
    } catch (error) {
      if (error instanceof ApiError && error.code === API_ERRORS.streamNotFound) return [];
      if (!isTransient(error) || deadline.hasPassed) throw translateServerError(error, api.location);
      return null;
    }
  }

  /** Of all records, those included of which a mark alone is left; by the leader, which may give a part of them at a time. @throws ApiError streamNotFound */
  async #keys(subject: string, deadline: Deadline): Promise<Set<string>> {
    const { api, name } = this.#stream;
    const keys = new Set<string>();
    for (;;) {
      const query = { subjects_filter: subject, offset: keys.size };
      const { total = 0, state } = await api.call<{
        readonly total?: number;
        readonly state: { readonly subjects?: Record<string, number> };
      }>(`STREAM.INFO.${bucketStreamOf(name)}`, query, deadline, { expected: [API_ERRORS.streamNotFound] });
      const found = Object.keys(state.subjects ?? {});
      for (const each of found) keys.add(keyIn(name, each));
      if (found.length === 0 || keys.size >= total) return keys;
    }
  }

  /** Resolves with the record as written, or null if it has another revision. */
  async #change(change: Change): Promise<StoredRecord | null> {
    this.#checkServer();
    const { api } = this.#stream;
    const deadline = this.#stream.deadline();
    const write = api.connection.client.nuid.next();
    await this.#make(deadline);
    let { revision } = change;
    let mayBeStored = false;
    for (;;) {
      const isFirst = !mayBeStored;
      let failure: unknown;
      try {
        mayBeStored = true;
        const { seq } = await this.#publish(change, revision, write, deadline);
        return await this.#written(change, seq, deadline);
      } catch (error) {
        failure = error;
      }
      const isOther = failure instanceof ApiError && WRONG_SEQUENCE.includes(failure.code);
      const isRefused = failure instanceof ApiError || isNoResponders(failure) || !isTransient(failure);
      if (isRefused && isFirst) mayBeStored = false;
      if (deadline.hasPassed || !(isOther || isTransient(failure))) throw this.#failed(failure, mayBeStored);
      if (revision === null) {
        // a second time does no harm
        await deadline.pause();
        continue;
      }
      const found = await this.#last(change.key, deadline);
      if (found?.write === write) return found.record;
      const stands = found?.record.revision ?? 0;
      // of a deleted record stays a mark, on top of which it is made again
      const isMadeAgain = change.revision === 0 && found?.isDeleted === true;
      if (stands !== revision && !isMadeAgain) {
        if (mayBeStored) throw this.#failed(failure, true);
        return null;
      }
      revision = stands;
      await deadline.pause();
    }
  }

  async #publish(
    change: Change,
    revision: Change['revision'],
    write: string,
    deadline: Deadline,
  ): Promise<{ seq: number }> {
    const { connection } = this.#stream.api;
    const headers = connection.client.headers();
    if (revision !== null) headers.set(EXPECTED_HEADER, String(revision));
    headers.set(WRITE_HEADER, write);
    if (change.value === null) headers.set(OPERATION_HEADER, 'DEL');
    const timeoutMs = Math.min(ANSWER_MS, deadline.remainingMs);
    const subject = this.#subjectOf(change.key);
    const { data } = await connection.request(subject, change.value ?? '', { headers, timeoutMs });
    return parseAnswer<{ seq: number }>(data);
  }

  /** With the time of the server. If it is replaced already, that of what came later. */
  async #written({ key, value }: Change, revision: number, deadline: Deadline): Promise<StoredRecord> {
    const stored = (await this.#fetch({ seq: revision }, deadline)) ?? (await this.#last(key, deadline));
    return { key, value: value ?? '', revision, writtenAt: stored?.record.writtenAt ?? 0 };
  }

  #last(key: string, deadline: Deadline): Promise<RecordWrite | null> {
    return this.#fetch({ last_by_subj: this.#subjectOf(key) }, deadline);
  }

  /** By the leader. */
  async #fetch(query: object, deadline: Deadline): Promise<RecordWrite | null> {
    const { api, name } = this.#stream;
    const verb = `STREAM.MSG.GET.${bucketStreamOf(name)}`;
    const expected = [API_ERRORS.messageNotFound, API_ERRORS.streamNotFound];
    try {
      const { message } = await api.call<{ message: FetchedMessage }>(verb, query, deadline, { expected });
      return fetchedRecord(name, message, api.connection.client.MsgHdrsImpl.decode);
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  }

  /** Makes the bucket, unless it is there. @throws LedgerError NOT_A_LEDGER */
  async #make(deadline: Deadline): Promise<void> {
    if (this.#isMade) return;
    const { api, name, replicas } = this.#stream;
    const stream = bucketStreamOf(name);
    const wanted = recordsConfig(name, replicas);
    const found = await this.#createOrFind(stream, wanted, deadline);
    const difference = configDifference(found, wanted);
    if (difference !== null)
      throw new LedgerError('NOT_A_LEDGER', {
        message: `${api.location}: ${difference.field} of the bucket's stream ${stream} is ${difference.found}, and must be ${difference.wanted}`,
        hint: `look at it: nats stream info ${stream}`,
        details: { location: api.location, field: difference.field },
      });
    this.#isMade = true;
  }

  async #createOrFind(stream: string, wanted: StreamConfig, deadline: Deadline): Promise<StreamConfig> {
    const { api } = this.#stream;
    try {
      const expected = [API_ERRORS.streamExists];
      const retried = [API_ERRORS.noSuitablePeers, API_ERRORS.insufficientResources];
      const made = await api.call<{ config: StreamConfig }>(`STREAM.CREATE.${stream}`, wanted, deadline, {
        expected,
        retried,
      });
      return made.config;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return (await api.call<{ config: StreamConfig }>(`STREAM.INFO.${stream}`, {}, deadline)).config;
    }
  }

  #checkServer(): void {
    const { replicas, api } = this.#stream;
    const { connection, location } = api;
    if (replicas === 1 || connection.isAtLeast(...EXCLUSIVE_SINCE)) return;
    const { version } = connection.server;
    throw new LedgerError('UNSUPPORTED_SERVER', {
      message: `${location}: nats-server ${version} cannot keep consumer groups in ${replicas} copies`,
      hint: 'run nats-server 2.10 or later, at best 2.12.3; a ledger with one copy has groups on any version',
      details: { location, version, replicas },
    });
  }

  #subjectOf(key: string): string {
    const subject = recordSubjectOf(this.#stream.name, recordKeyOf(key));
    if (subject.length > SUBJECT_BYTES_MAX)
      throw invalidArgument('a name is too long for a ledger on NATS', 'choose a shorter name of the group or member');
    return subject;
  }

  #failed(error: unknown, mayBeStored: boolean): unknown {
    const { location } = this.#stream.api;
    if (!mayBeStored) return translateServerError(error, location);
    return new LedgerError('OUTCOME_UNKNOWN', {
      message: `${location}: no answer came: a record may be written or not`,
      hint: 'look at the group: completengine group',
      details: { location },
      cause: error,
    });
  }
}
