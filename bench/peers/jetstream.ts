/** NATS JetStream: a stream with file storage and a subject per partition. Publishes asynchronously, and waits for all acknowledgements at the end. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendLines } from './client.ts';
import { Connection } from './connection.ts';
import { type Attempt, FEEDS, type Feed, type Outcome, type Peer } from './peer.ts';
import { type Encode, prepareAll } from './prepare.ts';
import { versionOf, withServer } from './programs.ts';

const STREAM = 'EVENTS';
const ACKS = '_INBOX.peers.ack';
const ANSWERS = '_INBOX.peers.answer';
/** Maximum publications in flight; the bench of NATS uses 500. */
const WINDOW = 4096;
const FRAMES_PER_PIECE = 256;

export function jetstream(feed: Feed): Peer {
  return {
    name: `NATS JetStream, file storage, ${FEEDS[feed]}`,
    needs: 'nats-server',
    promise: "with the server and its file's cache; synced every two minutes",
    version: (signal) => versionOf('nats-server', ['--version'], signal),
    run: (attempt) => run(attempt, feed),
  };
}

const frame: Encode = (payload, lane) => publication(`events.p${lane}`, ACKS, payload);

async function run({ workload, directory, signal }: Attempt, feed: Feed): Promise<Outcome> {
  const ready = feed === 'ready-made' ? await prepareAll(workload, 'nats.frames', frame) : null;
  // lane numbers have one digit, and all lines the same length
  const frameBytes = frame(workload.maker.line(0).slice(0, -1), 0).length;
  const args = [
    '--addr',
    '127.0.0.1',
    '--port',
    '-1',
    '--ports_file_dir',
    directory,
    '--jetstream',
    '--store_dir',
    directory,
  ];
  return withServer(
    { command: 'nats-server', args, connect: () => NatsClient.open(directory) },
    signal,
    async (client) => {
      await client.ask(`$JS.API.STREAM.CREATE.${STREAM}`, { name: STREAM, subjects: ['events.*'], storage: 'file' });
      const began = performance.now();
      const publications = { count: workload.events, frameBytes };
      if (ready === null) await client.publishLines(workload.input, publications);
      else await client.publish(ready.file, publications);
      const ms = performance.now() - began;
      const { state } = (await client.ask(`$JS.API.STREAM.INFO.${STREAM}`, {})) as { state: { messages: number } };
      return { ms, stored: state.messages };
    },
  );
}

function publication(subject: string, replyTo: string, payload: string): string {
  return `PUB ${subject} ${replyTo} ${payload.length}\r\n${payload}\r\n`;
}

interface Publications {
  readonly count: number;
  readonly frameBytes: number;
}

type Permit = (bytes: number) => Promise<void>;

/** The part of the client protocol that publishing needs: https://docs.nats.io/reference/reference-protocols/nats-protocol */
class NatsClient {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Fails until the server has published its port and answers. */
  static async open(directory: string): Promise<NatsClient> {
    const ports = readdirSync(directory).find((name) => name.endsWith('.ports'));
    if (ports === undefined) throw new Error('no port yet');
    const { nats } = JSON.parse(readFileSync(join(directory, ports), 'utf8')) as { nats: readonly string[] };
    const { hostname, port } = new URL(nats[0] ?? '');
    const client = new NatsClient(await Connection.open({ host: hostname, port: Number(port), noDelay: true }));
    const ready = client.#lines((line) => line.toString('latin1') === 'PONG');
    client.#connection.write(
      `CONNECT {"verbose":false,"pedantic":false,"protocol":0}\r\nSUB ${ACKS} 1\r\nSUB ${ANSWERS} 2\r\nPING\r\n`,
    );
    await ready;
    return client;
  }

  /** Sends one request and returns its answer. */
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
  publish(file: string, publications: Publications): Promise<void> {
    return this.#publish(publications, (permit) =>
      this.#connection.sendFile(file, { pieceBytes: publications.frameBytes * FRAMES_PER_PIECE, permit }),
    );
  }

  /** Sends frames that it builds from lines. */
  publishLines(input: string, publications: Publications): Promise<void> {
    return this.#publish(publications, (permit) =>
      sendLines(input, frame, async (_, text) => {
        await permit(text.length);
        await this.#connection.send(text);
      }),
    );
  }

  /** Resolves when the last one is acknowledged; `permit` delays a sender that is too far ahead. */
  async #publish({ count, frameBytes }: Publications, send: (permit: Permit) => Promise<void>): Promise<void> {
    let acknowledged = 0;
    let sentBytes = 0;
    let refusal = '';
    let waiting: (() => void)[] = [];
    const isOpen = () => sentBytes - acknowledged * frameBytes < WINDOW * frameBytes;
    const received = this.#messages((payload) => {
      // {"stream":... or {"error":...
      if (payload[2] !== 0x73) refusal = payload.toString('utf8');
      acknowledged++;
      if (waiting.length > 0 && isOpen()) {
        for (const goOn of waiting) goOn();
        waiting = [];
      }
      return refusal !== '' || acknowledged === count;
    });
    const permit: Permit = async (bytes) => {
      // data in the send buffer is not sent yet, and counts only when sent
      while (!isOpen()) await new Promise<void>((resolve) => waiting.push(resolve));
      sentBytes += bytes;
    };
    const sent = send(permit);
    await Promise.race([received, sent.then(() => received)]);
    if (refusal !== '') throw new Error(`JetStream rejected an event: ${refusal}`);
  }

  close(): void {
    this.#connection.close();
  }

  /** Passes the payload of each message to `handler` until that returns true. */
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

  /** The payloads of the server are JSON without newlines, so everything is lines. */
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
