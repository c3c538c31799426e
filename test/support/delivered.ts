/** Replays a ledger in a format and returns what is written. */

import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Completengine, type EventFormat, type ReplayOptions, StreamSink } from '../../src/index.ts';

/** The whole document. */
export async function delivered(engine: Completengine, format: EventFormat, options?: ReplayOptions): Promise<Buffer> {
  const stream = new PassThrough();
  const output = buffer(stream);
  const sink = new StreamSink(stream, format);
  await engine.replay(options).deliver({ deliver: (page, labels) => sink.deliver(page, labels) });
  await sink.end();
  stream.end();
  return output;
}
