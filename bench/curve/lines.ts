/** Writes the inputs: lines of a fixed length, the same in every run. */

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes of a small event with its newline: about the least that has a time, a key and a value. */
export const LINE_BYTES = 45;
export const KEY_FIELD = 'k';
export const TIME_FIELD = 't';
/** A millisecond from one event to the next: the events of a second. */
export const EVENTS_PER_SECOND = 1000;
/** 2024-01-01: in the past of any plausible clock. */
const FIRST_TIME = 1_704_067_200_000;

const KEYS = 1000;
/** Lines of one piece: their last digits stay as they are. */
const PIECE = 10_000;
const CHUNK_BYTES = 1024 * 1024;
/** Where the digits of a line's time begin that differ from piece to piece, and how many there are. */
const TIME_AT = `{"${TIME_FIELD}":`.length;
const TIME_DIGITS = 9;

/** As `--from` takes it. */
export function timeOfEvent(number: number): string {
  return new Date(FIRST_TIME + number).toISOString();
}

/** Writes `count` small events, the first with the number `from`. A hundred million take some seconds: a line is not made, only its time is changed. */
export async function writeEvents(file: string, count: number, signal: AbortSignal, from = 0): Promise<void> {
  if (from % PIECE !== 0) throw new Error(`the first number, ${from}, is no multiple of ${PIECE}`);
  await pipeline(Readable.from(pieces(from, count)), createWriteStream(file), { signal });
}

function* pieces(from: number, count: number): Generator<Buffer> {
  const lines = Array.from({ length: Math.min(PIECE, count) }, (_, nth) => line(nth)).join('');
  for (let done = 0; done < count; done += PIECE) {
    const piece = Buffer.from(lines, 'latin1').subarray(0, Math.min(PIECE, count - done) * LINE_BYTES);
    const digits = Buffer.from(String((FIRST_TIME + from + done) / PIECE), 'latin1');
    for (let at = TIME_AT; at < piece.length; at += LINE_BYTES) digits.copy(piece, at, 0, TIME_DIGITS);
    yield piece;
  }
}

/** `{"t":1704067200000,"k":"k000","n":"00000000"}` */
function line(nth: number): string {
  const key = String((nth * 7919) % KEYS).padStart(3, '0');
  return `{"${TIME_FIELD}":${FIRST_TIME + nth},"${KEY_FIELD}":"k${key}","n":"${String(nth).padStart(7, '0')}"}\n`;
}

const EMPTY_PAYLOAD = `{"${KEY_FIELD}":"00","p":""}`.length;
/** The shortest payload that has a key. */
const PAYLOAD_BYTES_MIN = `{"${KEY_FIELD}":"00"}`.length;
const TEXT = 'the quick brown fox jumps over the lazy dog, ';

/** Writes `count` payloads of this many bytes each, without the newline. */
export async function writePayloads(file: string, bytes: number, count: number, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(payloads(bytes, count)), createWriteStream(file), { signal });
}

function* payloads(bytes: number, count: number): Generator<string> {
  const pad = TEXT.repeat(Math.ceil(bytes / TEXT.length));
  const lines = Array.from({ length: 100 }, (_, key) => {
    const text = `{"${KEY_FIELD}":"${String(key).padStart(2, '0')}"`;
    return bytes < EMPTY_PAYLOAD
      ? `${text}${' '.repeat(bytes - PAYLOAD_BYTES_MIN)}}\n`
      : `${text},"p":"${pad.slice(0, bytes - EMPTY_PAYLOAD)}"}\n`;
  });
  let piece = '';
  for (let nth = 0; nth < count; nth++) {
    piece += lines[nth % lines.length];
    if (piece.length < CHUNK_BYTES) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
