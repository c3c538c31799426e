/** The output forms of events as bytes: one line per event. */

import type { EventBatch } from '../model/events/event.ts';
import { LedgerEvent } from '../model/events/ledger-event.ts';
import { kindOf } from '../model/options/option-kinds.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { formatTime } from '../model/time/time.ts';

/** Facts of an event that its batch does not hold. */
export interface EventLabels {
  partitionName(id: PartitionId): string;
  /** Key that the router read or was given; null if there is none. */
  key(batch: EventBatch, at: number): string | null;
}

/**
 * Formats the events of a batch as lines, in pieces of whole lines, so that a large commit is never in memory as one
 * text.
 */
export type EventForm = (batch: EventBatch, labels: EventLabels) => Iterable<Buffer>;

export const FORM = kindOf<EventForm>('a form such as payloadForm', (value) => typeof value === 'function');

/** The lines of all batches, each formatted on demand: events before a corrupt batch are still printed. */
export function* piecesOf(
  batches: readonly EventBatch[],
  labels: EventLabels,
  form: EventForm,
): Generator<Buffer, void, undefined> {
  for (const batch of batches) {
    // do not read `count` here: it would decode the batch's columns
    for (const piece of form(batch, labels)) if (piece.length > 0) yield piece;
  }
}

/** The payloads, byte for byte as they were emitted. */
export const payloadForm: EventForm = (batch) => [batch.lines()];

/** A piece is emitted once it reaches this size, in bytes. */
const PIECE_BYTES = 128 * 1024;
/** Spare bytes for one more line, which usually fits. */
const PIECE_ROOM_BYTES = PIECE_BYTES + 16 * 1024;
/** Most UTF-8 bytes of one UTF-16 code unit. */
const UTF8_BYTES_MAX = 3;

/** Gathers lines, each of several parts, into pieces. */
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

/** The same piece, or a larger one with its content up to `end`. */
function withRoom(piece: Buffer, end: number, bytes: number): Buffer {
  if (piece.length - end >= bytes) return piece;
  const longer = Buffer.allocUnsafe(Math.max(piece.length * 2, end + bytes));
  piece.copy(longer, 0, 0, end);
  return longer;
}

/**
 * `{"sequence","partition","offset","time","key","payload"}`, the payload last and unchanged: `emit --envelope`
 * restores it byte for byte.
 */
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

/**
 * One event of a batch as an object. Its payload is copied, so that keeping the event does not keep the batch in
 * memory.
 */
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
