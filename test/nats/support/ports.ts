/**
 * Ports for servers that are killed and started again. They lie below those that the system gives to outgoing connections, which would take one while its server is
 * dead, and are reserved against other test processes.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Linux gives 32768 to 60999 to connections. */
const FIRST = 20_000;
const COUNT = 12_000;

export interface ReservedPorts {
  readonly ports: readonly number[];
  release(): void;
}

/** @throws Error if there are fewer free ports */
export async function reservePorts(count: number): Promise<ReservedPorts> {
  const ports: number[] = [];
  const reservations: Server[] = [];
  const start = Math.floor(Math.random() * COUNT);
  for (let at = 0; ports.length < count; at++) {
    if (at === COUNT) throw new Error(`there are no ${count} free ports`);
    const port = FIRST + ((start + at) % COUNT);
    // a socket in Linux's abstract namespace: there is one of a name, and it ends with its process
    const reservation = await listening(`\0completengine-test-port-${port}`);
    if (reservation === null) continue;
    const server = await listening({ host: '127.0.0.1', port });
    server?.close();
    if (server === null) reservation.close();
    else {
      ports.push(port);
      reservations.push(reservation.unref());
    }
  }
  return { ports, release: () => reservations.forEach((reservation) => void reservation.close()) };
}

/** Null if somebody listens there. */
async function listening(place: string | { host: string; port: number }): Promise<Server | null> {
  const server = createServer();
  server.listen(place as string);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return null;
  }
}
