/** Names of a ledger's stream, subjects and bucket on a NATS server. No I/O. */

/** Name of a ledger: one token of a subject. */
export const LEDGER_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const TOPIC = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

export const streamOf = (name: string) => `cdex_${name}`;
export const bucketOf = (name: string) => `cdex_${name}`;
/** Every bucket is a stream; this is how the `nats` tool and all clients name it. */
export const bucketStreamOf = (name: string) => `KV_${bucketOf(name)}`;
export const subjectOf = (name: string, topic: string) => `cdex.${name}.${topic}`;
/** `key`: see {@link recordKeyOf}. */
export const recordSubjectOf = (name: string, key: string) => `$KV.${bucketOf(name)}.${key}`;

const TOKEN = /^[A-Za-z0-9_-]+$/;
/** Begins a token that is written in hexadecimal; keys of a bucket may have it. */
const HEX_MARK = '=';

/** A key of the bucket, one token for each part between dots: a part that is no token is written in hexadecimal. */
export function recordKeyOf(key: string): string {
  const parts = key.split('.');
  return parts.map((part) => (TOKEN.test(part) ? part : `${HEX_MARK}${Buffer.from(part).toString('hex')}`)).join('.');
}

/** Reverts {@link recordKeyOf}. */
export function keyOfRecord(text: string): string {
  const tokens = text.split('.');
  return tokens
    .map((token) => (token.startsWith(HEX_MARK) ? Buffer.from(token.slice(1), 'hex').toString('utf8') : token))
    .join('.');
}

/** The topic of a subject; empty if it is none that a ledger appends to. */
export function topicOf(name: string, subject: string): string {
  const prefix = subjectOf(name, '');
  const topic = subject.startsWith(prefix) ? subject.slice(prefix.length) : '';
  return TOPIC.test(topic) ? topic : '';
}

export const isTopic = (text: string) => TOPIC.test(text);
