/** What the client writes to a server's socket: the same bytes, however large the messages are, without another copy of large bodies. */

import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connect, headers } from '../../src/core/ledger/nats/client.ts';
import { quick } from '../support/test-size.ts';

const INFO = { server_id: 'S', version: '2.15.1', proto: 1, headers: true, max_payload: 8 * 1024 * 1024 };
const PING = 'PING\r\n';

/** Greets, answers pings, and keeps what clients write. */
class Listener {
  #text = '';
  #answered = 0;
  readonly server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`INFO ${JSON.stringify(INFO)}\r\n`);
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      for (const pings = this.#text.split(PING).length - 1; this.#answered < pings; this.#answered++)
        socket.write('PONG\r\n');
    });
  }).listen(0, '127.0.0.1');

  /** What was written since it was last called. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    this.#answered = 0;
    return text;
  }
}

async function connected() {
  const listener = new Listener();
  await once(listener.server, 'listening');
  const client = await connect({ port: (listener.server.address() as { port: number }).port });
  onTestFinished(async () => {
    await client.close();
    listener.server.close();
  });
  listener.take();
  return { listener, client };
}

interface Published {
  readonly bytes: number;
  readonly hasHeaders: boolean;
  /** Whether the client may write what it has before the next message. */
  readonly isLast: boolean;
}

const published: fc.Arbitrary<Published> = fc.record({
  bytes: fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 65_530, max: 65_540 }),
    fc.integer({ min: 100_000, max: 1_048_576 }),
  ),
  hasHeaders: fc.boolean(),
  isLast: fc.boolean(),
});

function written({ bytes, hasHeaders }: Published, nth: number): string {
  const head = hasHeaders ? `NATS/1.0\r\nN: ${nth}\r\n\r\n` : '';
  const lengths = hasHeaders ? `${head.length} ${head.length + bytes}` : `${bytes}`;
  return `${hasHeaders ? 'HPUB' : 'PUB'} s.${nth} ${lengths}\r\n${head}${'x'.repeat(bytes)}\r\n`;
}

it('is every message in order, whole, whatever their sizes and however many are written together', async () => {
  const { listener, client } = await connected();
  await fc.assert(
    fc.asyncProperty(fc.array(published, { maxLength: 8 }), async (messages) => {
      for (const [nth, { bytes, hasHeaders, isLast }] of messages.entries()) {
        const numbered = headers();
        numbered.set('N', String(nth));
        client.publish(`s.${nth}`, Buffer.alloc(bytes, 'x'), hasHeaders ? { headers: numbered } : {});
        if (isLast) await Promise.resolve();
      }
      await client.flush();
      const expected = `${messages.map(written).join('')}${PING}`;
      const found = listener.take();
      expect(found.length).toBe(expected.length);
      expect(found === expected).toBe(true);
    }),
    { numRuns: quick(30, 300) },
  );
});

it('is a large body itself, and not a copy', async () => {
  const { client } = await connected();
  const writing = vi.spyOn(Socket.prototype, 'write');
  onTestFinished(() => writing.mockRestore());
  const body = Buffer.alloc(1_000_000, 'x');
  client.publish('s', body);
  await client.flush();
  expect(writing.mock.calls.some(([piece]) => piece === body)).toBe(true);
});
