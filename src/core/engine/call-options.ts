/**
 * The options of each public call of an engine, checked before the call. Checks that depend on a ledger are in the call
 * itself.
 */

import type { IngestHooks } from '../emission/commit/ingest.ts';
import type { InputSource } from '../emission/input/input-source.ts';
import { RESTORABLE } from '../formats/event-format.ts';
import { DETERMINISMS, DURABILITIES, LOG_LAYOUTS } from '../model/config.ts';
import { expectedHead } from '../model/events/head.ts';
import type { OptionTable } from '../model/options/option-kinds.ts';
import {
  clock,
  either,
  flag,
  formerly,
  hasMethods,
  hook,
  kindOf,
  listOf,
  millis,
  number,
  oneOf,
  positive,
  required,
  sequence,
  text,
  texts,
  time,
  timer,
  whole,
} from '../model/options/option-kinds.ts';
import type { KeyInput } from '../model/routing/key-text.ts';
import type { RoutingSpec } from '../model/routing/routing.ts';
import { formatRoutingSpec, parseRoutingSpec } from '../model/routing/routing-text.ts';
import { Playback } from '../scheduler/pacing/playback.ts';
import type { ArchiveOptions } from './archive.ts';
import type { BackupCallOptions } from './backup.ts';
import type { CompactOptions } from './compact.ts';
import type { DiffOptions } from './diff.ts';
import type { EmitEventsOptions, EmitOptions, RoutingOverrideOptions } from './emit.ts';
import type { CreateOptions, OpenOptions } from './open.ts';
import { ABORT, START } from './option-parts.ts';
import type {
  ExplainLinesOptions,
  PreviewedEvents,
  PreviewOptions,
  RerouteOptions,
  WantedPlacement,
} from './partitioning-types.ts';
import type { ReplayOptions } from './replay.ts';
import type { Handler } from './subscription.ts';
import type { LateEventsOptions } from './survey/late-events.ts';
import type { SurveyOptions } from './survey/survey.ts';
import type { TailOptions } from './tail.ts';

export const ROUTING = kindOf<RoutingSpec | string>(
  "a routing such as hashOf('tenant'), or its text",
  (value) => typeof value === 'string' || isRoutingSpec(value),
);
export const HANDLER = kindOf<Handler>('a function that takes a delivery', (value) => typeof value === 'function');
export const SOURCES = listOf<InputSource>(
  kindOf('an input', (value) => typeof (value as InputSource | null)?.name === 'string' && hasMethods(value, ['open'])),
  'a list of inputs, each with a name and a method open()',
);
const KEY = either<string, readonly string[]>(text, texts);
export const KEYS = listOf<KeyInput>(KEY, 'a list of keys, each a string or a list of strings');
export const PLACEMENTS = listOf<WantedPlacement>(
  kindOf('a placement', (value) => {
    const { key, partition } = (value ?? {}) as { readonly key?: unknown; readonly partition?: unknown };
    return KEY.read(key) !== undefined && typeof partition === 'string';
  }),
  'a list of placements, each with a key and the name of a partition',
);
const SEQUENCES = listOf(sequence, 'a list of sequences, whole numbers from 1');
export const ALL_OR_SEQUENCES = either(oneOf('all'), SEQUENCES);
export const HEAD_BEFORE = kindOf<number | null>(
  'a sequence from 0, or null',
  (value) => value === null || whole.read(value) !== undefined,
);

const COUNT_OR_NAMES = { ...either(number, texts), expected: 'a count, or a list of names' };
const FILTER = {
  partitions: texts,
  key: text,
  where: { ...either(text, texts), expected: 'a condition, or a list of conditions, each a string' },
};

const END = { through: time, until: time, throughSequence: number };
const RANGE = { range: text, ...START, ...END, limit: whole, zone: text };

const LEDGER = {
  routing: formerly('partition', ROUTING),
  partitions: COUNT_OR_NAMES,
  time: text,
  zone: text,
  unique: text,
  durability: oneOf(...DURABILITIES),
  determinism: oneOf(...DETERMINISMS),
  lineBytesMax: number,
  compression: text,
  layout: oneOf(...LOG_LAYOUTS),
};

export const CREATE: OptionTable<CreateOptions & Pick<OpenOptions, 'clock' | 'busyTimeoutMs' | 'signal'>> = {
  ...LEDGER,
  clock,
  busyTimeoutMs: millis,
  ...ABORT,
};
export const OPEN: OptionTable<OpenOptions> = {
  ledger: required({ ...text, expected: 'the path of the ledger, a string' }),
  archive: text,
  create: flag,
  access: oneOf('read', 'write'),
  trustClock: flag,
  ...CREATE,
  timer,
};

const ROUTING_OVERRIDE: OptionTable<RoutingOverrideOptions> = { key: text, to: text };
export const EMIT_EVENTS: OptionTable<EmitEventsOptions> = { ...ROUTING_OVERRIDE, expectHead: expectedHead };
export const EMIT: OptionTable<EmitOptions & IngestHooks> = {
  ...EMIT_EVENTS,
  producer: text,
  atomic: flag,
  format: RESTORABLE,
  late: oneOf('record', 'reject'),
  merge: flag,
  text: flag,
  keepCr: flag,
  maxSkew: text,
  lineBytesMax: number,
  onCommit: hook(),
  onReject: hook(),
  syncRejects: hook(),
  onProgress: hook(),
  onWarning: hook(),
  ...ABORT,
};

export const TAIL: OptionTable<TailOptions> = {
  ...FILTER,
  last: whole,
  ...RANGE,
  follow: flag,
  idleMs: millis,
  onProgress: hook(),
  ...ABORT,
};

export const REPLAY: OptionTable<ReplayOptions> = {
  ...RANGE,
  ...FILTER,
  speed: { ...either(number, text), expected: "'max', 'natural', or a factor such as 60 or '0.5x'" },
  rate: { ...either(number, text), expected: "events per second, such as 100 or '100/s'" },
  maxGap: text,
  follow: flag,
  playback: kindOf('a Playback', (value) => value instanceof Playback),
  determinism: oneOf(...DETERMINISMS),
  onProgress: hook(),
  ...ABORT,
};

export const ARCHIVE: OptionTable<ArchiveOptions> = {
  ...END,
  limit: whole,
  zone: text,
  to: text,
  drop: flag,
  force: flag,
  onProgress: hook(),
  ...ABORT,
};
export const BACKUP: OptionTable<BackupCallOptions> = { onProgress: hook(), ...ABORT };
export const LATE_EVENTS: OptionTable<LateEventsOptions> = ABORT;
export const SURVEY: OptionTable<SurveyOptions> = { bucketsMax: positive, ...ABORT };
export const DIFF: OptionTable<DiffOptions> = { chainOnly: flag, onProgress: hook(), ...ABORT };
export const COMPACT: OptionTable<CompactOptions> = {
  compression: text,
  before: time,
  zone: text,
  onProgress: hook(),
  ...ABORT,
};

export const EXPLAIN_LINES: OptionTable<ExplainLinesOptions> = { format: RESTORABLE, ...ABORT };
export const REROUTE: OptionTable<RerouteOptions> = { partitions: COUNT_OR_NAMES };
export const PREVIEWED: OptionTable<PreviewedEvents> = { sample: number, ...ABORT };
export const PREVIEW: OptionTable<PreviewOptions> = { ...REROUTE, ...PREVIEWED };

/** Data of the shape that the helpers make; only such data has a text form. */
function isRoutingSpec(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('missing' in value)) return false;
  try {
    return parseRoutingSpec(formatRoutingSpec(value as RoutingSpec)) !== null;
  } catch {
    return false;
  }
}
