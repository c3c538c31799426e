/** The figures that are shown and compared: the path of each in the document, its label, its unit, and which direction is better. */

import { bytes, count, rate } from '../terminal/format-numbers.ts';

export interface Metric {
  /** Dotted path below `figures` of the document. */
  readonly path: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly format: (value: number) => string;
}

const perSecond = (value: number) => rate(value, 1000);
const megabytes = (value: number) => `${bytes(value)}/s`;
const ms = (value: number) => `${value.toFixed(value < 100 ? 3 : 0)} ms`;
const times = (value: number) => `${value.toFixed(2)} x`;

export const METRICS: readonly Metric[] = [
  { path: 'emit.eventsPerSecond', label: 'cat | emit', better: 'higher', format: perSecond },
  { path: 'emit.bytesPerSecond', label: 'cat | emit', better: 'higher', format: megabytes },
  { path: 'emit.netEventsPerSecond', label: 'cat | emit, net of process start', better: 'higher', format: perSecond },
  { path: 'emit.peakResidentBytes', label: 'emit, peak memory', better: 'lower', format: bytes },
  { path: 'replay.strict.eventsPerSecond', label: 'replay | cat, verified', better: 'higher', format: perSecond },
  {
    path: 'replay.strict.netEventsPerSecond',
    label: 'replay | cat, verified, net of process start',
    better: 'higher',
    format: perSecond,
  },
  { path: 'replay.relaxed.eventsPerSecond', label: 'replay | cat, relaxed', better: 'higher', format: perSecond },
  {
    path: 'replay.relaxed.netEventsPerSecond',
    label: 'replay | cat, relaxed, net of process start',
    better: 'higher',
    format: perSecond,
  },
  { path: 'storage.ledgerBytes', label: 'ledger on disk', better: 'lower', format: bytes },
  { path: 'storage.ratioToInput', label: 'ledger to input', better: 'lower', format: times },
  { path: 'start.emitOneMs', label: 'emit of one event, whole process', better: 'lower', format: ms },
  { path: 'start.ratioToNode', label: 'the same to node -e 0', better: 'lower', format: times },
  {
    path: 'commit.perSecond',
    label: 'single-event commits',
    better: 'higher',
    format: (value) => `${count(value)} /s`,
  },
  { path: 'commit.p50Ms', label: 'single-event commit, p50', better: 'lower', format: ms },
  { path: 'commit.p90Ms', label: 'single-event commit, p90', better: 'lower', format: ms },
  { path: 'commit.p99Ms', label: 'single-event commit, p99', better: 'lower', format: ms },
  { path: 'commit.p999Ms', label: 'single-event commit, p99.9', better: 'lower', format: ms },
  { path: 'wakeup.p50Ms', label: 'commit to line in tail -f, p50', better: 'lower', format: ms },
  { path: 'wakeup.p99Ms', label: 'commit to line in tail -f, p99', better: 'lower', format: ms },
  { path: 'fsync.medianMs', label: '4 KiB and fsync, median', better: 'lower', format: ms },
];

/** The value at a path of figures, ours or from a file; null if missing. */
export function valueAt(figures: unknown, path: string): number | null {
  const value = path.split('.').reduce(own, figures);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The property of the object itself, not of its prototype. */
export function own(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
  return (object as Record<string, unknown>)[name];
}
