/**
 * The body of a frame: the events of one commit in one partition, as one JSON text
 * `[[dSequence,dTime,PAYLOAD],\n[...]]`. Encodes it, and finds the payloads in it by byte ranges; never parses or
 * rebuilds a payload. No I/O.
 */

import { asBuffer, byteAt, COMMA, isDigit, LINE_FEED, ZERO } from '../model/text/bytes.ts';

const OPEN = 0x5b;
const CLOSE = 0x5d;
/** `[` digits `,` digits `,` ... `]` and the comma and line feed between events: the most bytes around a payload. */
export const EVENT_BYTES_MAX = 40;
/** `[0,0,1],` and a line feed: the least that each event takes of a body, whose ends are counted with them. */
export const EVENT_BYTES_MIN = 9;

/**
 * Encodes the body of one frame into memory that grows with it. One writer serves many frames: `take` returns a copy.
 */
export class FrameBodyWriter {
  #memory = Buffer.allocUnsafe(64 * 1024);
  #end = 0;

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** Appends one event. Deltas are non-negative integers; the payload is copied from `source[start, end)`. */
  append(sequenceDelta: number, timeDelta: number, source: Buffer, start: number, end: number): void {
    this.#reserve(end - start + EVENT_BYTES_MAX);
    const memory = this.#memory;
    let at = this.#end;
    if (at === 0) {
      memory[at++] = OPEN;
    } else {
      memory[at++] = COMMA;
      memory[at++] = LINE_FEED;
    }
    memory[at++] = OPEN;
    at = writeInteger(memory, at, sequenceDelta);
    memory[at++] = COMMA;
    at = writeInteger(memory, at, timeDelta);
    memory[at++] = COMMA;
    at += source.copy(memory, at, start, end);
    memory[at++] = CLOSE;
    this.#end = at;
  }

  /** The finished body, in memory of its own; the writer is empty again. */
  take(): Buffer {
    this.#reserve(1);
    this.#memory[this.#end++] = CLOSE;
    const body = Buffer.allocUnsafeSlow(this.#end);
    this.#memory.copy(body, 0, 0, this.#end);
    this.#end = 0;
    return body;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#memory.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#memory.length * 2));
    this.#memory.copy(grown, 0, 0, this.#end);
    this.#memory = grown;
  }
}

function writeInteger(memory: Buffer, at: number, value: number): number {
  if (value < 10) {
    memory[at] = ZERO + value;
    return at + 1;
  }
  let digits = 1;
  for (let limit = 10; limit <= value; limit *= 10) digits++;
  let rest = value;
  for (let to = at + digits - 1; to >= at; to--) {
    const next = Math.floor(rest / 10);
    memory[to] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}

/** Called for each event of a body in order: its deltas and the bounds of its payload, half-open. */
export type FrameEventVisitor = (sequenceDelta: number, timeDelta: number, start: number, end: number) => void;

/**
 * Walks the events of a body. Returns null, or the fault of the body and its place; events before that place were
 * visited. Checks the frame's own syntax byte by byte, and does not read the payloads.
 */
export function walkFrameBody(bytes: Uint8Array, visit: FrameEventVisitor): string | null {
  const body = asBuffer(bytes);
  const length = body.length;
  if (length < 9 || byteAt(body, 0) !== OPEN || byteAt(body, length - 1) !== CLOSE) return 'the body is not a list';
  let at = 1;
  while (at < length) {
    let lineEnd = body.indexOf(LINE_FEED, at);
    const isLast = lineEnd < 0;
    // an event ends with `],\n`, the last one with `]]` at the end of the body
    if (isLast) lineEnd = length;
    const payloadEnd = lineEnd - 2;
    if (byteAt(body, at) !== OPEN) return `no event begins at byte ${at}`;
    at++;
    let sequenceDelta = 0;
    let timeDelta = 0;
    const sequenceStart = at;
    while (at < payloadEnd && isDigit(byteAt(body, at)))
      sequenceDelta = sequenceDelta * 10 + (byteAt(body, at++) - ZERO);
    if (at === sequenceStart || byteAt(body, at) !== COMMA) return `no sequence at byte ${sequenceStart}`;
    const timeStart = ++at;
    while (at < payloadEnd && isDigit(byteAt(body, at))) timeDelta = timeDelta * 10 + (byteAt(body, at++) - ZERO);
    if (at === timeStart || byteAt(body, at) !== COMMA) return `no time at byte ${timeStart}`;
    at++;
    if (
      at >= payloadEnd ||
      byteAt(body, payloadEnd) !== CLOSE ||
      byteAt(body, payloadEnd + 1) !== (isLast ? CLOSE : COMMA)
    ) {
      return `the event at byte ${sequenceStart} does not end`;
    }
    visit(sequenceDelta, timeDelta, at, payloadEnd);
    if (isLast) return null;
    at = lineEnd + 1;
  }
  return 'the last event is missing';
}
