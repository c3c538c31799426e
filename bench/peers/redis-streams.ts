/**
 * Redis Streams with an append-only file: XADD to a stream per partition, each over a separate unix socket, fully pipelined. Redis would serve one
 * shared socket a few kilobytes at a time, and with `always` each time is a sync.
 */

import { join } from 'node:path';
import { sendLines } from './client.ts';
import { Connection } from './connection.ts';
import { PARTITIONS } from './lanes.ts';
import { type Attempt, FEEDS, type Feed, type Outcome, type Peer, type Workload } from './peer.ts';
import { type Encode, prepareLanes, type Requests } from './prepare.ts';
import { versionOf, withServer } from './programs.ts';

const CR = 13;
const LF = 10;
const MINUS = 45;
const COLON = 58;
const END = 'that was all';

const PROMISES = {
  everysec: 'in memory and written; synced once per second',
  always: 'synced before the reply',
} as const;

export function redisStreams(appendfsync: keyof typeof PROMISES, feed: Feed): Peer {
  return {
    name: `Redis Streams, appendfsync ${appendfsync}, ${FEEDS[feed]}`,
    needs: 'redis-server',
    promise: PROMISES[appendfsync],
    version: (signal) => versionOf('redis-server', ['--version'], signal),
    run: (attempt) => run(attempt, appendfsync, feed),
  };
}

const encode: Encode = (payload, lane) => command('XADD', stream(lane), '*', 'event', payload);

async function run({ workload, directory, signal }: Attempt, appendfsync: string, feed: Feed): Promise<Outcome> {
  const ready = feed === 'ready-made' ? await prepareLanes(workload, 'redis.requests', encode) : null;
  const socket = join(directory, 'redis.sock');
  const settings = {
    port: 0,
    unixsocket: socket,
    dir: directory,
    save: '',
    appendonly: 'yes',
    appendfsync,
    'auto-aof-rewrite-percentage': 0,
  };
  const connect = () => Connection.open({ path: socket });
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return withServer({ command: 'redis-server', args, connect }, signal, async (connection) => {
    const connections = await Promise.all(Array.from({ length: PARTITIONS }, connect));
    const began = performance.now();
    if (ready === null) await emitLines(connections, workload);
    else await Promise.all(connections.map((lane, at) => emitReady(lane, ready[at] as Requests)));
    const ms = performance.now() - began;
    for (const lane of connections) lane.close();
    return { ms, stored: await countStored(connection) };
  });
}

const stream = (lane: number) => `events:p${lane}`;

/** For ASCII only. */
function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

async function emitReady(connection: Connection, { file, count }: Requests): Promise<void> {
  if (count > 0) await Promise.all([receiveReplies(connection, count), connection.sendFile(file)]);
}

/** The number of replies is known only when all requests are sent, so an ECHO after them marks the end. */
async function emitLines(connections: readonly Connection[], { input }: Workload): Promise<void> {
  const replies = connections.map(receiveUntilEcho);
  const sent = sendLines(input, encode, (lane, text) => connections[lane]?.send(text)).then(() => {
    for (const connection of connections) connection.write(command('ECHO', END));
  });
  await Promise.all([sent, ...replies]);
}

/** Replies to XADD, then the end. */
function receiveUntilEcho(connection: Connection): Promise<void> {
  const end = Buffer.from(`${END}\r\n`);
  let tail = Buffer.alloc(0);
  return connection.receive((piece) => {
    tail = Buffer.concat([tail, piece.subarray(-end.length)]).subarray(-end.length);
    if (piece.includes('\n-') || piece[0] === MINUS) throw new Error('Redis rejected an XADD');
    return tail.equals(end);
  });
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
      if (isRefused) throw new Error('Redis rejected an XADD');
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
