/** The client of NATS: the only importer of its packages. Loaded by `await import` when a location on NATS is opened, as one chunk of the bundle. */

import { createConnection, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';

export type { Msg, MsgHdrs, NatsConnection, ServerInfo, Subscription } from '@nats-io/transport-node';
export {
  credsAuthenticator,
  headers,
  jwtAuthenticator,
  MsgHdrsImpl,
  nkeyAuthenticator,
  nuid,
} from '@nats-io/transport-node';

/**
 * The client's, which leaves the socket of an attempt that has failed open: of a server that accepts and never greets, or of a machine that does not answer at
 * all. A process would then not end before the system gives up, after minutes.
 */
class EndingTransport extends NodeTransport {
  #dialed: Socket | null = null;

  override async dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    const socket = createConnection(port, hostname);
    this.#dialed = socket;
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the attempt was ended')));
    });
    return socket.removeAllListeners();
  }

  override close(error?: Error): Promise<void> {
    if (!this.connected) this.#dialed?.destroy();
    return super.close(error);
  }
}

export function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new EndingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
