/** A relay of TCP connections that can be cut: between servers, and between a client and its server. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `silent`: nothing passes, and connections stay open, as where packets are dropped; `closed`: they are closed, and new ones too;
 * `deaf`: what the connecting side sends passes, and no answer does.
 */
export type Cut = 'silent' | 'closed' | 'deaf';

interface Pair {
  /** The side that connected. */
  readonly client: Socket;
  readonly server: Socket;
}

export class Relay {
  readonly #target: number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #cut: Cut | null = null;
  #deafAfter: string | null = null;
  #endsBehind: string | null = null;
  /** Pieces that were held back or connections that were closed by cuts so far. */
  interrupted = 0;

  private constructor(target: number, listener: Server) {
    this.#target = target;
    this.#listener = listener;
    listener.on('connection', (client) => this.#accept(client));
  }

  /** Relays to this port of 127.0.0.1, from a port of its own. */
  static async to(target: number): Promise<Relay> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new Relay(target, listener);
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const pair of this.#pairs) this.#interrupt(pair);
  }

  /** Lets no answer pass any more, once the connecting side has sent this text. */
  beDeafAfter(text: string): void {
    this.#deafAfter = text;
  }

  /** Lets nothing pass any more, either way, behind this text of the connecting side. */
  endBehind(text: string): void {
    this.#endsBehind = text;
  }

  get isCut(): boolean {
    return this.#cut !== null;
  }

  /** What was held back passes now, as after a partition of the network. */
  heal(): void {
    this.#cut = null;
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resume();
  }

  async stop(): Promise<void> {
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const pair = { client, server: connect(this.#target, '127.0.0.1') };
    this.#pairs.add(pair);
    const ways = [
      [client, pair.server],
      [pair.server, client],
    ] as const;
    for (const [from, to] of ways) {
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('data', (piece: Buffer) => {
        const end = from === client && this.#endsBehind !== null ? piece.indexOf(this.#endsBehind) : -1;
        if (end >= 0) {
          to.write(piece.subarray(0, end + (this.#endsBehind ?? '').length));
          this.#endsBehind = null;
          return this.cut('silent');
        }
        to.write(piece);
        if (from !== client || this.#deafAfter === null || !piece.includes(this.#deafAfter)) return;
        this.#deafAfter = null;
        this.cut('deaf');
      });
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
    if (this.#cut !== null) this.#interrupt(pair);
  }

  #interrupt({ client, server }: Pair): void {
    this.interrupted++;
    if (this.#cut === 'closed') client.destroy();
    else {
      server.pause();
      if (this.#cut === 'silent') client.pause();
    }
  }
}
