/** Writes the events as requests of a server's protocol, once, before any clock starts: the work of a client is not part of a server's speed. */

import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { laneOfTenants, PARTITIONS } from './lanes.ts';
import type { Workload } from './peer.ts';

const EVENTS_PER_PIECE = 4096;

export interface Requests {
  readonly file: string;
  readonly count: number;
}

/** One request: the event goes to the lane of its tenant. `payload` is ASCII without a newline. */
export type Encode = (payload: string, lane: number) => string;

/** Writes all events to one file of that name. */
export async function prepareAll(workload: Workload, name: string, encode: Encode): Promise<Requests> {
  return {
    file: await prepare(workload, { name, lanes: lanesOf(workload), wanted: null }, encode),
    count: workload.events,
  };
}

/** Writes the events of each lane to a separate file. */
export async function prepareLanes(workload: Workload, name: string, encode: Encode): Promise<Requests[]> {
  const lanes = lanesOf(workload);
  const requests: Requests[] = [];
  for (let lane = 0; lane < PARTITIONS; lane++) {
    const file = await prepare(workload, { name: `${name}.${lane}`, lanes, wanted: lane }, encode);
    requests.push({ file, count: lanes.reduce((sum, other) => (other === lane ? sum + 1 : sum), 0) });
  }
  return requests;
}

/** The lane of each event. */
function lanesOf({ events, maker }: Workload): Uint8Array {
  const laneOf = laneOfTenants();
  return Uint8Array.from({ length: events }, (_, number) => laneOf(`tenant-${maker.tenant(number)}`));
}

/** Returns the file, created if missing. `wanted`: only events of one lane. */
async function prepare(
  workload: Workload,
  what: { name: string; lanes: Uint8Array; wanted: number | null },
  encode: Encode,
): Promise<string> {
  const file = join(workload.prepared, what.name);
  if (!existsSync(file)) await pipeline(Readable.from(pieces(workload, what, encode)), createWriteStream(file));
  return file;
}

function* pieces(
  { events, maker }: Workload,
  { lanes, wanted }: { lanes: Uint8Array; wanted: number | null },
  encode: Encode,
): Generator<Buffer> {
  for (let from = 0; from < events; from += EVENTS_PER_PIECE) {
    let text = '';
    for (let number = from; number < Math.min(events, from + EVENTS_PER_PIECE); number++) {
      const lane = lanes[number] as number;
      if (wanted === null || lane === wanted) text += encode(maker.line(number).slice(0, -1), lane);
    }
    yield Buffer.from(text, 'latin1');
  }
}
