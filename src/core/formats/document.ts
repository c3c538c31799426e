/**
 * Documents: what one output holds, from a format's `begin` to its `end`. A document that is written by several runs
 * has one `begin` and one `end`.
 */

import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { EventFormat } from './event-format.ts';
import type { PieceMemory } from './pieces.ts';

/** The lines of all batches, each formatted on demand: events before a corrupt batch are still printed. */
function* piecesOf(
  batches: readonly EventBatch[],
  labels: EventLabels,
  format: EventFormat,
  memory?: PieceMemory,
): Generator<Buffer, void, undefined> {
  for (const batch of batches) {
    // do not read `count` here: it would decode the batch's columns
    for (const piece of format.lines(batch, labels, memory)) if (piece.length > 0) yield piece;
  }
}

/** A whole document of these batches, which is empty if they have no events. */
export function* documentOf(
  batches: readonly EventBatch[],
  labels: EventLabels,
  format: EventFormat,
): Generator<Buffer, void, undefined> {
  const document = new OpenDocument(format);
  yield* document.add(batches, labels);
  if (document.isBegun) yield* document.end();
}

/** A document that grows delivery by delivery. After its end a new one begins. */
export class OpenDocument {
  readonly #format: EventFormat;
  #isBegun = false;

  constructor(format: EventFormat) {
    this.#format = format;
  }

  /** Whether `begin`, if the format has one, and at least one event were written. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Nothing precedes the first event: a run that delivers none has not begun its document. */
  *add(batches: readonly EventBatch[], labels: EventLabels, memory?: PieceMemory): Generator<Buffer, void, undefined> {
    for (const piece of piecesOf(batches, labels, this.#format, memory)) {
      if (!this.#isBegun) yield* this.#begin();
      yield piece;
    }
  }

  *end(): Generator<Buffer, void, undefined> {
    if (!this.#isBegun) yield* this.#begin();
    yield* textOf(this.#format.end);
    this.#isBegun = false;
  }

  *#begin(): Generator<Buffer, void, undefined> {
    this.#isBegun = true;
    yield* textOf(this.#format.begin);
  }
}

function* textOf(text: string | undefined): Generator<Buffer, void, undefined> {
  if (text !== undefined && text !== '') yield Buffer.from(text);
}

/** The format for a run that continues the document of an earlier one: without `begin`. */
export function continued(format: EventFormat): EventFormat {
  return { ...format, begin: undefined };
}
