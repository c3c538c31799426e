/** The stream of a ledger: makes it, opens it, and asks its leader, whose answers alone are the truth (a replica's may be old). */

import { LedgerError } from '../../model/ledger-error.ts';
import type { BusyLimit } from '../driver.ts';
import type { CallOptions, JetStreamApi } from './api.ts';
import { Deadline } from './deadline.ts';
import { type FetchedMessage, fetchedMessage, type StoredMessage, serverTime } from './messages.ts';
import { streamOf, subjectOf } from './names.ts';
import { checkAtomic, checkServer } from './server-check.ts';
import { API_ERRORS, ApiError, translateServerError } from './server-error.ts';
import {
  type ConfigDifference,
  configDifference,
  type LogSettings,
  logConfig,
  type StreamConfig,
} from './stream-config.ts';

/** In a cluster the server that answers may not have heard yet of a stream that was made a moment ago: "not found" must stand for so long. */
const NOT_FOUND_MS = 500;
/** Copies of a new stream, where nothing else is asked for. */
const REPLICAS_OF_CLUSTER = 3;

export interface StreamInfo {
  readonly config: StreamConfig;
  readonly created: string;
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly first_seq: number;
    readonly last_seq: number;
    readonly num_deleted?: number;
  };
  readonly cluster?: {
    /** None while nobody leads: then a server answers by what it has, which may be old. */
    readonly leader?: string;
    readonly replicas?: readonly {
      readonly name: string;
      readonly current: boolean;
      readonly offline?: boolean;
      readonly lag?: number;
    }[];
  };
}

export class LogStream {
  readonly api: JetStreamApi;
  /** Of the ledger. */
  readonly name: string;
  readonly #limit: BusyLimit;
  readonly #created: number;
  /** Copies of the stream when it was opened. */
  readonly replicas: number;
  /** Whether several messages can be appended together. */
  readonly isAtomic: boolean;
  /** Last position that was acknowledged or delivered to us: the log must never end before it. */
  #seen: number;

  private constructor(api: JetStreamApi, name: string, limit: BusyLimit, info: StreamInfo) {
    this.api = api;
    this.name = name;
    this.#limit = limit;
    this.#created = serverTime(info.created);
    this.#seen = info.state.last_seq;
    this.replicas = Number(info.config['num_replicas'] ?? 1);
    this.isAtomic = isAtomic(info);
  }

  /**
   * Makes the stream, or takes the one that is there if it is a ledger's: an interrupted creation is continued.
   * @throws LedgerError UNSUPPORTED_SERVER, CANNOT_CREATE, CONFIG_MISMATCH, NOT_A_LEDGER, UNREACHABLE, PERMISSION_DENIED
   */
  static async create(
    api: JetStreamApi,
    name: string,
    settings: Partial<LogSettings>,
    limit: BusyLimit,
  ): Promise<LogStream> {
    const deadline = new Deadline(limit);
    await checkServer(api, deadline);
    if (settings.isAtomic === true) checkAtomic(api);
    const isCluster = api.connection.server.cluster !== undefined;
    const replicas = settings.replicas ?? (isCluster ? REPLICAS_OF_CLUSTER : 1);
    const config = configOf(api, name, {
      replicas,
      bytesMax: settings.bytesMax ?? -1,
      isAtomic: settings.isAtomic ?? false,
    });
    try {
      const info = await api.call<StreamInfo>(`STREAM.CREATE.${streamOf(name)}`, config, deadline, {
        // while a cluster is starting, its servers do not know one another yet
        retried: [API_ERRORS.noSuitablePeers, API_ERRORS.insufficientResources],
        expected: [API_ERRORS.streamExists],
      });
      return LogStream.#checked(api, name, limit, info);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    const stream = await LogStream.open(api, name, limit);
    if (settings.replicas !== undefined && settings.replicas !== stream.replicas)
      throw mismatchError(api.location, stream.replicas, settings.replicas);
    return stream;
  }

  /** @throws LedgerError UNSUPPORTED_SERVER, NO_LEDGER, NOT_A_LEDGER, DAMAGED_LEDGER, UNREACHABLE, PERMISSION_DENIED */
  static async open(api: JetStreamApi, name: string, limit: BusyLimit): Promise<LogStream> {
    const deadline = new Deadline(limit);
    await checkServer(api, deadline);
    try {
      const info = await askInfo(api, streamOf(name), deadline);
      return LogStream.#checked(api, name, limit, info);
    } catch (error) {
      throw translateServerError(error, api.location);
    }
  }

  static #checked(api: JetStreamApi, name: string, limit: BusyLimit, info: StreamInfo): LogStream {
    const { location } = api;
    const wanted = configOf(api, name, { replicas: 1, bytesMax: -1, isAtomic: isAtomic(info) });
    const difference = configDifference(info.config, wanted);
    if (difference !== null) throw differenceError(location, streamOf(name), difference);
    const { messages, last_seq, num_deleted = 0 } = info.state;
    if (messages !== last_seq || num_deleted > 0)
      throw new LedgerError('DAMAGED_LEDGER', {
        message: `${location}: ${last_seq - messages} of its ${last_seq} messages are gone`,
        hint: 'restore the stream from a backup, or the ledger from a copy kept elsewhere',
        details: { location, messages, last: last_seq },
      });
    return new LogStream(api, name, limit, info);
  }

  /** @throws LedgerError UNREACHABLE, PERMISSION_DENIED */
  static async exists(api: JetStreamApi, name: string, limit: BusyLimit): Promise<boolean> {
    try {
      await askInfo(api, streamOf(name), new Deadline(limit));
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }

  get stream(): string {
    return streamOf(this.name);
  }

  deadline(...signals: readonly (AbortSignal | undefined)[]): Deadline {
    return new Deadline(this.#limit, ...signals);
  }

  /** The log reaches at least to here. */
  get seen(): number {
    return this.#seen;
  }

  noteSeen(position: number): void {
    if (position > this.#seen) this.#seen = position;
  }

  /** Position of the last message, by the leader. @throws LedgerError LEDGER_REPLACED, UNREACHABLE, PERMISSION_DENIED */
  async last(deadline: Deadline): Promise<number> {
    for (;;) {
      const { state } = await this.info(deadline);
      if (state.last_seq >= this.#seen) return state.last_seq;
      // a new leader may still be reading what it has
      if (deadline.hasPassed) throw this.#replaced(`it ends at message ${state.last_seq}, and had ${this.#seen}`);
      await deadline.pause();
    }
  }

  /** By the leader. @throws LedgerError LEDGER_REPLACED, UNREACHABLE, PERMISSION_DENIED */
  async info(deadline: Deadline): Promise<StreamInfo> {
    let info: StreamInfo;
    try {
      info = await askInfo(this.api, this.stream, deadline);
    } catch (error) {
      throw error instanceof ApiError ? this.#replaced('it was deleted') : error;
    }
    if (serverTime(info.created) !== this.#created) throw this.#replaced('it was deleted and made again');
    return info;
  }

  /** A message by its position; null if there is none. */
  at(position: number, deadline: Deadline): Promise<StoredMessage | null> {
    return this.#fetch({ seq: position }, deadline);
  }

  lastOf(topic: string, deadline: Deadline): Promise<StoredMessage | null> {
    return this.#fetch({ last_by_subj: subjectOf(this.name, topic) }, deadline);
  }

  /** The first of the topic at this position or behind it. */
  nextOf(topic: string, from: number, deadline: Deadline): Promise<StoredMessage | null> {
    return this.#fetch({ seq: Math.max(1, from), next_by_subj: subjectOf(this.name, topic) }, deadline);
  }

  /** Not by direct get: that asks any replica, and a publisher can forge the headers in which it answers. */
  async #fetch(query: object, deadline: Deadline): Promise<StoredMessage | null> {
    const { MsgHdrsImpl } = this.api.connection.client;
    try {
      const verb = `STREAM.MSG.GET.${this.stream}`;
      const expected = [API_ERRORS.messageNotFound];
      const { message } = await askStream<{ message: FetchedMessage }>(this.api, verb, query, deadline, { expected });
      return fetchedMessage(this.name, message, MsgHdrsImpl.decode);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === API_ERRORS.streamNotFound) throw this.#replaced('it was deleted');
      return null;
    }
  }

  #replaced(fact: string): LedgerError {
    const { location } = this.api;
    return new LedgerError('LEDGER_REPLACED', {
      message: `${location}: this is no longer the log that was opened: ${fact}`,
      hint: 'find out what happened to its stream before anything is written; compare with a copy kept elsewhere',
      details: { location, seen: this.#seen },
    });
  }
}

/** By the leader. @throws as {@link askStream} */
function askInfo(api: JetStreamApi, stream: string, deadline: Deadline): Promise<StreamInfo> {
  return askStream<StreamInfo>(api, `STREAM.INFO.${stream}`, {}, deadline, { check: checkLed });
}

/** A follower that is cut off answers when it has heard of no leader for long. @throws ApiError */
function checkLed(info: object): void {
  const { cluster } = info as StreamInfo;
  if (cluster === undefined || (cluster.leader ?? '') !== '') return;
  throw new ApiError({
    code: 503,
    err_code: API_ERRORS.clusterNotAvailable,
    description: 'no server leads the stream',
  });
}

/** Asks about a stream. @throws LedgerError, ApiError streamNotFound and for the expected codes */
async function askStream<Answer>(
  api: JetStreamApi,
  verb: string,
  query: object,
  deadline: Deadline,
  { expected = [], ...options }: CallOptions = {},
): Promise<Answer> {
  const since = performance.now();
  for (;;) {
    try {
      return await api.call<Answer>(verb, query, deadline, {
        ...options,
        expected: [API_ERRORS.streamNotFound, ...expected],
      });
    } catch (error) {
      const isFinal = !(error instanceof ApiError) || error.code !== API_ERRORS.streamNotFound;
      const isAlone = api.connection.server.cluster === undefined;
      if (isFinal || isAlone || deadline.hasPassed || performance.now() - since >= NOT_FOUND_MS) throw error;
    }
    await deadline.pause();
  }
}

/** What it is needed for is said by the ledger's first message. */
const isAtomic = ({ config }: StreamInfo) => config['allow_atomic'] === true;

function configOf(api: JetStreamApi, name: string, settings: LogSettings): StreamConfig {
  return logConfig(name, settings, api.connection.isAtLeast(2, 10));
}

function mismatchError(location: string, found: number, wanted: number): LedgerError {
  return new LedgerError('CONFIG_MISMATCH', {
    message: `${location}: its stream has ${found} copies, and ${wanted} are asked for`,
    hint: `leave ?replicas away, or change the stream: nats stream edit --replicas ${wanted}`,
    details: { location, found, wanted },
  });
}

function differenceError(location: string, stream: string, { field, found, wanted }: ConfigDifference): LedgerError {
  return new LedgerError('NOT_A_LEDGER', {
    message: `${location}: ${field} of the stream ${stream} is ${found}, and must be ${wanted}: it is not, or no longer, that of a ledger`,
    hint: `look at it: nats stream info ${stream}`,
    details: { location, field },
  });
}
