/** Joins emission, router, ledger and bus: turns what a caller emits into commits, and announces commits on the bus. */

import type { Bus } from '../bus/bus.ts';
import { ingestAtomically } from '../emission/commit/atomic.ts';
import { CommitBatcher, type LocateEvents } from '../emission/commit/commit-batcher.ts';
import type { EmissionParts, EmissionTarget } from '../emission/commit/emission-target.ts';
import type { EventReceipt } from '../emission/commit/event-receipt.ts';
import { type EmissionReport, type IngestHooks, ingest } from '../emission/commit/ingest.ts';
import type { ProducerProgress } from '../emission/commit/producer-progress.ts';
import type { EmissionSettings } from '../emission/draft/settings.ts';
import type { InputSource } from '../emission/input/input-source.ts';
import type { LineReading } from '../emission/input/line-reading.ts';
import { type EventFormat, type LineLayout, WHOLE_LINE } from '../formats/event-format.ts';
import { EVENT_BYTES_MAX } from '../frames/frame-body.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { checkClientName } from '../model/client-name.ts';
import { checkLineBytesMax, DEPTH_MAX } from '../model/config.ts';
import type { CommitOutcome, Stale } from '../model/events/commit.ts';
import { type Anchor, checkExpectedHead, type ExpectedHead, readHead } from '../model/events/head.ts';
import { inOption, invalidArgument, type LedgerError } from '../model/ledger-error.ts';

import type { RoutingOverride } from '../model/routing/router.ts';
import type { Clock } from '../model/time/clock.ts';
import { readDuration } from '../model/time/time-expression.ts';
import type { TimeZone } from '../model/time/time-zone.ts';
import { headAheadWarning } from '../model/warning.ts';
import { makeRouter } from '../router/router.ts';
import { type EventInput, toLine } from './event-line.ts';
import { checkTextFields } from './text-fields.ts';
import { WarningWatch } from './warning-watch.ts';

/**
 * A single event. Lists and streams are single events only inside a list: by themselves they are many events. A promise
 * must be awaited first.
 */
export type SingleEvent<Event extends EventInput> = Event extends
  | readonly unknown[]
  | AsyncIterable<unknown>
  | PromiseLike<unknown>
  ? never
  : Event;

/** Applies to all events of a call, in place of what the events hold. */
export interface RoutingOverrideOptions {
  /** Their key, instead of the one they carry; for a composite `a+b` or a JSON list of its parts. */
  readonly key?: string | undefined;
  /** Their partition, whatever the routing decides. */
  readonly to?: string | undefined;
}

/** Of a call that emits events. */
export interface EmitEventsOptions extends RoutingOverrideOptions {
  /** Commit only if this is the head, `SEQUENCE:HASH` or what `head()` gave; of a stream, its first commit. Otherwise HEAD_CONFLICT, and nothing is stored. */
  readonly expectHead?: ExpectedHead | undefined;
}

export interface EmitOptions extends EmitEventsOptions {
  /** Store the position in the input with each commit under this name, and continue after it. */
  readonly producer?: string | undefined;
  /** All of the input or nothing. */
  readonly atomic?: boolean | undefined;
  /** Merge the inputs by the times of their events, of which each is in order. Default: one input after the other. */
  readonly merge?: boolean | undefined;
  /** Format of the lines, such as `formats.envelope`: time and payload are read from its fields. Default: `formats.payload`. */
  readonly format?: EventFormat | undefined;
  /** The input is plain text: each line becomes an event `{"message":..}`, an empty one too. Default: false, lines are JSON. */
  readonly text?: boolean | undefined;
  /** A carriage return before a line feed belongs to the payload. Default: false, it is part of the line end. */
  readonly keepCr?: boolean | undefined;
  /** An event earlier than the head: recorded at the head's time (default), or a bad line. */
  readonly late?: 'record' | 'reject' | undefined;
  /** How far ahead of the clock an event may be, such as `24h`. */
  readonly maxSkew?: string | undefined;
  /** Longest payload in bytes; default: the ledger's. */
  readonly lineBytesMax?: number | undefined;
}

export interface EmittingParts {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly isClockTrusted: boolean;
  /** Of event times without an offset; null: they are rejected. */
  readonly zone: TimeZone | null;
  /** How long to wait for other writers. */
  readonly busyTimeoutMs: number;
  /** Finds the positions of events that were stored before. */
  readonly locate: LocateEvents;
}

const MAX_SKEW = '24h';

export class Emitting {
  readonly #parts: EmittingParts;
  readonly #target: EmissionTarget;
  #shared: CommitBatcher | undefined;

  constructor(parts: EmittingParts) {
    this.#parts = parts;
    this.#target = announcing(parts);
  }

  /**
   * Commits the events together, all or none; simultaneous calls share a commit.
   * @throws LedgerError BAD_LINE, ID_CONFLICT, HEAD_CONFLICT
   */
  async emit(events: readonly EventInput[], options: EmitEventsOptions): Promise<EventReceipt[]> {
    this.#shared ??= new CommitBatcher(this.emission, this.settings({}, 'calls'), this.#parts.locate);
    const expected = expectedHeadOf(options);
    // a call without events is one that expects, too
    if (expected !== undefined && events.length === 0) checkExpectedHead(expected, await this.#parts.ledger.head());
    return this.#shared.emit(events.map(toLine), toRoutingOverride(options), expected);
  }

  /**
   * Commits named inputs one after the other as a single input.
   * @throws LedgerError BAD_LINE, PRODUCER_CONFLICT, HEAD_CONFLICT, DISK_FULL, OUTCOME_UNKNOWN
   */
  async ingest(sources: readonly InputSource[], options: EmitOptions & IngestHooks): Promise<EmissionReport> {
    if (options.onWarning === undefined) return this.#ingest(sources, options);
    const { ledger, clock } = this.#parts;
    const watch = new WarningWatch(ledger, options.onWarning);
    watch.report(
      headAheadWarning(
        await ledger.head(),
        clock.nowMicros(),
        this.settings(options, 'stop').time !== null || layoutOf(options.format).time !== null,
      ),
    );
    const onProgress: IngestHooks['onProgress'] = (progress) => {
      options.onProgress?.(progress);
      watch.onProgress();
    };
    try {
      return await this.#ingest(sources, { ...options, onProgress });
    } finally {
      await watch.end();
    }
  }

  async #ingest(sources: readonly InputSource[], options: EmitOptions & IngestHooks): Promise<EmissionReport> {
    const { ledger, bus, clock, busyTimeoutMs } = this.#parts;
    if (options.atomic && options.onReject !== undefined) throw rejectsOfAtomic();
    const settings = this.settings(options, options.onReject === undefined ? 'stop' : 'collect');
    if (settings.expectedHead !== undefined) {
      if (options.producer !== undefined) throw expectedOfProducer();
      checkExpectedHead(settings.expectedHead, await ledger.head());
    }
    // an invalid override is rejected before any input is read
    const basis = await ledger.basis();
    makeRouter(basis, settings.override);
    if (settings.reading.isText) checkTextFields(ledger.identity.config, basis.epoch.spec, settings.override);
    const { producer: name } = options;
    if (name !== undefined) checkClientName('producer', name);
    const producer = async () => (name === undefined ? null : this.#producerProgress(name));
    const inputs = options.merge === true ? [await merged(sources, settings, options)] : sources;
    if (options.atomic !== true) return ingest(this.emission, settings, inputs, await producer(), options);
    const target = {
      commitBytesMax: ledger.commitBytesMax,
      busyTimeoutMs,
      basis: () => ledger.basis(),
      begin: () => ledger.begin(),
      announce: (sequence: number) => bus.announce(sequence),
    };
    return ingestAtomically({ target, makeRouter, clock }, settings, inputs, producer, options);
  }

  get emission(): EmissionParts {
    return { target: this.#target, makeRouter, clock: this.#parts.clock };
  }

  /** The ledger's requirements on a line, and the caller's. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
  settings(options: EmitOptions, onBadLine: EmissionSettings['onBadLine']): EmissionSettings {
    const { identity, commitBytesMax } = this.#parts.ledger;
    const { config } = identity;
    return {
      time: config.time,
      unique: config.unique,
      zone: this.#parts.zone,
      lineBytesMax: Math.min(
        inOption('lineBytesMax', () => checkLineBytesMax(options.lineBytesMax ?? config.lineBytesMax)),
        commitBytesMax - EVENT_BYTES_MAX,
      ),
      depthMax: DEPTH_MAX,
      maxSkewMicros: inOption('maxSkew', () => readDuration(options.maxSkew ?? MAX_SKEW)),
      isClockTrusted: this.#parts.isClockTrusted,
      late: options.late ?? 'record',
      reading: readingOf(options),
      layout: layoutOf(options.format),
      override: toRoutingOverride(options),
      expectedHead: expectedHeadOf(options),
      onBadLine,
    };
  }

  /** Waits for commits in progress. */
  async close(): Promise<void> {
    await this.#shared?.close();
  }

  async #producerProgress(name: string): Promise<ProducerProgress> {
    // its import of node:crypto costs a tenth of a small command's time, and few commands need it
    const { ProducerProgress } = await import('../emission/commit/producer-progress.ts');
    return new ProducerProgress(name, await this.#parts.ledger.positionOfProducer(name));
  }
}

function expectedHeadOf({ expectHead }: EmitEventsOptions): Anchor | undefined {
  return expectHead === undefined ? undefined : inOption('expectHead', () => readHead(expectHead));
}

function expectedOfProducer(): LedgerError {
  return invalidArgument(
    'a producer that resumes has moved the head itself, so it cannot expect one',
    'leave out `producer` or `expectHead`',
    'producer',
    'expectHead',
  );
}

function rejectsOfAtomic(): LedgerError {
  return invalidArgument(
    'an atomic input is stored whole or not at all, so it cannot have lines that are rejected',
    'leave out `atomic` or `onReject`',
    'atomic',
    'onReject',
  );
}

/** A commit target that announces its commits on the bus once they are durable. */
function announcing({ ledger, bus }: Pick<EmittingParts, 'ledger' | 'bus'>): EmissionTarget {
  const announce = <Outcome extends CommitOutcome | Stale>(outcome: Outcome): Outcome => {
    if (outcome.kind === 'committed') bus.announce(outcome.head.sequence);
    return outcome;
  };
  return {
    commitBytesMax: ledger.commitBytesMax,
    basis: () => ledger.basis(),
    pinsOf: (sessions) => ledger.pinsOf(sessions),
    commit: async (draft) => announce(await ledger.commit(draft)),
    openPipeline: async () => {
      const pipeline = await ledger.openPipeline();
      return {
        offer: async (draft, generation) => announce(await pipeline.offer(draft, generation)),
        close: () => pipeline.close(),
      };
    },
  };
}

async function merged(
  sources: readonly InputSource[],
  settings: EmissionSettings,
  { signal, onCommit, atomic }: EmitOptions & IngestHooks,
): Promise<InputSource> {
  if (onCommit !== undefined || atomic === true)
    throw invalidArgument(
      'a merged input has no receipts of single inputs, and is not kept whole',
      'leave out `merge`, or `onCommit` and `atomic`',
      'merge',
      ...(onCommit === undefined ? [] : ['onCommit']),
      ...(atomic === true ? ['atomic'] : []),
    );
  const { mergedSource } = await import('../emission/draft/merging.ts');
  return mergedSource(sources, settings, signal);
}

function readingOf({ text = false, keepCr = false, format }: EmitOptions): LineReading {
  if (text && format !== undefined && layoutOf(format) !== WHOLE_LINE)
    throw invalidArgument(
      `lines of text are not in the format ${format.name}`,
      'leave out `text` or `format`',
      'text',
      'format',
    );
  return { isText: text, keepsReturns: keepCr };
}

function layoutOf(format: EventFormat | undefined): LineLayout {
  return format?.layout ?? WHOLE_LINE;
}

function toRoutingOverride({ key, to }: RoutingOverrideOptions): RoutingOverride {
  return { key: key ?? null, to: to ?? null };
}
