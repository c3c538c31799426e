/** NATS JetStream: a stream with file storage and a subject per partition, published to without waiting for each acknowledgement, but for all of them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from './connection.ts';
import type { Attempt, Outcome, Peer } from './peer.ts';
import { prepareAll } from './prepare.ts';
import { versionOf, withServer } from './programs.ts';

const STREAM = 'EVENTS';
const ACKS = '_INBOX.peers.ack';
const ANSWERS = '_INBOX.peers.answer';
/** So many publications may be on their way; the field's own bench takes 500. */
const WINDOW = 4096;
const FRAMES_PER_PIECE = 256;

export const jetstream: Peer = {
  name: 'NATS JetStream, file storage',
  needs: 'nats-server',
  promise: "with the server and its file's cache; synced every two minutes",
  version: (signal) => versionOf('nats-server', ['--version'], signal),
  run,
};

async function run({ workload, directory, signal }: Attempt): Promise<Outcome> {
  const frame = (payload: string, lane: number) => publication(`events.p${lane}`, ACKS, payload);
  const { file } = await prepareAll(workload, 'nats.frames', frame);
  // lanes have one digit and lines one length
  const frameBytes = frame(workload.maker.line(0).slice(0, -1), 0).length;
  const args = ['--addr', '127.0.0.1', '--port', '-1', '--ports_file_dir', directory, '--jetstream', '--store_dir', directory];
  return withServer({ command: 'nats-server', args, connect: () => NatsClient.open(directory) }, signal, async (client) => {
    await client.ask(`$JS.API.STREAM.CREATE.${STREAM}`, { name: STREAM, subjects: ['events.*'], storage: 'file' });
    const began = performance.now();
    await client.publish(file, { count: workload.events, frameBytes });
    const ms = performance.now() - began;
    const { state } = (await client.ask(`$JS.API.STREAM.INFO.${STREAM}`, {})) as { state: { messages: number } };
    return { ms, stored: state.messages };
  });
}

function publication(subject: string, replyTo: string, payload: string): string {
  return `PUB ${subject} ${replyTo} ${payload.length}\r\n${payload}\r\n`;
}

/** As much of the client protocol as publishing takes: https://docs.nats.io/reference/reference-protocols/nats-protocol */
class NatsClient {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Fails until the server has written down its port and answers. */
  static async open(directory: string): Promise<NatsClient> {
    const ports = readdirSync(directory).find((name) => name.endsWith('.ports'));
    if (ports === undefined) throw new Error('no port yet');
    const { nats } = JSON.parse(readFileSync(join(directory, ports), 'utf8')) as { nats: readonly string[] };
    const { hostname, port } = new URL(nats[0] ?? '');
    const client = new NatsClient(await Connection.open({ host: hostname, port: Number(port), noDelay: true }));
    const ready = client.#lines((line) => line.toString('latin1') === 'PONG');
    client.#connection.write(`CONNECT {"verbose":false,"pedantic":false,"protocol":0}\r\nSUB ${ACKS} 1\r\nSUB ${ANSWERS} 2\r\nPING\r\n`);
    await ready;
    return client;
  }

  /** One request with its answer. */
  async ask(subject: string, question: object): Promise<{ error?: { description: string } }> {
    let answer = '';
    const received = this.#messages((payload) => {
      answer = payload.toString('utf8');
      return true;
    });
    this.#connection.write(publication(subject, ANSWERS, JSON.stringify(question)));
    await received;
    const document = JSON.parse(answer) as { error?: { description: string } };
    if (document.error !== undefined) throw new Error(`JetStream: ${document.error.description}`);
    return document;
  }

  /** Sends ready-made frames and waits until the last one is acknowledged. */
  async publish(file: string, { count, frameBytes }: { count: number; frameBytes: number }): Promise<void> {
    let acknowledged = 0;
    let sentBytes = 0;
    let refusal = '';
    let goOn: (() => void) | undefined;
    const isOpen = () => sentBytes - acknowledged * frameBytes < WINDOW * frameBytes;
    const received = this.#messages((payload) => {
      // {"stream":... or {"error":...
      if (payload[2] !== 0x73) refusal = payload.toString('utf8');
      acknowledged++;
      if (goOn !== undefined && isOpen()) goOn();
      return refusal !== '' || acknowledged === count;
    });
    const permit = (bytes: number): Promise<void> | undefined => {
      const held = isOpen() ? undefined : new Promise<void>((resolve) => (goOn = resolve));
      sentBytes += bytes;
      return held;
    };
    const sent = this.#connection.sendFile(file, { pieceBytes: frameBytes * FRAMES_PER_PIECE, permit });
    await Promise.race([received, sent.then(() => received)]);
    if (refusal !== '') throw new Error(`JetStream has refused an event: ${refusal}`);
  }

  close(): void {
    this.#connection.close();
  }

  /** Hands on the payload of each message until `handler` has all. */
  #messages(handler: (payload: Buffer) => boolean): Promise<void> {
    let isPayload = false;
    return this.#lines((line) => {
      if (isPayload) {
        isPayload = false;
        return handler(line);
      }
      const verb = line.toString('latin1', 0, 4);
      if (verb === 'PING') this.#connection.write('PONG\r\n');
      else if (verb === 'MSG ') isPayload = true;
      else if (verb === '-ERR') throw new Error(`NATS: ${line.toString('latin1')}`);
      return false;
    });
  }

  /** Payloads of a server are JSON without newlines, so all is lines. */
  #lines(handler: (line: Buffer) => boolean): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    return this.#connection.receive((piece) => {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let from = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
        const line = bytes.subarray(from, end - 1);
        from = end + 1;
        if (handler(line)) return true;
      }
      rest = bytes.subarray(from);
      return false;
    });
  }
}
