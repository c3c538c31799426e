/** The body: opens a ledger, joins the organs around it, closes them in reverse. It holds no logic of an organ. */

import { blake3 } from '@napi-rs/blake-hash';
import { Bus } from './bus/bus.ts';
import { type EmissionTarget, Emitter } from './emission/emitter.ts';
import { FieldReader } from './emission/field-reader.ts';
import { type EmissionReport, type IngestHooks, type InputSource, ingest } from './emission/ingest.ts';
import type { ProducerTrack } from './emission/producer-track.ts';
import { type EmissionSettings, scanLimits } from './emission/settings.ts';
import { type EventReceipt, SharedCommits } from './emission/shared-commits.ts';
import { spool } from './emission/spool.ts';
import { type CursorPlan, type GroupDescription, GroupDesk, type ParkedEventDescription } from './group-desk.ts';
import { labelsOf } from './labels.ts';
import type { Ledger, LedgerDescription, LedgerGauges, LedgerIdentity, LedgerTransaction, VerifyOptions, VerifyReport } from './ledger/ledger.ts';
import { createSqliteLedger, openSqliteLedger, sqliteLedgerExists } from './ledger/sqlite/sqlite-ledger.ts';
import { type Clock, systemClock } from './model/clock.ts';
import type { CommitOutcome, ProducerMark, Stale } from './model/commit.ts';
import {
  checkLineBytesMax,
  DEPTH_MAX,
  type Determinism,
  type Durability,
  differences,
  type LedgerBlueprint,
  type LedgerConfig,
  LINE_BYTES_DEFAULT,
} from './model/config.ts';
import type { LedgerEvent } from './model/event.ts';
import { parseFieldPath } from './model/field-path.ts';
import { type Head, parseHead } from './model/head.ts';
import { invalidArgument, LedgerError } from './model/ledger-error.ts';
import { checkName, type Partition, partitionNames, selectPartitions } from './model/partition.ts';
import { layOutPartitions, withMissingName } from './model/partition-layout.ts';
import type { SequenceRange } from './model/range.ts';
import type { Given, RoutingSpec } from './model/routing.ts';
import { parseRoutingSpec } from './model/routing-text.ts';
import { readDuration } from './model/time-expression.ts';
import { systemTimer, type Timer } from './model/timer.ts';
import type { EventLabels } from './output/event-form.ts';
import type { Sink } from './output/stream-sink.ts';
import { Telling, type TellingReport } from './output/telling.ts';
import { Partitioning } from './partitioning.ts';
import type { StartPoint } from './replay/resolve-start.ts';
import { type TailRequest, tellTail } from './replay/tell-tail.ts';
import { filterText, fixRange, type ReplayOptions, type ReplayParts, replaying } from './replaying.ts';
import { makeRouter } from './router/router.ts';
import { type Pace, readPace } from './scheduler/pace.ts';
import type { Handler, SubscribeOptions, Subscription, Subscriptions } from './subscribing.ts';

/** How a ledger that does not exist yet is made. Everything has a default. */
export interface CreateOptions {
  /** Routing: `hashOf('tenant')`, `rangeOf('amount', [100, 1000])` and so on, or its text. Default: a hash over the whole payload. */
  readonly partition?: RoutingSpec | string | undefined;
  /** How many partitions, or their names; the one for events without a key may be left out. Default 8, or as many as a range makes. */
  readonly partitions?: number | readonly string[] | undefined;
  /** Dotted path of the event's own time. Default: the arrival counts. */
  readonly time?: string | undefined;
  /** Dotted path of an id that is committed once for ever. */
  readonly unique?: string | undefined;
  readonly durability?: Durability | undefined;
  /** What replay does by default; kept with a new ledger, and in force for this engine. */
  readonly determinism?: Determinism | undefined;
  /** Longest payload in bytes. Default 1 MiB. */
  readonly lineBytesMax?: number | undefined;
}

export interface OpenOptions extends CreateOptions {
  /** Path of the ledger file. */
  readonly ledger: string;
  /** Make the ledger if there is none. Default true; false: NO_LEDGER. */
  readonly create?: boolean | undefined;
  /** `read` opens a ledger one may not write, and refuses to emit. Default `write`. */
  readonly access?: 'read' | 'write' | undefined;
  /** How long to wait for other processes before BUSY. Default 5000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Ends every wait for other processes with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** What paced replays wait by. */
  readonly timer?: Timer | undefined;
}

/** An event to emit: JSON text as string or bytes is stored as it is, anything else as JSON.stringify writes it. */
export type EventInput = string | Uint8Array | object | number | boolean | null;

/** Lists and streams are events only inside a list: by themselves they are many. */
type SingleEvent<Event extends EventInput> = Event extends readonly unknown[] | AsyncIterable<unknown> ? never : Event;

/** What is said of all events of a call, past what they hold. */
export interface GivenOptions {
  /** Their key, in place of the one they carry; of a composite `a+b` or a JSON list of its parts. */
  readonly key?: string | undefined;
  /** The partition they go to, whatever the routing says. */
  readonly to?: string | undefined;
}

export interface EmitOptions extends GivenOptions {
  /** Store the position in the input with each commit under this name, and continue behind it. */
  readonly producer?: string | undefined;
  /** All of the input or nothing. */
  readonly atomic?: boolean | undefined;
  /** The lines are envelopes, as `envelopeForm` writes them: times and payloads come from inside. */
  readonly envelope?: boolean | undefined;
  /** An event earlier than the head: recorded at the head's time (default), or a bad line. */
  readonly late?: 'record' | 'reject' | undefined;
  /** How far ahead of the clock an event may be, such as `24h`. */
  readonly maxSkew?: string | undefined;
  /** Longest payload in bytes; default: the ledger's. */
  readonly lineBytesMax?: number | undefined;
}

export interface TailOptions extends TailRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** IANA zone of dates and of times without one. Default UTC, and a time without a zone is refused. */
  readonly zone?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a replay would tell. */
export interface RehearsalReport extends TellingReport {
  /** How long it would take at its speed; null where it would go as fast as it can. */
  readonly durationMs: number | null;
}

/** What went into another ledger. */
export interface TransferReport extends TellingReport {
  /** The sequence of this ledger through which the other one held it already; null where it held nothing. */
  readonly resumedBehind: number | null;
  /** Of the other ledger. */
  readonly head: Head;
}

const BUSY_TIMEOUT_MS = 5000;
const MAX_SKEW = '24h';

export class Completengine {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #determinism: Determinism;
  readonly #bus = new Bus();
  #watch: { close(): void } | undefined;
  #followers = 0;
  #shared: SharedCommits | undefined;
  #labels: EventLabels | undefined;
  #subscriptions: Promise<Subscriptions> | undefined;
  /** The same, once they are there. */
  #audience: Subscriptions | undefined;
  #partitioning: Partitioning | undefined;

  private constructor(ledger: Ledger, options: OpenOptions) {
    this.#ledger = ledger;
    this.#clock = options.clock ?? systemClock;
    this.#timer = options.timer ?? systemTimer;
    this.#determinism = options.determinism ?? ledger.identity.config.determinism;
  }

  /**
   * Opens a ledger, and makes it if there is none.
   * @throws LedgerError CONFIG_MISMATCH when it exists with another routing, time or id than asked for; NOT_A_LEDGER, NEWER_FORMAT, HARD_LINKED,
   * PERMISSION_DENIED, CANNOT_CREATE, BUSY
   */
  static async open(options: OpenOptions): Promise<Completengine> {
    if (options.create !== false && options.access !== 'read' && !sqliteLedgerExists(options.ledger)) {
      await Completengine.create(options.ledger, options).catch((error: unknown) => {
        // another process was faster: its ledger is opened below, and compared
        if (!(error instanceof LedgerError && error.code === 'LEDGER_EXISTS')) throw error;
      });
    }
    const access = options.access ?? 'write';
    const ledger = await openSqliteLedger(options.ledger, { access, patience: toPatience(options) });
    try {
      checkAskedFor(ledger, options);
      return new Completengine(ledger, options);
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  /** Makes a ledger. @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, INVALID_ARGUMENT */
  static async create(path: string, options: CreateOptions & Pick<OpenOptions, 'clock' | 'busyTimeoutMs' | 'signal'> = {}): Promise<void> {
    await createSqliteLedger(path, toBlueprint(options), options.clock ?? systemClock, toPatience(options));
  }

  /** Whether there is a file at the path of a ledger. */
  static exists(path: string): boolean {
    return sqliteLedgerExists(path);
  }

  get identity(): LedgerIdentity {
    return this.#ledger.identity;
  }

  /** As of the last look at the ledger: others may have added some since. */
  get partitions(): readonly Partition[] {
    return this.#ledger.identity.partitions;
  }

  /** Where events go: explains it, and begins epochs that change it. */
  get partitioning(): Partitioning {
    this.#partitioning ??= new Partitioning(this.#ledger, this.#clock, (isEnvelope) => this.#settings({ envelope: isEnvelope }, 'collect'));
    return this.#partitioning;
  }

  /** Commits the events together, all or none; their receipts are in their order. @throws LedgerError BAD_LINE, ID_CONFLICT */
  emit(events: readonly EventInput[], options?: GivenOptions): Promise<EventReceipt[]>;
  /** Commits a stream of JSON lines. @throws LedgerError BAD_LINE at the first bad line; what came before it is committed. */
  emit(stream: AsyncIterable<Uint8Array | string>, options?: EmitOptions & IngestHooks): Promise<EmissionReport>;
  /** Commits one event. Calls at the same time share a commit. @throws LedgerError BAD_LINE, ID_CONFLICT */
  emit<Event extends EventInput>(event: SingleEvent<Event>, options?: GivenOptions): Promise<EventReceipt>;
  async emit(
    input: EventInput | readonly EventInput[] | AsyncIterable<Uint8Array | string>,
    options: EmitOptions & IngestHooks = {},
  ): Promise<EventReceipt | EventReceipt[] | EmissionReport> {
    if (isStream(input)) return this.ingest([{ name: 'stream', open: () => input }], options);
    const given = toGiven(options);
    if (Array.isArray(input)) return this.#sharedCommits().emit(input.map(toLine), given);
    const [receipt] = await this.#sharedCommits().emit([toLine(input as EventInput)], given);
    return receipt as EventReceipt;
  }

  /** Commits named inputs one after the other, as one. @throws LedgerError BAD_LINE, PRODUCER_CONFLICT, DISK_FULL, OUTCOME_UNKNOWN */
  async ingest(sources: readonly InputSource[], options: EmitOptions & IngestHooks = {}): Promise<EmissionReport> {
    const settings = this.#settings(options, options.onReject === undefined ? 'stop' : 'collect');
    // what cannot be given is refused before anything is read
    makeRouter(await this.#ledger.routing(), settings.given);
    const producer = options.producer === undefined ? null : await this.#producerTrack(options.producer);
    if (options.atomic !== true) {
      return ingest(this.#emitter(this.#announcing(this.#ledger), settings), sources, producer, scanLimits(settings).lineBytesMax, options);
    }
    const spooled = await spool(sources, options.signal);
    try {
      return await this.#ingestAtomically(spooled.sources, settings, producer, options);
    } finally {
      spooled.close();
    }
  }

  /** The last events, or those from a place on, and those that come when it follows. Iterate it, or deliver it to a sink. */
  tail(options: TailOptions = {}): Telling {
    const { signal, zone } = options;
    const engine = this;
    async function* pages() {
      const reading = { partitions: await engine.#select(options.partitions), verify: false, signal };
      // watching begins before the head is read, or a commit in between would be missed
      const stopWatching = options.follow || options.idleMs !== undefined ? engine.#startWatching() : undefined;
      try {
        yield* tellTail(engine.#ledger, options, reading, { now: engine.#clock.nowMicros(), zone, grown: engine.#grown });
      } finally {
        stopWatching?.();
      }
    }
    return new Telling(pages, { labels: this.#eventLabels(), isVerified: false, signal });
  }

  /**
   * Re-tells a range that is fixed when it starts. Iterate it, await it for its report (the subscribers are told then), or deliver it to a sink.
   * @throws LedgerError VERIFICATION_FAILED, INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT
   */
  replay(options: ReplayOptions = {}): Telling {
    return this.#telling(options, 0);
  }

  /** The sequences that a replay would tell now, both ends inclusive; empty where `through` < `from`. @throws what is wrong with the options */
  async range(options: ReplayOptions): Promise<SequenceRange> {
    await this.#select(options.partitions);
    return fixRange(this.#replayParts(options, 0), options);
  }

  /**
   * Re-tells into another ledger: same order, times and bytes, the other one's routing. The position is kept there with each commit; run again, it
   * goes on behind it. @throws LedgerError INVALID_ARGUMENT for the same ledger, PRODUCER_CONFLICT, BAD_LINE for an event the other cannot take as it is
   */
  async replayInto(target: Completengine, options: ReplayOptions = {}): Promise<TransferReport> {
    const { path, uuid } = this.identity;
    if (target.identity.uuid === uuid) throw invalidArgument(`${path} cannot be replayed into itself`, 'name another ledger');
    const producer = transferName(uuid, filterText(options));
    const held = await target.#ledger.producerMark(producer);
    if (held.position > 0) await this.#checkHeld(held, target.identity.path);
    const settings = { ...target.#settings({ late: 'reject' }, 'stop'), time: null };
    const { Transfer } = await import('./emission/transfer.ts');
    const transfer = new Transfer(target.#emitter(target.#announcing(target.#ledger), settings), { producer, held, source: path });
    try {
      const report = await this.#telling(options, held.position).deliver(transfer);
      await transfer.end();
      return { ...report, resumedBehind: held.position === 0 ? null : held.position, head: await target.head() };
    } finally {
      await transfer.close();
    }
  }

  /** What a replay would tell, and how long it would take at its speed; null at `max`. Nothing is told. @throws as a replay does. */
  async rehearse(options: ReplayOptions = {}): Promise<RehearsalReport> {
    const pace = readPace(options);
    const unpaced = { ...options, speed: undefined, rate: undefined, maxGap: undefined, playback: undefined, follow: false };
    const report = await this.replay(unpaced).deliver(pace === null ? null : clockedBy(pace));
    return { ...report, durationMs: pace?.durationMs ?? null };
  }

  /**
   * Has events delivered to a handler as they come: as a member of a group, which has durable cursors, or live and without a trace; the latter is told
   * of replays that are awaited, too. Deliveries of a partition come one after the other. A handler must not wait for a replay, which would wait for it. Resolves when the subscription stands: what is committed from then on will come.
   * @throws LedgerError INVALID_ARGUMENT, UNKNOWN_PARTITION, PERMISSION_DENIED where a group cannot be written
   */
  async subscribe(options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    this.#subscriptions ??= this.#openSubscriptions();
    return (await this.#subscriptions).subscribe(options, handler);
  }

  /** Consumer groups by name: members, leases, lag and what is parked. */
  groups(): Promise<GroupDescription[]> {
    return this.#desk().groups();
  }

  /** What a group has set aside, by sequence. @throws LedgerError UNKNOWN_GROUP */
  parked(group: string): Promise<ParkedEventDescription[]> {
    return this.#desk().parked(group);
  }

  /** Has parked events delivered once more by whoever holds their partition; without sequences all. Returns how many. @throws LedgerError NOT_PARKED */
  async redeliver(group: string, sequences?: readonly number[]): Promise<number> {
    const count = await this.#ledger.groups.redeliver(group, sequences ?? null);
    this.#bus.stir();
    return count;
  }

  /** Forgets parked events. Returns how many. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  dropParked(group: string, sequences: readonly number[]): Promise<number> {
    return this.#ledger.groups.drop(group, sequences);
  }

  /** What {@link setCursors} would do. @throws LedgerError UNKNOWN_GROUP, INVALID_TIME */
  async planCursors(
    group: string,
    from: StartPoint,
    options: { partitions?: readonly string[] | undefined; zone?: string | undefined } = {},
  ): Promise<CursorPlan> {
    return this.#desk().plan(group, from, { zone: options.zone, partitions: await this.#select(options.partitions) });
  }

  /**
   * Steps a group to another place: what lies behind it comes again, or is left out.
   * @throws LedgerError GROUP_IN_USE while members are alive and it is not forced, UNKNOWN_GROUP, INVALID_TIME
   */
  async setCursors(
    group: string,
    from: StartPoint,
    options: { partitions?: readonly string[] | undefined; zone?: string | undefined; force?: boolean | undefined } = {},
  ): Promise<CursorPlan> {
    const plan = await this.#desk().move(group, from, { ...options, partitions: await this.#select(options.partitions) });
    this.#bus.stir();
    return plan;
  }

  #desk(): GroupDesk {
    return new GroupDesk(this.#ledger, this.#clock);
  }

  /** One event. @throws LedgerError INVALID_RANGE when the ledger does not have it. */
  async event(sequence: number): Promise<LedgerEvent> {
    for await (const event of this.replay({ fromSequence: sequence, throughSequence: sequence, determinism: 'relaxed' })) return event;
    throw new LedgerError('INVALID_RANGE', { message: `there is no sequence ${sequence}`, hint: `the head is at ${(await this.head()).sequence}` });
  }

  inspect(): Promise<LedgerDescription> {
    return this.#ledger.describe();
  }

  /** What moves, cheap enough to be asked for every second; `behind`: the head's sequence at the look before. */
  gauges(behind: number | null = null): Promise<LedgerGauges> {
    return this.#ledger.gauges(behind);
  }

  head(): Promise<Head> {
    return this.#ledger.head();
  }

  /**
   * Walks the whole ledger. `expectHead`: `SEQUENCE:HASH` kept elsewhere, which it must extend.
   * @throws LedgerError VERIFICATION_FAILED naming the first bad commit, HEAD_MISMATCH
   */
  verify(options: Omit<VerifyOptions, 'anchor' | 'idOf' | 'keyOf'> & { expectHead?: string | undefined } = {}): Promise<VerifyReport> {
    const { unique } = this.#ledger.identity.config;
    const ids = unique === null ? undefined : new FieldReader([unique], DEPTH_MAX);
    return this.#ledger.verify({
      ...options,
      anchor: options.expectHead === undefined ? undefined : parseHead(options.expectHead),
      idOf: ids === undefined ? undefined : (payload) => ids.text(payload),
      keyOf: (batch, at) => this.#eventLabels().key(batch, at),
    });
  }

  /** Waits for deliveries in hand and commits on their way, then lets go of the file. */
  async close(): Promise<void> {
    await (await this.#subscriptions)?.close();
    await this.#shared?.close();
    this.#watch?.close();
    this.#bus.fail(new LedgerError('CLOSED', { message: 'the engine was closed', hint: 'open it again' }));
    await this.#ledger.close();
  }

  /** Small commands do not pay for what only subscribers need. */
  async #openSubscriptions(): Promise<Subscriptions> {
    const { Subscriptions } = await import('./subscribing.ts');
    this.#audience = new Subscriptions({
      ledger: this.#ledger,
      bus: this.#bus,
      clock: this.#clock,
      labels: this.#eventLabels(),
      watch: () => this.#startWatching(),
      select: (names) => this.#select(names),
    });
    return this.#audience;
  }

  async #ingestAtomically(
    sources: readonly InputSource[],
    settings: EmissionSettings,
    producer: ProducerTrack | null,
    hooks: IngestHooks,
  ): Promise<EmissionReport> {
    const transaction: LedgerTransaction = await this.#ledger.begin();
    // nothing is told before all of it is stored
    const untold: Parameters<NonNullable<IngestHooks['onCommit']>>[] = [];
    const keep: IngestHooks['onCommit'] = (events, place) => {
      events.keep();
      untold.push([events, place]);
    };
    let report: EmissionReport;
    try {
      const target = { basis: () => this.#ledger.basis(), pinsOf: transaction.pinsOf, commit: transaction.commit, openPipeline: null };
      report = await ingest(this.#emitter(target, settings), sources, producer, scanLimits(settings).lineBytesMax, {
        ...hooks,
        onCommit: hooks.onCommit && keep,
      });
    } catch (error) {
      await transaction.abandon();
      throw withoutRest(error);
    }
    if (!report.isComplete) {
      await transaction.abandon();
      return { ...report, events: 0, bytes: 0, commits: 0, firstSequence: 0, lastSequence: 0, head: null };
    }
    await transaction.end();
    this.#bus.announce(report.lastSequence);
    for (const [events, place] of untold) await hooks.onCommit?.(events, place);
    return report;
  }

  /** The ledger as a target whose commits are told on the bus once they are durable. */
  #announcing(ledger: Ledger): EmissionTarget {
    return {
      basis: () => ledger.basis(),
      pinsOf: (sessions) => ledger.pinsOf(sessions),
      commit: async (draft) => this.#announce(await ledger.commit(draft)),
      openPipeline: async () => {
        const pipeline = await ledger.openPipeline();
        return {
          offer: async (draft, generation) => this.#announce(await pipeline.offer(draft, generation)),
          close: () => pipeline.close(),
        };
      },
    };
  }

  #announce<Outcome extends CommitOutcome | Stale>(outcome: Outcome): Outcome {
    if (outcome.kind === 'committed') this.#bus.announce(outcome.head.sequence);
    return outcome;
  }

  #emitter(target: EmissionTarget, settings: EmissionSettings): Emitter {
    return new Emitter({ target, makeRouter, clock: this.#clock }, settings);
  }

  #settings(options: EmitOptions, onBadLine: EmissionSettings['onBadLine']): EmissionSettings {
    const { config } = this.#ledger.identity;
    return {
      time: config.time,
      unique: config.unique,
      lineBytesMax: checkLineBytesMax(options.lineBytesMax ?? config.lineBytesMax),
      depthMax: DEPTH_MAX,
      maxSkewMicros: readDuration(options.maxSkew ?? MAX_SKEW),
      late: options.late ?? 'record',
      isEnvelope: options.envelope ?? false,
      given: toGiven(options),
      onBadLine,
    };
  }

  async #producerTrack(name: string): Promise<ProducerTrack> {
    checkName('producer', name);
    // node:crypto behind it costs a tenth of a small command's time, and few commands need it
    const { ProducerTrack } = await import('./emission/producer-track.ts');
    return new ProducerTrack(name, await this.#ledger.producerMark(name));
  }

  #sharedCommits(): SharedCommits {
    const parts = { target: this.#announcing(this.#ledger), makeRouter, clock: this.#clock };
    this.#shared ??= new SharedCommits(parts, this.#settings({}, 'calls'), async (sequence) => {
      const { partition, offset, time } = await this.event(sequence);
      return { sequence, partition, offset, time };
    });
    return this.#shared;
  }

  #replayParts(options: ReplayOptions, behind: number): ReplayParts {
    return {
      ledger: this.#ledger,
      clock: this.#clock,
      timer: this.#timer,
      labels: this.#eventLabels(),
      select: () => this.#select(options.partitions),
      verify: (options.determinism ?? this.#determinism) === 'strict',
      behind,
      startWatching: () => this.#startWatching(),
      grown: this.#grown,
    };
  }

  #telling(options: ReplayOptions, behind: number): Telling {
    const parts = this.#replayParts(options, behind);
    const audience = () => this.#audience?.audience() ?? null;
    return new Telling(replaying(parts, options), { labels: parts.labels, isVerified: parts.verify, audience, signal: options.signal });
  }

  readonly #grown = (sequence: number, signal?: AbortSignal): Promise<void> => this.#bus.beyond(sequence, signal);

  /** Whether this ledger is still the one whose events lie in the target. */
  async #checkHeld(held: ProducerMark, target: string): Promise<void> {
    const { eventMark } = await import('./emission/transfer-track.ts');
    const isThere = held.position <= (await this.head()).sequence;
    if (isThere && eventMark(await this.event(held.position)).digest.equals(held.digest)) return;
    throw new LedgerError('PRODUCER_CONFLICT', {
      message: `${target} holds events of this ledger through sequence ${held.position}, and ${isThere ? 'another event stands there' : 'it ends before'}`,
      hint: 'it was cut off or is an older copy: look for the one these events came from',
      details: { position: held.position },
    });
  }

  async #select(names: readonly string[] | undefined): Promise<number[] | null> {
    if (names === undefined || names.length === 0) return null;
    // one of them may have been added since the ledger was opened
    await this.#ledger.head();
    return [...new Set(selectPartitions(this.partitions, names).map(({ id }) => id))].sort((one, other) => one - other);
  }

  /** One watch for all who follow. Returns what ends it for this one. */
  #startWatching(): () => void {
    this.#followers++;
    this.#watch ??= this.#ledger.watch({
      onCommit: () => {
        this.#ledger.head().then(
          // what was committed may be no event: a group's cursor, say
          ({ sequence }) => (sequence > this.#bus.sequence ? this.#bus.announce(sequence) : this.#bus.stir()),
          (error: unknown) => this.#bus.fail(error),
        );
      },
      onError: (error) => this.#bus.fail(error),
    });
    return () => {
      this.#followers--;
      if (this.#followers > 0) return;
      this.#watch?.close();
      this.#watch = undefined;
    };
  }

  #eventLabels(): EventLabels {
    this.#labels ??= labelsOf(this.#ledger);
    return this.#labels;
  }
}

/** Of an atomic emission there is no rest to go on with. */
function withoutRest(error: unknown): unknown {
  if (!(error instanceof LedgerError) || (error.code !== 'BAD_LINE' && error.code !== 'ID_CONFLICT')) return error;
  const { message, details, cause } = error;
  return new LedgerError(error.code, { message, details, cause, hint: 'nothing is stored: mend the line and emit all of it again' });
}

/** The name under which a target keeps how far it holds another ledger, one for each choice of events. */
function transferName(uuid: string, filter: string): string {
  return filter === '' ? `replay-of-${uuid}` : `replay-of-${uuid}.${blake3(filter).toString('hex').slice(0, 12)}`;
}

/** A sink that asks when everything would be due. */
function clockedBy(pace: Pace): Sink {
  return {
    deliver: async (batches) => {
      for (const { times } of batches) pace.dues(times);
      return true;
    },
  };
}

function toBlueprint(options: CreateOptions): LedgerBlueprint {
  const config: LedgerConfig = {
    time: options.time === undefined ? null : parseFieldPath(options.time),
    unique: options.unique === undefined ? null : parseFieldPath(options.unique),
    durability: options.durability ?? 'full',
    determinism: options.determinism ?? 'strict',
    lineBytesMax: checkLineBytesMax(options.lineBytesMax ?? LINE_BYTES_DEFAULT),
  };
  const routing = toRouting(options.partition ?? 'hash');
  return { config, routing, ...layOutPartitions(routing, options.partitions) };
}

function toPatience({ busyTimeoutMs, signal }: Pick<OpenOptions, 'busyTimeoutMs' | 'signal'>): { limitMs: number; signal: AbortSignal | undefined } {
  return { limitMs: busyTimeoutMs ?? BUSY_TIMEOUT_MS, signal };
}

function toRouting(partition: RoutingSpec | string): RoutingSpec {
  return typeof partition === 'string' ? parseRoutingSpec(partition) : partition;
}

/** @throws LedgerError CONFIG_MISMATCH */
function checkAskedFor(ledger: Ledger, options: OpenOptions): void {
  const { config, epochs, partitions, path } = ledger.identity;
  const routing = (epochs.at(-1) ?? epochs[0]).spec;
  const there = { config, routing, partitionNames: partitions.map(({ name }) => name) };
  const asked = options.partition === undefined ? undefined : toRouting(options.partition);
  const found = differences(there, {
    ...(asked === undefined ? {} : { routing: asked }),
    ...(options.partitions === undefined ? {} : { partitionNames: withMissingName(asked ?? routing, partitionNames(options.partitions)) }),
    ...(options.time === undefined ? {} : { time: parseFieldPath(options.time) }),
    ...(options.unique === undefined ? {} : { unique: parseFieldPath(options.unique) }),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
  });
  if (found.length === 0) return;
  throw new LedgerError('CONFIG_MISMATCH', {
    message: `${path} was made otherwise: ${found.join('; ')}`,
    hint: 'leave these options out, or use another ledger',
    details: { path, differences: found },
  });
}

function toGiven({ key, to }: GivenOptions): Given {
  return { key: key ?? null, to: to ?? null };
}

function isStream(input: unknown): input is AsyncIterable<Uint8Array | string> {
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input;
}

function toLine(event: EventInput): Buffer {
  if (typeof event === 'string') return Buffer.from(event, 'utf8');
  if (event instanceof Uint8Array) return Buffer.from(event);
  const json = JSON.stringify(event) as string | undefined;
  if (json !== undefined) return Buffer.from(json, 'utf8');
  throw new LedgerError('BAD_LINE', { message: `emit(): a ${typeof event} is no event`, hint: 'emit JSON values, or JSON text' });
}
