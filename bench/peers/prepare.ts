/** Writes the events as the bytes that a server's protocol wants, once and before any clock runs: a client's own work is no part of a server's speed. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { PARTITIONS, type Workload } from './peer.ts';

const EVENTS_PER_PIECE = 4096;

/** One request: the event goes to the lane of its tenant. `payload` is ASCII without a newline. */
export type Encode = (payload: string, lane: number) => string;

/** Returns `file`, which is made if it is not there. */
export async function prepare({ events, maker }: Workload, file: string, encode: Encode): Promise<string> {
  if (existsSync(file)) return file;
  const lanes = new Map<number, number>();
  const stream = createWriteStream(file);
  for (let from = 0; from < events; from += EVENTS_PER_PIECE) {
    let text = '';
    for (let number = from; number < Math.min(events, from + EVENTS_PER_PIECE); number++) {
      text += encode(maker.line(number).slice(0, -1), laneOf(maker.tenant(number), lanes));
    }
    if (!stream.write(text, 'latin1')) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
  return file;
}

/** As evenly as a hash spreads tenants; which hash it is does not matter here. */
function laneOf(tenant: number, lanes: Map<number, number>): number {
  let lane = lanes.get(tenant);
  if (lane === undefined) {
    lane = createHash('sha256').update(`tenant-${tenant}`).digest().readUInt32BE(0) % PARTITIONS;
    lanes.set(tenant, lane);
  }
  return lane;
}
