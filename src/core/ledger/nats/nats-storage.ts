/** Figures of the servers that keep a ledger's stream, for people: they name settings as NATS does. */

import type { LogStream } from './log-stream.ts';

/** A server that does not answer its monitoring is not waited for long: its settings are then unknown. */
const MONITOR_MS = 2000;

export class NatsStorage {
  readonly engine = 'NATS JetStream';
  readonly #stream: LogStream;
  readonly #monitor: string | null;

  /** `monitor`: address of a server's monitoring. */
  constructor(stream: LogStream, monitor: string | null) {
    this.#stream = stream;
    this.#monitor = monitor;
  }

  /** @throws LedgerError UNREACHABLE, PERMISSION_DENIED, LEDGER_REPLACED, CLOSED */
  async figures(): Promise<{ readonly settings: Readonly<Record<string, string | number>>; readonly bytes: number }> {
    const { connection } = this.#stream.api;
    const { state, config, cluster } = await this.#stream.info(this.#stream.deadline());
    const { version, max_payload } = connection.server;
    const behind = (cluster?.replicas ?? []).filter(({ current }) => !current).map(({ name }) => name);
    return {
      bytes: state.bytes,
      settings: {
        server: version,
        stream: this.#stream.stream,
        num_replicas: Number(config['num_replicas'] ?? 1),
        ...(cluster?.leader === undefined ? {} : { leader: cluster.leader }),
        ...(behind.length === 0 ? {} : { behind: behind.join(', ') }),
        max_payload,
        max_bytes: Number(config['max_bytes'] ?? -1),
        sync: await this.#sync(),
      },
    };
  }

  /** How a server syncs: `always`, its interval, or `unknown`. Before 2.12 no server reports it. */
  async #sync(): Promise<string> {
    if (this.#monitor === null) return 'unknown';
    try {
      const answer = await fetch(`${this.#monitor}/varz`, { signal: AbortSignal.timeout(MONITOR_MS) });
      const { jetstream } = (await answer.json()) as {
        jetstream?: { config?: { sync_always?: boolean; sync_interval?: number } };
      };
      const { sync_always, sync_interval } = jetstream?.config ?? {};
      if (sync_always === true) return 'always';
      return typeof sync_interval === 'number' ? `every ${sync_interval / 1e9} s` : 'unknown';
    } catch {
      return 'unknown';
    }
  }
}
