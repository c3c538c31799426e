/** A typical client of a server: reads the lines, finds the tenant of each, and pipelines one request per event without waiting for replies. */

import { createReadStream } from 'node:fs';
import { laneOfTenants, PARTITIONS } from './lanes.ts';
import type { Encode } from './prepare.ts';

const READ_BYTES = 1024 * 1024;

/** Sends texts to the lane of this number; resolves when more may be sent. */
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
