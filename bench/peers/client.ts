/** A client as one writes it for a server: reads the lines, looks for the tenant in each, and sends a request an event, without waiting for replies. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PARTITIONS } from './peer.ts';
import type { Encode } from './prepare.ts';

const READ_BYTES = 1024 * 1024;

/** Whose work the time counts. */
export type Feed =
  /** The server's alone: the requests stand ready before the clock runs. */
  | 'ready-made'
  /** The client's too, from the lines on. */
  | 'from-lines';

/** Sends texts to the lane of that number; resolves when more may be sent. */
export type SendText = (lane: number, text: string) => Promise<void> | undefined;

export async function sendLines(input: string, encode: Encode, send: SendText): Promise<void> {
  const laneOf = laneOfTenants();
  let rest = '';
  for await (const piece of createReadStream(input, { highWaterMark: READ_BYTES, encoding: 'latin1' })) {
    const lines = (rest + (piece as string)).split('\n');
    rest = lines.pop() ?? '';
    const texts = new Array<string>(PARTITIONS).fill('');
    for (const line of lines) {
      const lane = laneOf((JSON.parse(line) as { tenant: string }).tenant);
      texts[lane] += encode(line, lane);
    }
    await Promise.all(texts.map((text, lane) => (text === '' ? undefined : send(lane, text))));
  }
}

/** As evenly as a hash spreads tenants; which hash it is does not matter here. */
export function laneOfTenants(): (tenant: string) => number {
  const known = new Map<string, number>();
  return (tenant) => {
    let lane = known.get(tenant);
    if (lane === undefined) {
      lane = createHash('sha256').update(tenant).digest().readUInt32BE(0) % PARTITIONS;
      known.set(tenant, lane);
    }
    return lane;
  };
}
