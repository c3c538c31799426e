/** How the lines of an input are read, and the transforms of its bytes where they are not taken as they are. */

import { isUtf8 } from 'node:buffer';
import { CARRIAGE_RETURN, LINE_FEED } from '../../model/text/bytes.ts';

export interface LineReading {
  /** Lines of plain text: each becomes an event `{"message":..}`. */
  readonly isText: boolean;
  /** A carriage return before a line feed belongs to the line. */
  readonly keepsReturns: boolean;
}

/** The fields of the event of a line of text; the second one where its bytes are not UTF-8. */
export const TEXT_FIELDS: readonly string[] = ['message', 'bytes'];

export const AS_JSON: LineReading = { isText: false, keepsReturns: false };

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const RETURN = Buffer.from([CARRIAGE_RETURN]);
const END_OF_EVENT = '"}\n';

/**
 * Text as lines of JSON. Bytes that are not UTF-8 become U+FFFD, and the line gets its own bytes in base64 beside it, so that nothing is lost. A byte order
 * mark at the start is dropped. A line longer than `lineBytesMax` is not gathered: it is passed on piece by piece, for the reader to reject.
 */
export async function* textEvents(
  pieces: AsyncIterable<Buffer>,
  { keepsReturns }: LineReading,
  lineBytesMax: number,
): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let isStart = true;
  /** Within a line that is too long, whose beginning was passed on. */
  let isLong = false;
  for await (const piece of pieces) {
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    if (isStart && bytes.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.indexOf(bytes) === 0) {
      rest = bytes;
      continue;
    }
    if (isStart && bytes.indexOf(BYTE_ORDER_MARK) === 0) bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    isStart = false;
    if (isLong) {
      const end = bytes.indexOf(LINE_FEED);
      yield Buffer.from(escaped(bytes.subarray(0, end < 0 ? bytes.length : end)) + (end < 0 ? '' : END_OF_EVENT));
      isLong = end < 0;
      bytes = bytes.subarray(end < 0 ? bytes.length : end + 1);
    }
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield eventsOf(bytes.subarray(0, end - 1), keepsReturns);
    // a piece may be overwritten when the next one is asked for
    rest = Buffer.from(bytes.subarray(end));
    if (rest.length <= lineBytesMax) continue;
    yield Buffer.from(`{"message":"${escaped(rest)}`);
    isLong = true;
    rest = rest.subarray(rest.length);
  }
  if (isLong) yield Buffer.from(END_OF_EVENT);
  else if (rest.length > 0) yield eventsOf(rest, keepsReturns);
}

/** The events of lines that are separated by line feeds. */
function eventsOf(lines: Buffer, keepsReturns: boolean): Buffer {
  if (!isUtf8(lines)) return Buffer.concat([...linesOf(lines)].map((line) => eventOf(line, keepsReturns)));
  let events = '';
  for (const line of lines.toString('utf8').split('\n'))
    events += `{"message":${JSON.stringify(!keepsReturns && line.endsWith('\r') ? line.slice(0, -1) : line)}}\n`;
  return Buffer.from(events);
}

function* linesOf(lines: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start <= lines.length; ) {
    const feed = lines.indexOf(LINE_FEED, start);
    const end = feed < 0 ? lines.length : feed;
    yield lines.subarray(start, end);
    start = end + 1;
  }
}

function eventOf(line: Buffer, keepsReturns: boolean): Buffer {
  const text = !keepsReturns && line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  const original = isUtf8(text) ? '' : `,"bytes":"${text.toString('base64')}"`;
  return Buffer.from(`{"message":${JSON.stringify(text.toString('utf8'))}${original}}\n`);
}

function escaped(text: Buffer): string {
  return JSON.stringify(text.toString('utf8')).slice(1, -1);
}

/** Doubles each carriage return before a line feed or the end: a reader takes one of them as part of the line end. */
export async function* withReturns(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let endsInReturn = false;
  for await (const piece of pieces) {
    if (endsInReturn && piece[0] === LINE_FEED) yield RETURN;
    let start = 0;
    for (let feed = piece.indexOf('\r\n'); feed >= 0; feed = piece.indexOf('\r\n', feed + 1)) {
      yield piece.subarray(start, feed + 1);
      start = feed;
    }
    yield piece.subarray(start);
    endsInReturn = piece.at(-1) === CARRIAGE_RETURN;
  }
  if (endsInReturn) yield RETURN;
}
