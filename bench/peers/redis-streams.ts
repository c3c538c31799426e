/**
 * Redis Streams with an append-only file: XADD to a stream per partition, each over a unix socket of its own, pipelined without any waiting. One socket
 * for all would be served a few kilobytes at a time, and with `always` each time is a sync.
 */

import { join } from 'node:path';
import { Connection } from './connection.ts';
import { type Attempt, type Outcome, PARTITIONS, type Peer } from './peer.ts';
import { prepareLanes, type Requests } from './prepare.ts';
import { versionOf, withServer } from './programs.ts';

const CR = 13;
const LF = 10;
const MINUS = 45;
const COLON = 58;

const PROMISES = {
  everysec: 'in memory and written; synced once a second',
  always: 'synced before the reply',
} as const;

export function redisStreams(appendfsync: keyof typeof PROMISES): Peer {
  return {
    name: `Redis Streams, appendfsync ${appendfsync}`,
    needs: 'redis-server',
    promise: PROMISES[appendfsync],
    version: (signal) => versionOf('redis-server', ['--version'], signal),
    run: (attempt) => run(attempt, appendfsync),
  };
}

async function run({ workload, directory, signal }: Attempt, appendfsync: string): Promise<Outcome> {
  const lanes = await prepareLanes(workload, 'redis.requests', (payload, lane) => command('XADD', stream(lane), '*', 'event', payload));
  const socket = join(directory, 'redis.sock');
  const settings = { port: 0, unixsocket: socket, dir: directory, save: '', appendonly: 'yes', appendfsync, 'auto-aof-rewrite-percentage': 0 };
  const connect = () => Connection.open({ path: socket });
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return withServer({ command: 'redis-server', args, connect }, signal, async (connection) => {
    const connections = await Promise.all(lanes.map(connect));
    const began = performance.now();
    await Promise.all(connections.map((lane, at) => emit(lane, lanes[at] as Requests)));
    const ms = performance.now() - began;
    for (const lane of connections) lane.close();
    return { ms, stored: await countStored(connection) };
  });
}

const stream = (lane: number) => `events:p${lane}`;

/** Of ASCII alone. */
function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

async function emit(connection: Connection, { file, count }: Requests): Promise<void> {
  if (count > 0) await Promise.all([receiveReplies(connection, count), connection.sendFile(file)]);
}

/** Each reply to an XADD is the new id as a bulk string: two lines. A line with a minus in front is an error. */
function receiveReplies(connection: Connection, replies: number): Promise<void> {
  let lines = 0;
  let last = LF;
  let isRefused = false;
  return connection
    .receive((piece) => {
      for (const byte of piece) {
        if (byte === LF) lines++;
        else if (last === LF && byte === MINUS) isRefused = true;
        last = byte;
      }
      return isRefused || lines >= replies * 2;
    })
    .then(() => {
      if (isRefused) throw new Error('Redis has refused an XADD');
    });
}

/** The lengths of all streams. */
async function countStored(connection: Connection): Promise<number> {
  let stored = 0;
  for (let lane = 0; lane < PARTITIONS; lane++) {
    let reply = Buffer.alloc(0);
    const received = connection.receive((piece) => {
      reply = Buffer.concat([reply, piece]);
      return reply.at(-1) === LF && reply.at(-2) === CR;
    });
    connection.write(command('XLEN', stream(lane)));
    await received;
    stored += reply[0] === COLON ? Number(reply.toString('latin1', 1)) : 0;
  }
  return stored;
}
