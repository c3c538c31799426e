/** Builds drafts as emission does, from the events of a test, and reads events back. */

import { EventColumns } from '../../src/core/frames/event-columns.ts';
import { FrameBodyWriter } from '../../src/core/frames/frame-body.ts';
import type { Basis, CommitDraft, FrameDraft, ProducerStep, UniqueId } from '../../src/core/model/events/commit.ts';
import type { History } from '../../src/core/model/events/history.ts';
import type { SequenceRange } from '../../src/core/model/events/range.ts';
import { NO_PIN_CHANGES, type PinChanges } from '../../src/core/model/routing/session-pins.ts';

export interface DraftEvent {
  readonly partition: number;
  readonly time: number;
  readonly payload: string;
}

export interface DraftOptions {
  readonly producer?: ProducerStep;
  readonly ids?: readonly UniqueId[];
  readonly pins?: PinChanges;
  /** All events have one arrival time, which may be raised. */
  readonly hasArrivalTime?: boolean;
  /** Whether an event before the head makes a conflict in every ledger. */
  readonly isLateRefused?: boolean;
  readonly sentTo?: number;
}

/** Follows every payload, so that bodies are large enough to be compressed where the ledger compresses. */
const PADDING = ' '.repeat(512);

/** `events` in the order of their sequences; their times must not decrease. */
export function draftOf(basis: Basis, events: readonly DraftEvent[], options: DraftOptions = {}): CommitDraft {
  const partitions = [...new Set(events.map(({ partition }) => partition))].sort((one, other) => one - other);
  const frames = partitions.map((partition): FrameDraft => {
    const mine = events.map((event, at) => ({ ...event, at })).filter((event) => event.partition === partition);
    const [firstTime, lastTime] = [mine[0]?.time as number, mine.at(-1)?.time as number];
    const writer = new FrameBodyWriter();
    for (const { at, time, payload } of mine) {
      const bytes = Buffer.from(payload + PADDING);
      writer.append(at, time - firstTime, bytes, 0, bytes.length);
    }
    return { partition, count: mine.length, firstTime, lastTime, key: null, body: writer.take() };
  });
  return {
    epoch: basis.epoch.epoch,
    count: events.length,
    firstTime: events[0]?.time as number,
    lastTime: events.at(-1)?.time as number,
    hasArrivalTime: options.hasArrivalTime ?? false,
    isLateRefused: options.isLateRefused ?? false,
    frames,
    committedAt: events[0]?.time as number,
    isClockTrusted: true,
    producer: options.producer ?? null,
    ids: options.ids ?? [],
    pins: options.pins ?? NO_PIN_CHANGES,
    sentTo: options.sentTo ?? null,
  };
}

export interface ReadEvent extends DraftEvent {
  readonly sequence: number;
  readonly offset: number;
}

/** All events of the range, page by page. Default: to the head, verified. */
export async function readAll(
  history: History,
  asked?: SequenceRange,
  partitions: readonly number[] | null = null,
  verify = true,
): Promise<ReadEvent[]> {
  const range = asked ?? { from: 1, through: (await history.head()).sequence };
  const events: ReadEvent[] = [];
  for await (const page of history.pages({ range, partitions, verify })) {
    for (const commit of page.commits) {
      const columns = EventColumns.of(commit, range);
      for (let at = 0; at < columns.count; at++) {
        const { body, partition } = columns.frame(at);
        events.push({
          sequence: columns.sequences[at] as number,
          offset: columns.offsets[at] as number,
          time: columns.times[at] as number,
          partition,
          payload: body.toString('utf8', columns.start(at), columns.end(at) - PADDING.length),
        });
      }
    }
  }
  return events;
}
