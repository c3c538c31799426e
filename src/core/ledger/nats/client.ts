/** The client of NATS: the only importer of its packages. Loaded by `await import` when a location on NATS is opened, as one chunk of the bundle. */

import { createConnection, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from '@nats-io/transport-node';
import { DataBuffer } from '@nats-io/transport-node/lib/nats-base-client.js';
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

/** Pieces of this size are written as they are; smaller ones are cheaper to copy together than to write one by one. */
const WRITTEN_ALONE_BYTES = 64 * 1024;

/**
 * What is to be sent next. The client's copies all of it into one piece, each message of 1 MiB once more; this one hands large pieces to the socket as they are.
 * The bodies of messages must not be changed after they were published.
 */
class PiecewiseBuffer extends DataBuffer {
  readonly #socket: () => Socket | undefined;

  constructor(socket: () => Socket | undefined) {
    super();
    this.#socket = socket;
  }

  /** Of everything: writes all but the last piece, which the client writes itself. */
  override drain(bytes?: number): Uint8Array {
    const socket = this.#socket();
    if (bytes !== undefined || this.byteLength < WRITTEN_ALONE_BYTES || socket === undefined) return super.drain(bytes);
    const pieces = joinSmall(this.buffers);
    this.reset();
    socket.cork();
    for (const piece of pieces.slice(0, -1)) socket.write(piece);
    process.nextTick(() => socket.uncork());
    return pieces.at(-1) as Uint8Array;
  }
}

function joinSmall(pieces: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const join = () => {
    if (small.length > 0) joined.push(Buffer.concat(small));
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length < WRITTEN_ALONE_BYTES) {
      small.push(piece);
    } else {
      join();
      joined.push(piece);
    }
  }
  join();
  return joined;
}

export async function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new EndingTransport(), dnsResolveFn: nodeResolveHost });
  const nats = await NatsConnectionImpl.connect(options);
  const { protocol } = nats as NatsConnectionImpl;
  protocol.outbound = new PiecewiseBuffer(() => (protocol.transport as Partial<NodeTransport>).socket);
  return nats;
}
