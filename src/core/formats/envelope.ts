/** The format `envelope`: each payload unchanged, inside an object with the facts of its event. */

import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { formatTime } from '../model/time/time.ts';
import type { EventFormat } from './event-format.ts';
import { inPieces } from './pieces.ts';

/** `{"sequence","partition","offset","time","key","payload"}`; the payload is last and unchanged. */
export const envelope: EventFormat = {
  name: 'envelope',
  summary: 'with sequence, partition, offset, time and key',
  layout: { payload: ['payload'], time: ['time'] },
  lines: (batch, labels) => inPieces(envelopes(batch, labels)),
};

const LINE_END = '}\n';

function* envelopes(batch: EventBatch, labels: EventLabels): Generator<readonly (Buffer | string)[], void, undefined> {
  const { count, sequences, offsets, times } = batch;
  const nameOf = quotedNames(labels);
  for (let at = 0; at < count; at++) {
    const time = formatTime(times[at] as number);
    const partition = nameOf(batch.partition(at));
    const key = JSON.stringify(labels.key(batch, at));
    const head = `{"sequence":${sequences[at]},"partition":${partition},"offset":${offsets[at]},"time":"${time}","key":${key},"payload":`;
    yield [head, batch.payload(at), LINE_END];
  }
}

/**
 * Names of partitions as JSON strings. Each is escaped once, not per event: a name comes from the file and may hold any
 * character.
 */
function quotedNames(labels: EventLabels): (id: PartitionId) => string {
  const known = new Map<PartitionId, string>();
  return (id) => {
    const name = known.get(id) ?? JSON.stringify(labels.partitionName(id));
    known.set(id, name);
    return name;
  };
}
