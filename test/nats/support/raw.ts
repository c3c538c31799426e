/** What any other client of the servers could do. */

import { connect, type Msg, type MsgHdrs, type NatsConnection, headers as newHeaders } from '@nats-io/transport-node';
import { onTestFinished } from 'vitest';
import type { NatsServers } from './servers.ts';

export class RawClient {
  readonly #nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.#nats = nats;
  }

  /** Closed after the test. */
  static async connect(servers: NatsServers): Promise<RawClient> {
    const nats = await connect({ servers: servers.hosts });
    onTestFinished(() => nats.close());
    return new RawClient(nats);
  }

  /** Answer of JetStream's API, whatever it is. */
  async api<Answer = Record<string, unknown>>(verb: string, body: object = {}): Promise<Answer> {
    const { data } = await this.#nats.request(`$JS.API.${verb}`, JSON.stringify(body), { timeout: 5000 });
    return JSON.parse(Buffer.from(data).toString('utf8'));
  }

  /** Calls with each message that is published, possibly before it is stored. */
  async listen(subject: string, onMessage: (message: Msg) => void): Promise<void> {
    this.#nats.subscribe(subject, { callback: (_, message) => onMessage(message) });
    await this.#nats.flush();
  }

  /** Answers the requests to JetStream's API in place of a server that has none. */
  async answer(verb: string, answers: () => object): Promise<void> {
    await this.listen(`$JS.API.${verb}`, (message) => message.respond(JSON.stringify(answers())));
  }

  /** Resolves when it is stored, or refused. */
  async publish(subject: string, body: Uint8Array | string, header: Record<string, string[]> = {}): Promise<void> {
    const headers = newHeaders();
    for (const [name, values] of Object.entries(header)) for (const value of values) headers.append(name, value);
    await this.#nats.request(subject, body, { headers, timeout: 5000 });
  }

  /** Of a batch, which is answered behind its last message. */
  async publishWithin(subject: string, body: Uint8Array, header: Record<string, string[]>): Promise<void> {
    if (header['Nats-Batch-Commit'] !== undefined) return this.publish(subject, body, header);
    const headers = newHeaders();
    for (const [name, values] of Object.entries(header)) for (const value of values) headers.append(name, value);
    this.#nats.publish(subject, body, { headers });
  }

  /** The bytes of a header as they are, which the client would not write. */
  async publishRaw(subject: string, header: Uint8Array, body: string): Promise<void> {
    const headers = { encode: () => header } as unknown as MsgHdrs;
    await this.#nats.request(subject, body, { headers, timeout: 5000 });
  }
}
