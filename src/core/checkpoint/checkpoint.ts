/**
 * The text of a checkpoint as https://c2sp.org/tlog-checkpoint describes it: origin, size, hash, and extension lines. The size is the last sequence, the hash that
 * of the chain there. Pure.
 */

import type { Anchor } from '../model/events/head.ts';
import { formatTime, type Micros } from '../model/time/time.ts';
import { decodeBase64, isKeyName } from './note.ts';

export interface Checkpoint extends Anchor {
  /** Of the ledger. */
  readonly uuid: string;
  /** How many links of the chain are no commits: heads of one sequence are in the order of these. */
  readonly joints: number;
  /** When it was made, by the clock of the signer. */
  readonly time: Micros;
  /** What the hashes of the chain begin with: `completengine/1`, or `completengine/log/1` of a ledger in a log. */
  readonly format: string;
  /** SHA-256 of the text of the checkpoint before it in the same file, 64 lower-case hex digits; null if there was none. */
  readonly previous: string | null;
  /** Verifier key of the key that signs from here on; null where no key is replaced. */
  readonly nextKey: string | null;
}

const ORIGIN = 'completengine/';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COUNT = /^(?:0|[1-9][0-9]{0,15})$/;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;
const FORMAT = /^[a-z0-9][a-z0-9./-]{0,63}$/;
const HASH_BYTES = 32;

export function originOf(uuid: string): string {
  return ORIGIN + uuid;
}

export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { uuid, sequence, hash, joints, time, format, previous, nextKey } = checkpoint;
  const lines = [
    originOf(uuid),
    String(sequence),
    base64Of(hash),
    `joints ${joints}`,
    `time ${formatTime(time)}`,
    `format ${format}`,
  ];
  if (previous !== null) lines.push(`previous ${base64Of(previous)}`);
  if (nextKey !== null) lines.push(`next-key ${nextKey}`);
  return `${lines.join('\n')}\n`;
}

/** The checkpoint, or the fault in one clause. Extension lines that are not known are passed over. */
export function parseCheckpoint(text: string): Checkpoint | string {
  if (!text.endsWith('\n')) return 'it does not end with a line feed';
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n');
  const uuid = origin.slice(ORIGIN.length);
  if (!origin.startsWith(ORIGIN) || !UUID.test(uuid)) return 'its first line is not completengine/UUID';
  const sequence = countIn(size);
  if (sequence === null) return 'its second line is not a sequence';
  const hash = hexOf(root);
  if (hash === null) return 'its third line is not a hash in base64';
  const values = new Map<string, string>();
  for (const line of extensions) {
    const [word = ''] = line.split(' ', 1);
    if (word === '') return 'it has an empty line, or one that begins with a space';
    if (values.has(word)) return 'it has an extension line twice';
    values.set(word, line.slice(word.length + 1));
  }
  const joints = countIn(values.get('joints') ?? '');
  if (joints === null) return "its line 'joints' is missing, or not a number";
  const time = timeIn(values.get('time') ?? '');
  if (time === null) return "its line 'time' is missing, or not a time";
  const format = values.get('format') ?? '';
  if (!FORMAT.test(format)) return "its line 'format' is missing, or not the name of a format";
  const previous = values.has('previous') ? hexOf(values.get('previous') as string) : null;
  if (previous === null && values.has('previous')) return "its line 'previous' is not a hash in base64";
  const nextKey = values.get('next-key') ?? null;
  if (nextKey !== null && !isKeyName(nextKey.split('+', 1)[0] as string)) return "its line 'next-key' is not a key";
  return { uuid, sequence, hash, joints, time, format, previous, nextKey };
}

/** A place in a chain: heads of one sequence are in the order of their joints. */
export type ChainPlace = Pick<Checkpoint, 'sequence' | 'joints'>;

/** Order of two places in one chain: negative, zero or positive. */
export function comparePlaces(one: ChainPlace, other: ChainPlace): number {
  return one.sequence - other.sequence || one.joints - other.joints;
}

function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function hexOf(base64: string): string | null {
  const bytes = decodeBase64(base64);
  return bytes?.length === HASH_BYTES ? bytes.toString('hex') : null;
}

function countIn(text: string): number | null {
  const count = COUNT.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) ? count : null;
}

/** Only as `formatTime` writes it. */
function timeIn(text: string): Micros | null {
  const [, seconds, fraction] = TIME.exec(text) ?? [];
  const time = Date.parse(`${seconds}Z`) * 1000 + Number(fraction);
  return Number.isSafeInteger(time) && formatTime(time) === text ? time : null;
}
