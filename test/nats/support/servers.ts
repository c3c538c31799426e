/** Starts real nats-servers with JetStream on 127.0.0.1: one alone, or three as a cluster. They are killed, stopped and started again by the tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { untilStopped } from '../../support/process-state.ts';
import { type ReservedPorts, reservePorts } from './ports.ts';
import { type Cut, Relay } from './relay.ts';
import type { ServerProgram } from './server-program.ts';

/** Between two requests to the monitoring of a server: each costs both sides a millisecond. */
const POLL_MS = 50;

interface ServerPlace {
  readonly name: string;
  readonly port: number;
  readonly http: number;
  readonly config: string;
  readonly log: string;
}

export interface ServersOptions {
  readonly program: ServerProgram;
  readonly count: 1 | 3;
  /** More of the configuration file, for every server. */
  readonly extraConfig?: string;
  /** Settings of JetStream; false: none at all. */
  readonly jetStream?: string | false;
  /** Whether the servers of a cluster reach each other through relays, which can be cut. They name no other server to their clients then. */
  readonly isRelayed?: boolean;
}

/** From each server to each other one: `relays[from][to]`. */
type Relays = readonly (readonly (Relay | null)[])[];

export class NatsServers {
  readonly program: ServerProgram;
  readonly #directory: string;
  readonly #places: readonly ServerPlace[];
  readonly #running: (ChildProcess | null)[];
  readonly #relays: Relays;
  readonly #reserved: ReservedPorts;

  private constructor(
    program: ServerProgram,
    directory: string,
    places: readonly ServerPlace[],
    relays: Relays,
    reserved: ReservedPorts,
  ) {
    this.#reserved = reserved;
    this.program = program;
    this.#directory = directory;
    this.#places = places;
    this.#relays = relays;
    this.#running = places.map(() => null);
  }

  /** Stops the servers after the test. Outside of a test use {@link start}, and stop() in `finally` or `afterAll`. */
  static async forTest(options: ServersOptions): Promise<NatsServers> {
    const servers = await NatsServers.start(options);
    onTestFinished(() => servers.stop());
    return servers;
  }

  static async start(options: ServersOptions): Promise<NatsServers> {
    const { program, count, extraConfig = '', jetStream = '', isRelayed = false } = options;
    const directory = mkdtempSync(join(tmpdir(), 'completengine-test-nats-'));
    const reserved = await reservePorts(count * 3);
    const { ports } = reserved;
    const routes = ports.slice(count * 2);
    const relays = isRelayed ? await relaysBetween(routes) : [];
    const places = Array.from({ length: count }, (_, at): ServerPlace => {
      const name = `s${at}`;
      const [port, http] = [ports[at] as number, ports[count + at] as number];
      const config = join(directory, `${name}.conf`);
      const lines = [
        `server_name: ${name}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${http}"`,
        'max_payload: 1048576',
        ...(jetStream === false
          ? []
          : [`jetstream { store_dir: ${JSON.stringify(join(directory, name))}, ${jetStream} }`]),
        ...(count === 1 ? [] : [clusterOf(routes, at, relays[at])]),
        extraConfig,
      ];
      writeFileSync(config, `${lines.join('\n')}\n`);
      return { name, port, http, config, log: join(directory, `${name}.log`) };
    });
    const servers = new NatsServers(program, directory, places, relays, reserved);
    try {
      for (const at of places.keys()) servers.spawn(at);
      await servers.areHealthy();
    } catch (error) {
      await servers.stop();
      throw error;
    }
    return servers;
  }

  get count(): number {
    return this.#places.length;
  }

  /** `127.0.0.1:PORT` of each. */
  get hosts(): string[] {
    return this.#places.map(({ port }) => `127.0.0.1:${port}`);
  }

  port(at: number): number {
    return (this.#places[at] as ServerPlace).port;
  }

  location(name: string, query = ''): string {
    return `nats://${this.hosts.join(',')}/${name}${query}`;
  }

  /** Where a server that does not run keeps what it stores. */
  storeOf(at: number): string {
    return join(this.#directory, (this.#places[at] as ServerPlace).name);
  }

  /** Cuts a server off from the others, in both directions. Its clients stay connected to it. */
  cutOff(at: number, how: Cut): void {
    for (const relay of this.#relaysOf(at)) relay.cut(how);
  }

  heal(at: number): void {
    for (const relay of this.#relaysOf(at)) relay.heal();
  }

  /** Connections that cuts have interrupted at this server. */
  interruptedAt(at: number): number {
    return this.#relaysOf(at).reduce((sum, { interrupted }) => sum + interrupted, 0);
  }

  monitor(at = 0): string {
    return `http://127.0.0.1:${(this.#places[at] as ServerPlace).http}`;
  }

  /** What the only server has sent to its clients. */
  async bytesOut(): Promise<number> {
    const answer = await fetch(`${this.monitor()}/varz`);
    return ((await answer.json()) as { out_bytes: number }).out_bytes;
  }

  spawn(at: number): void {
    const { config, log } = this.#places[at] as ServerPlace;
    // killed with this process, however that ends
    const program = ['--pdeathsig', 'KILL', this.program.path, '-c', config];
    const output = openSync(log, 'a');
    const child = spawn('setpriv', program, { stdio: ['ignore', output, output] });
    closeSync(output);
    child.on('error', () => {});
    this.#running[at] = child;
  }

  /** What the signal does is awaited, that of SIGCONT aside. */
  async signal(at: number, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.#running[at];
    if (child == null) throw new Error(`server ${at} does not run`);
    const ended = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGCONT') return;
    if (signal === 'SIGSTOP') return untilStopped(child.pid);
    await ended;
    this.#running[at] = null;
  }

  async areHealthy(): Promise<void> {
    for (const [at, { log }] of this.#places.entries())
      for (;;) {
        const isHealthy = await answers(`${this.monitor(at)}/healthz`);
        if (this.#running[at]?.exitCode != null) throw new Error(`nats-server has ended: ${readFileSync(log, 'utf8')}`);
        if (isHealthy) break;
        await sleep(POLL_MS);
      }
  }

  /**
   * Waits until all servers name the same leaders, and these say that every copy is up to date. A server that was away is healthy before it has what it has missed,
   * and makes no majority meanwhile: if another is lost then, nothing can be stored until it has caught up.
   */
  async areCurrent(): Promise<void> {
    for (;;) {
      const groups = await Promise.all(this.#places.map((_, at) => replicationAt(this.monitor(at))));
      if (groups.every((each) => each !== null) && this.#agree(groups)) return;
      await sleep(POLL_MS);
    }
  }

  #agree(groups: readonly Replication[]): boolean {
    const names = new Set(groups.flatMap((each) => [...each.keys()]));
    return [...names].every((name) => {
      const leader = groups[0]?.get(name)?.leader;
      const led = groups[this.#places.findIndex((place) => place.name === leader)]?.get(name);
      if (led === undefined || groups.some((each) => each.get(name)?.leader !== leader)) return false;
      return led.replicas?.length === this.count - 1 && led.replicas.every(({ current }) => current);
    });
  }

  /** Index of the server that leads the stream, as the others say. `stopped`: one that cannot answer. */
  async leaderOf(stream: string, stopped?: number): Promise<number> {
    if (this.count === 1) return 0;
    for (;;) {
      for (const at of this.#places.keys()) {
        const leader =
          this.#running[at] == null || at === stopped ? undefined : await leaderOf(this.monitor(at), stream);
        const found = this.#places.findIndex(({ name }) => name === leader);
        if (found >= 0 && this.#running[found] != null) return found;
      }
      await sleep(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    for (const child of this.#running) {
      if (child == null || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    for (const relay of this.#relays.flat()) await relay?.stop();
    this.#reserved.release();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #relaysOf(at: number): Relay[] {
    const both = [...(this.#relays[at] ?? []), ...this.#relays.map((row) => row[at] ?? null)];
    return both.filter((relay) => relay !== null);
  }
}

function relaysBetween(routes: readonly number[]): Promise<Relays> {
  const row = (from: number) =>
    Promise.all(routes.map(async (port, to) => (to === from ? null : await Relay.to(port))));
  return Promise.all(routes.map((_, from) => row(from)));
}

/** `relays`: those from this server to the others; it does not advertise itself, so that nobody goes past them. */
function clusterOf(routes: readonly number[], at: number, relays: Relays[number] | undefined): string {
  const others = relays?.flatMap((relay) => (relay === null ? [] : [relay.port])) ?? routes;
  const list = others.map((port) => `"nats-route://127.0.0.1:${port}"`).join(', ');
  const hidden = relays === undefined ? '' : `advertise: "127.0.0.1:1", no_advertise: true,`;
  return `cluster { name: test, ${hidden} listen: "127.0.0.1:${routes[at]}", routes: [${list}] }`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

/** Servers that keep copies of one thing: the leader, and what it knows of the others. */
interface Replicated {
  readonly leader?: string;
  readonly replicas?: readonly { readonly current: boolean }[];
}

/** By stream, as one server knows it; `_meta_`: what streams there are. */
type Replication = ReadonlyMap<string, Replicated>;

async function leaderOf(monitor: string, stream: string): Promise<string | undefined> {
  return (await replicationAt(monitor))?.get(stream)?.leader;
}

/** Null if the server does not answer. */
async function replicationAt(monitor: string): Promise<Replication | null> {
  try {
    const answer = await fetch(`${monitor}/jsz?streams=true&accounts=true`, { signal: AbortSignal.timeout(1000) });
    const found = (await answer.json()) as {
      meta_cluster?: Replicated;
      account_details?: { stream_detail?: { name: string; cluster?: Replicated }[] }[];
    };
    const streams = (found.account_details ?? []).flatMap(({ stream_detail }) => stream_detail ?? []);
    return new Map([
      ['_meta_', found.meta_cluster ?? {}],
      ...streams.map(({ name, cluster = {} }) => [name, cluster] as const),
    ]);
  } catch {
    return null;
  }
}
