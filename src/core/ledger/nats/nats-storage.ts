/** Figures of the servers that keep a ledger's stream, for people: they name settings as NATS does. */

import type { LogStream, StreamInfo } from './log-stream.ts';
import { syncOf } from './monitoring.ts';

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
    return {
      bytes: state.bytes,
      settings: {
        server: version,
        stream: this.#stream.stream,
        num_replicas: Number(config['num_replicas'] ?? 1),
        ...copiesOf(cluster),
        max_payload,
        max_bytes: Number(config['max_bytes'] ?? -1),
        sync: await syncOf(this.#monitor),
      },
    };
  }
}

/** Which servers keep a copy, and which of them lag: a copy is behind by a number of entries, or away. */
function copiesOf(cluster: StreamInfo['cluster']): Readonly<Record<string, string>> {
  const replicas = cluster?.replicas ?? [];
  const names = (all: typeof replicas) => all.map(({ name }) => name).join(', ');
  const current = replicas.filter((each) => each.current && each.offline !== true);
  const behind = replicas.filter((each) => !current.includes(each));
  const lagOf = ({ name, offline, lag = 0 }: (typeof replicas)[number]) =>
    `${name} (${offline === true ? 'offline' : `${lag} entries`})`;
  return {
    ...(cluster?.leader === undefined ? {} : { leader: cluster.leader }),
    ...(current.length === 0 ? {} : { followers: names(current) }),
    ...(behind.length === 0 ? {} : { behind: behind.map(lagOf).join(', ') }),
  };
}
