/** The forms in which events leave as bytes: one line each. */

import type { EventBatch } from '../model/events/event.ts';
import { LedgerEvent } from '../model/events/ledger-event.ts';
import { kindOf } from '../model/options/option-kinds.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { formatTime } from '../model/time/time.ts';

/** What a batch does not know of its events by itself. */
export interface EventLabels {
  partitionName(id: PartitionId): string;
  /** The key the router read, or was given; null where there is none. */
  key(batch: EventBatch, at: number): string | null;
}

/** Writes the events of a batch as lines, in pieces of whole lines: those of a large commit need not be in memory together. */
export type EventForm = (batch: EventBatch, labels: EventLabels) => Iterable<Buffer>;

export const FORM = kindOf<EventForm>('a form such as payloadForm', (value) => typeof value === 'function');

/** The lines of all batches, each formed when it is asked for: what stands before a batch that is broken is told. */
export function* piecesOf(
  batches: readonly EventBatch[],
  labels: EventLabels,
  form: EventForm,
): Generator<Buffer, void, undefined> {
  for (const batch of batches) {
    // how many events a batch holds is not asked for: its columns would have to be made to tell
    for (const piece of form(batch, labels)) if (piece.length > 0) yield piece;
  }
}

/** The payloads as they came in. */
export const payloadForm: EventForm = (batch) => [batch.lines()];

/** A piece is handed on when it has grown to this. */
const PIECE_BYTES = 128 * 1024;
/** Room for a line behind that, as a rule. */
const PIECE_ROOM_BYTES = PIECE_BYTES + 16 * 1024;
/** Most bytes of one character of a string. */
const UTF8_BYTES_MAX = 3;

/** Gathers lines, each of some parts, into pieces. */
export function* inPieces(lines: Iterable<readonly (Buffer | string)[]>): Generator<Buffer, void, undefined> {
  let piece: Buffer = Buffer.allocUnsafe(PIECE_ROOM_BYTES);
  let end = 0;
  for (const line of lines) {
    for (const part of line) {
      const isText = typeof part === 'string';
      piece = withRoom(piece, end, isText ? part.length * UTF8_BYTES_MAX : part.length);
      end += isText ? piece.write(part, end) : part.copy(piece, end);
    }
    if (end < PIECE_BYTES) continue;
    yield piece.subarray(0, end);
    piece = Buffer.allocUnsafe(PIECE_ROOM_BYTES);
    end = 0;
  }
  if (end > 0) yield piece.subarray(0, end);
}

/** The same piece, or a longer one with what it holds up to `end`. */
function withRoom(piece: Buffer, end: number, bytes: number): Buffer {
  if (piece.length - end >= bytes) return piece;
  const longer = Buffer.allocUnsafe(Math.max(piece.length * 2, end + bytes));
  piece.copy(longer, 0, 0, end);
  return longer;
}

/** `{"sequence","partition","offset","time","key","payload"}`, the payload last and as it is: `emit --envelope` takes it back to the byte. */
export const envelopeForm: EventForm = (batch, labels) => inPieces(envelopes(batch, labels));

const ENVELOPE_END = '}\n';

function* envelopes(batch: EventBatch, labels: EventLabels): Generator<readonly (Buffer | string)[], void, undefined> {
  const { count, sequences, offsets, times } = batch;
  const nameOf = quotedNames(labels);
  for (let at = 0; at < count; at++) {
    const time = formatTime(times[at] as number);
    const partition = nameOf(batch.partition(at));
    const key = JSON.stringify(labels.key(batch, at));
    const head = `{"sequence":${sequences[at]},"partition":${partition},"offset":${offsets[at]},"time":"${time}","key":${key},"payload":`;
    yield [head, batch.payload(at), ENVELOPE_END];
  }
}

/** Names of partitions as JSON, each escaped once and not for every event: a name comes from the file and could hold anything. */
function quotedNames(labels: EventLabels): (id: PartitionId) => string {
  const known = new Map<PartitionId, string>();
  return (id) => {
    const name = known.get(id) ?? JSON.stringify(labels.partitionName(id));
    known.set(id, name);
    return name;
  };
}

/** One event of a batch as an object, its payload in memory of its own: whoever keeps the event keeps nothing else. */
export function toEvent(batch: EventBatch, at: number, labels: EventLabels): LedgerEvent {
  return new LedgerEvent({
    sequence: batch.sequences[at] as number,
    partition: labels.partitionName(batch.partition(at)),
    offset: batch.offsets[at] as number,
    time: batch.times[at] as number,
    key: labels.key(batch, at),
    payload: Buffer.from(batch.payload(at)),
  });
}
