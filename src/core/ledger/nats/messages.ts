/**
 * What servers deliver, as messages of the log. Any client may have published them: a subject, a header or a body that a ledger would not append becomes an empty
 * topic or header, never an error. Positions, times and sizes are the server's own and cannot be written by a publisher. No I/O.
 */

import { asBuffer } from '../../model/text/bytes.ts';
import type { Micros } from '../../model/time/time.ts';
import type { LogMessage } from '../log/ordered-log.ts';
import type { Msg, MsgHdrs } from './client.ts';
import { topicOf } from './names.ts';

/** The entry's header. */
export const LINK_HEADER = 'Cdex-Link';
/** Names one call of append, so that its copies are found in the log. */
export const COPY_HEADER = 'Cdex-Copy';
const SIZE_HEADER = 'Nats-Msg-Size';
const EMPTY = Buffer.alloc(0);
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header must not have
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/;

/** A message with the name of its copy; null if it has none. */
export interface StoredMessage {
  readonly message: LogMessage;
  readonly copy: string | null;
}

/** Where and when a consumer's message is stored. */
export interface MessagePlace {
  readonly consumer: string;
  readonly position: number;
  /** Counts the consumer's messages from 1. */
  readonly delivery: number;
  readonly storedAt: Micros;
  /** Messages behind this one that the consumer has still to deliver. */
  readonly pending: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<times>.<position>.<delivery>.<nanoseconds>.<pending>`, or, with domain and account before the stream,
 * the longer form of it. The client's own parser rounds the nanoseconds to 256. Null for anything else.
 */
export function messagePlace(reply: string): MessagePlace | null {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return null;
  const [consumer = '', , position, delivery, nanoseconds = '', pending] = tokens.slice(tokens.length === 9 ? 3 : 5);
  return {
    consumer,
    position: Number(position),
    delivery: Number(delivery),
    storedAt: Number(nanoseconds.slice(0, -3)),
    pending: Number(pending),
  };
}

/** `hasBody`: the message was delivered with it, and not its length alone. */
export function deliveredMessage(name: string, message: Msg, place: MessagePlace, hasBody: boolean): StoredMessage {
  const headers = readHeaders(() => message.headers);
  const body = hasBody ? asBuffer(message.data) : EMPTY;
  return storedMessage(headers, {
    topic: topicOf(name, message.subject),
    body,
    position: place.position,
    storedAt: place.storedAt,
    // the server's comes last, behind what a publisher may have written
    bodyBytes: hasBody ? body.length : Number(headers?.values(SIZE_HEADER).at(-1) ?? 0),
  });
}

/** An answer to `STREAM.MSG.GET`. */
export interface FetchedMessage {
  readonly subject: string;
  readonly seq: number;
  readonly time: string;
  /** Base64. */
  readonly hdrs?: string;
  readonly data?: string;
}

export function fetchedMessage(
  name: string,
  { subject, seq, time, hdrs, data }: FetchedMessage,
  decode: (bytes: Uint8Array) => MsgHdrs,
): StoredMessage {
  const body = data === undefined ? EMPTY : Buffer.from(data, 'base64');
  const headers = hdrs === undefined ? undefined : readHeaders(() => decode(Buffer.from(hdrs, 'base64')));
  return storedMessage(headers, {
    topic: topicOf(name, subject),
    body,
    position: seq,
    storedAt: serverTime(time),
    bodyBytes: body.length,
  });
}

/** RFC 3339 with up to nine digits, cut to microseconds as {@link messagePlace} does. */
export function serverTime(text: string): Micros {
  const [, seconds, fraction = ''] = /^([^.]*?)(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const zone = text.slice((seconds?.length ?? 0) + (fraction === '' ? 0 : fraction.length + 1));
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** Undefined if there are none, and if the client's parser throws. */
export function readHeaders(read: () => MsgHdrs | undefined): MsgHdrs | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function storedMessage(headers: MsgHdrs | undefined, message: Omit<LogMessage, 'header'>): StoredMessage {
  const [header, second] = headers?.values(LINK_HEADER) ?? [];
  const isUsable = header !== undefined && second === undefined && !UNPRINTABLE.test(header);
  return {
    message: { ...message, header: isUsable ? header : '' },
    copy: headers?.values(COPY_HEADER)[0] ?? null,
  };
}
