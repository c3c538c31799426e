/** Builds stored commits from the events that they shall contain. */

import { FrameBodyWriter } from '../../src/core/frames/frame-body.ts';
import type { StoredCommit, StoredFrame } from '../../src/core/model/events/commit.ts';

export interface Delivered {
  readonly sequence: number;
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly payload: string;
}

/** Builds one stored commit of these events: one frame per partition. */
export function storedOf(firstSequence: number, delivered: readonly Delivered[]): StoredCommit {
  const partitions = [...new Set(delivered.map(({ partition }) => partition))].sort((one, other) => one - other);
  const frames = partitions.map((partition): StoredFrame => {
    const mine = delivered.filter((event) => event.partition === partition);
    const [first, last] = [mine[0] as Delivered, mine.at(-1) as Delivered];
    const writer = new FrameBodyWriter();
    for (const { sequence, time, payload } of mine) {
      const bytes = Buffer.from(payload);
      writer.append(sequence - firstSequence, time - first.time, bytes, 0, bytes.length);
    }
    const times = { firstTime: first.time, lastTime: last.time };
    return {
      partition,
      sequence: firstSequence,
      offset: first.offset,
      count: mine.length,
      ...times,
      key: null,
      body: writer.take(),
    };
  });
  return { firstSequence, frames };
}
