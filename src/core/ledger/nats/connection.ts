/**
 * One connection to the servers of a ledger. It reconnects without end; how long a caller waits is the caller's deadline.
 * States: connected <-> lost -> closed (by {@link NatsConnection.close}, or because the servers refuse the credentials: then every call rejects with that).
 */

import { LedgerError } from '../../model/ledger-error.ts';
import type { BusyLimit } from '../driver.ts';
import type { NatsConnection as Client, Msg, ServerInfo, Subscription } from './client.ts';
import { authenticationOptions, tlsOptions } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { deniedOf, isTransient, translateServerError } from './server-error.ts';
import type { NatsSettings } from './settings.ts';

type Module = typeof import('./client.ts');
type Headers = ReturnType<Module['headers']>;

/** An attempt to connect to one server. */
const DIAL_MS = 2000;
/** A server that answers no pings is left after 3 to 4.5 s: a stopped process keeps its connections open. */
const PING_MS = 1500;
const PINGS_MAX = 2;
const RECONNECT_MS = 100;
export const DEFAULT_INBOX = '_INBOX';

export class NatsConnection {
  readonly location: string;
  readonly client: Module;
  readonly #nats: Client;
  readonly #inboxPrefix: string;
  readonly #deniedListeners = new Set<(subject: string) => void>();
  readonly #reconnectListeners = new Set<() => void>();
  #isConnected = true;
  #server: ServerInfo;
  /** That which was left on purpose. */
  #left: string | null = null;
  #failure: unknown = null;

  private constructor(location: string, client: Module, nats: Client, inboxPrefix: string) {
    this.location = location;
    this.#inboxPrefix = inboxPrefix;
    this.client = client;
    this.#nats = nats;
    this.#server = infoOf(nats);
    void this.#watch();
    void nats.closed().then((error) => {
      this.#isConnected = false;
      this.#failure ??= error ?? null;
      this.#notifyReconnect();
    });
  }

  /** `location`: without credentials. @throws LedgerError UNREACHABLE, PERMISSION_DENIED, INVALID_ARGUMENT, ABORTED */
  static async open(location: string, settings: NatsSettings, limit: BusyLimit): Promise<NatsConnection> {
    const deadline = new Deadline(limit);
    const client = await import('./client.ts');
    const inboxPrefix = settings.inboxPrefix ?? DEFAULT_INBOX;
    const options = {
      ...(await authenticationOptions(client, settings)),
      ...(await tlsOptions(settings)),
      servers: [...settings.hosts],
      name: 'completengine',
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      pingInterval: PING_MS,
      maxPingOut: PINGS_MAX,
      noAsyncTraces: true,
      inboxPrefix,
    };
    for (;;) {
      // not the client's own `waitOnFirstConnect`: nothing can end it
      const attempt = client.connect({ ...options, timeout: Math.min(DIAL_MS, deadline.remainingMs) });
      try {
        return new NatsConnection(location, client, await deadline.race(attempt), inboxPrefix);
      } catch (error) {
        // an attempt that succeeds after an abort must not keep the process alive
        void attempt.then((late) => late.close()).catch(() => {});
        if (deadline.hasPassed || !isTransient(error)) throw translateServerError(error, location);
      }
      await deadline.pause();
    }
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#nats.isClosed();
  }

  /** The last one that was connected: the client forgets it while it dials, and a call that only asks what it can do would fail. */
  get server(): ServerInfo {
    return this.#nats.info ?? this.#server;
  }

  /** Major and minor version of the server. */
  get version(): readonly [number, number] {
    const [major = 0, minor = 0] = this.server.version.split('.').map(Number);
    return [major, minor];
  }

  isAtLeast(major: number, minor: number): boolean {
    const [ours, ourMinor] = this.version;
    return ours > major || (ours === major && ourMinor >= minor);
  }

  /** One attempt. Rejects with the client's errors. @throws LedgerError CLOSED, PERMISSION_DENIED */
  request(
    subject: string,
    body: Uint8Array | string,
    options: { readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<Msg> {
    this.checkOpen();
    const { timeoutMs, headers } = options;
    return this.#nats.request(subject, body, { timeout: timeoutMs, ...(headers === undefined ? {} : { headers }) });
  }

  /** Without an answer, but those on `reply`. */
  publish(
    subject: string,
    body: Uint8Array | string,
    options: { readonly reply?: string; readonly headers?: Headers },
  ): void {
    this.checkOpen();
    this.#nats.publish(subject, body, options);
  }

  /** Goes to another server, as after a lost connection: this one keeps its clients, and is cut off from the others. */
  leaveServer(): void {
    if (!this.#isConnected) return;
    this.#left = this.#nats.getServer();
    this.#reconnect();
  }

  /** `onMessage` is called synchronously for every message on a new subject of our own, which the subscription names. */
  subscribe(onMessage: (message: Msg) => void, onError: (error: Error) => void): Subscription {
    this.checkOpen();
    return this.#nats.subscribe(`${this.#inboxPrefix}.${this.client.nuid.next()}`, {
      callback: (error, message) => (error === null ? onMessage(message) : onError(error)),
    });
  }

  /** Calls with each subject that the credentials do not allow. Returns the function that ends it. */
  onDenied(listener: (subject: string) => void): () => void {
    this.#deniedListeners.add(listener);
    return () => this.#deniedListeners.delete(listener);
  }

  /** Calls after each reconnect, and when the connection is closed. Returns the function that ends it. */
  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => this.#reconnectListeners.delete(listener);
  }

  /** @throws LedgerError CLOSED, PERMISSION_DENIED */
  checkOpen(): void {
    if (!this.#nats.isClosed()) return;
    if (this.#failure !== null) throw translateServerError(this.#failure, this.location);
    throw new LedgerError('CLOSED', { message: `${this.location} is closed`, hint: 'open it again' });
  }

  async close(): Promise<void> {
    // a request that is made while it closes would never be answered
    this.#isConnected = false;
    await this.#nats.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.#nats.status()) {
      if (status.type === 'disconnect') this.#isConnected = false;
      else if (status.type === 'reconnect') this.#noteReconnect();
      else if (status.type === 'error') this.#noteError(status.error);
    }
  }

  #noteReconnect(): void {
    this.#server = this.#nats.info ?? this.#server;
    const isBack = this.#nats.getServer() === this.#left;
    this.#left = null;
    // the client's list begins with the server of its first connection, so that one is the next of itself
    if (isBack) return this.#reconnect();
    this.#isConnected = true;
    this.#notifyReconnect();
  }

  #reconnect(): void {
    this.#nats.reconnect().catch(() => {});
  }

  #noteError(error: Error): void {
    const denied = deniedOf(error);
    if (denied === null) return;
    if (denied.subject === null) this.#failure = error;
    else for (const listener of this.#deniedListeners) listener(denied.subject);
  }

  #notifyReconnect(): void {
    for (const listener of this.#reconnectListeners) listener();
  }
}

function infoOf({ info }: Client): ServerInfo {
  if (info === undefined) throw new Error('the connection was lost as soon as it was made');
  return info;
}
