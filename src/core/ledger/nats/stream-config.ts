/** The settings of a ledger's stream: what is asked for, and the comparison with what the server has. Pure. */

import { bucketOf, bucketStreamOf, recordSubjectOf, streamOf, subjectOf } from './names.ts';

export type StreamConfig = Readonly<Record<string, unknown>>;

/** The least that servers allow as a name for "off": 0 means two minutes, of memory for every message id. */
const DUPLICATE_WINDOW_NANOS = 100_000_000;
/** Written into the stream where the server keeps such notes (2.10). */
const FORMAT_KEY = 'completengine.format';
const FORMAT = '1';

/** An operator may change these; nothing that a ledger relies on depends on them. */
const FREE_FIELDS = new Set(['num_replicas', 'max_bytes', 'placement', 'description', 'compression']);

export interface LogSettings {
  readonly replicas: number;
  /** Most bytes of a copy; -1: no limit. */
  readonly bytesMax: number;
  /** Whether several messages can be appended together. */
  readonly isAtomic: boolean;
}

/** What both streams of a ledger have alike: no message is dropped by age or number, and none can be deleted. */
const KEPT = {
  storage: 'file',
  retention: 'limits',
  discard: 'new',
  max_age: 0,
  max_msgs: -1,
  max_bytes: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  max_consumers: -1,
  duplicate_window: DUPLICATE_WINDOW_NANOS,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
};

/** `hasMetadata`: the server has metadata of streams. */
export function logConfig(
  name: string,
  { replicas, bytesMax, isAtomic }: LogSettings,
  hasMetadata: boolean,
): StreamConfig {
  return {
    ...KEPT,
    name: streamOf(name),
    subjects: [subjectOf(name, '>')],
    max_bytes: bytesMax,
    num_replicas: replicas,
    ...(isAtomic ? { allow_atomic: true } : {}),
    ...(hasMetadata ? { metadata: { [FORMAT_KEY]: FORMAT } } : {}),
  };
}

/** As the clients of NATS make a bucket, so that their tools read it; but no message may replace all others. */
export function recordsConfig(name: string, replicas: number): StreamConfig {
  return {
    ...KEPT,
    name: bucketStreamOf(name),
    description: `groups of the ledger ${name}; the stream is ${streamOf(name)}, the bucket ${bucketOf(name)}`,
    subjects: [recordSubjectOf(name, '>')],
    // a record is the last message of its key
    max_msgs_per_subject: 1,
    num_replicas: replicas,
  };
}

export interface ConfigDifference {
  readonly field: string;
  readonly found: string;
  readonly wanted: string;
}

/** The first field that is not as a ledger needs it, by name; null if all are. Fields that later servers add count as off if they are empty. */
export function configDifference(found: StreamConfig, wanted: StreamConfig): ConfigDifference | null {
  const fields = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
  for (const field of fields) {
    if (FREE_FIELDS.has(field)) continue;
    const [has, needs] = field === 'metadata' ? metadataOf(found, wanted) : [found[field], wanted[field]];
    if (isSame(has, needs)) continue;
    return { field, found: textOf(has), wanted: textOf(needs) };
  }
  return null;
}

/** Compares the format alone: servers and tools write metadata, too. A stream from before its server had metadata has no format. */
function metadataOf(found: StreamConfig, wanted: StreamConfig): readonly [unknown, unknown] {
  const format = (config: StreamConfig) => (config['metadata'] as Record<string, unknown> | undefined)?.[FORMAT_KEY];
  return format(found) === undefined ? [undefined, undefined] : [format(found), format(wanted) ?? FORMAT];
}

function isSame(found: unknown, wanted: unknown): boolean {
  return isOff(found) && isOff(wanted) ? true : JSON.stringify(found) === JSON.stringify(wanted);
}

function isOff(value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? value.length === 0 : Object.values(value).every(isOff);
  return value === undefined || value === null || value === false || value === 0 || value === '';
}

const textOf = (value: unknown) => (isOff(value) ? 'not set' : JSON.stringify(value).slice(0, 120));
