/**
 * The engine: opens a ledger, connects its parts, dispatches each call and closes everything in reverse order. Contains
 * no logic of a part.
 */

import { Bus } from './bus/bus.ts';
import type { EventReceipt } from './emission/commit/event-receipt.ts';
import type { EmissionReport, IngestHooks } from './emission/commit/ingest.ts';
import type { InputSource } from './emission/input/input-source.ts';
import { type ArchiveOptions, archive, archivedRuns, planArchive } from './engine/archive.ts';
import { type BackupCallOptions, backingUp } from './engine/backup.ts';
import {
  ALL_OR_SEQUENCES,
  ARCHIVE,
  BACKUP,
  COMPACT,
  CREATE,
  DIFF,
  EMIT,
  EMIT_EVENTS,
  HANDLER,
  HEAD_BEFORE,
  LATE_EVENTS,
  OPEN,
  REPLAY,
  SOURCES,
  SURVEY,
  TAIL,
} from './engine/call-options.ts';
import { CHECKPOINT, CHECKPOINT_TRUST, COSIGN, PROOF, VERIFY, VERIFY_PROOF } from './engine/checkpoint-options.ts';
import type {
  CheckpointOptions,
  CheckpointProof,
  CheckpointTrust,
  Cosigned,
  CosignOptions,
  ProofOptions,
  ProofReport,
  ProofVerification,
  SignedCheckpoint,
  VerifyProofOptions,
} from './engine/checkpoint-types.ts';
import { type CompactOptions, compacting } from './engine/compact.ts';
import { type DiffOptions, type DiffSide, diff, type LedgerDiff } from './engine/diff.ts';
import { type DryRunReport, dryRun } from './engine/dry-run.ts';
import { type EmitEventsOptions, type EmitOptions, Emitting, type SingleEvent } from './engine/emit.ts';
import type { EventInput } from './engine/event-line.ts';
import { filterText } from './engine/filter.ts';
import {
  type CursorPlan,
  type ForceOptions,
  GroupAdmin,
  type GroupDescription,
  type ParkedEventDescription,
  type ParkedOptions,
  type SetCursorsOptions,
} from './engine/group-admin.ts';
import { FORCE, PARKED, PLAN_CURSORS, SET_CURSORS, SUBSCRIBE } from './engine/group-options.ts';
import { labelsOf } from './engine/labels.ts';
import { locating } from './engine/locate.ts';
import {
  type CreateOptions,
  checkAskedFor,
  isUnmade,
  type OpenOptions,
  toBlueprint,
  toBusyLimit,
  zoneNameOf,
} from './engine/open.ts';
import { Partitioning } from './engine/partitioning.ts';
import { Reads } from './engine/reads.ts';
import type { ReplayOptions } from './engine/replay.ts';
import { type TransferReport, transfer } from './engine/replay-into.ts';
import type { Handler, SubscribeOptions, Subscription } from './engine/subscription.ts';
import type { Subscriptions } from './engine/subscriptions.ts';
import type { LateEvents, LateEventsOptions } from './engine/survey/late-events.ts';
import type { LedgerSurvey, SurveyOptions } from './engine/survey/survey.ts';
import type { TailOptions } from './engine/tail.ts';
import { type LedgerProof, type VerifyOptions, verifying } from './engine/verify.ts';
import { Watching } from './engine/watch.ts';
import type { ArchivedRun, ArchivePlan, ArchiveReport } from './ledger/archives.ts';
import type { CompactReport } from './ledger/compaction.ts';
import type { LedgerPermissions } from './ledger/driver.ts';
import { driverOf } from './ledger/drivers.ts';
import type { BackupReport, InspectedLedger, Ledger, LedgerGauges, LedgerIdentity } from './ledger/ledger.ts';
import { rejectAborted } from './model/aborted.ts';
import { closeAll } from './model/closing.ts';
import type { EventLabels } from './model/events/event-labels.ts';
import type { Head } from './model/events/head.ts';
import type { LedgerEvent } from './model/events/ledger-event.ts';
import type { FixedRange } from './model/events/range.ts';
import { invalidArgument, LedgerError } from './model/ledger-error.ts';
import { kindOf, number, positive, text } from './model/options/option-kinds.ts';
import { readArgument, readOptions } from './model/options/options.ts';
import type { Partition } from './model/routing/partition.ts';
import { type Clock, systemClock } from './model/time/clock.ts';
import { type TimeZone, timeZone } from './model/time/time-zone.ts';
import { systemTimer, type Timer } from './model/time/timer.ts';
import { headAheadWarning, segmentsWarning, WORLD_READABLE } from './model/warning.ts';
import type { EventStream } from './output/event-stream.ts';

/**
 * An open ledger: emits, reads and verifies events, and delivers them to subscribers. Times are integer microseconds
 * since the epoch.
 */
export class Completengine {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #timer: Timer;
  /** Of event times without an offset. */
  readonly #zone: TimeZone | null;
  readonly #bus = new Bus();
  readonly #watching: Watching;
  readonly #emitting: Emitting;
  readonly #reads: Reads;
  #labels: EventLabels | undefined;
  #subscriptions: Promise<Subscriptions> | undefined;
  /** The resolved value of `#subscriptions`, once it exists. */
  #liveSubscribers: Subscriptions | undefined;
  #partitioning: Partitioning | undefined;
  #closing: Promise<void> | undefined;

  private constructor({ ledger, busyTimeoutMs }: OpenedLedger, options: OpenOptions, zone: TimeZone | null) {
    this.#ledger = ledger;
    this.#clock = options.clock ?? systemClock;
    this.#timer = options.timer ?? systemTimer;
    this.#zone = zone;
    this.#watching = new Watching(ledger, this.#bus);
    this.#emitting = new Emitting({
      ledger,
      bus: this.#bus,
      clock: this.#clock,
      isClockTrusted: options.trustClock ?? false,
      zone,
      busyTimeoutMs,
      locate: locating(ledger),
    });
    this.#reads = new Reads({
      ledger,
      clock: this.#clock,
      timer: this.#timer,
      determinism: options.determinism ?? ledger.identity.config.determinism,
      labels: () => this.#eventLabels(),
      liveSubscribers: () => this.#liveSubscribers?.liveSubscribers() ?? null,
      startWatching: () => this.#watching.begin(),
      grown: (sequence, signal) => this.#bus.beyond(sequence, signal),
    });
  }

  /**
   * Opens a ledger, and creates it if there is none.
   * @throws LedgerError CONFIG_MISMATCH if it exists with another routing, time or id than requested; NOT_A_LEDGER,
   * NEWER_FORMAT, HARD_LINKED, PERMISSION_DENIED, CANNOT_CREATE, CANNOT_LOAD, BUSY
   */
  static async open(options: OpenOptions): Promise<Completengine> {
    return Completengine.#open(readOptions('open()', options, OPEN));
  }

  static async #open(options: OpenOptions): Promise<Completengine> {
    const opened = await openLedger(options).catch(async (error: unknown) => {
      if (options.create === false || options.access === 'read' || !isUnmade(error)) throw error;
      await Completengine.#create(options.ledger, options).catch((failure: unknown) => {
        // another process created it first: open that ledger below, and compare
        if (!(failure instanceof LedgerError && failure.code === 'LEDGER_EXISTS')) throw failure;
      });
      return openLedger(options);
    });
    const { ledger } = opened;
    try {
      checkAskedFor(ledger, options);
      const { zone } = ledger.identity.config;
      return new Completengine(opened, options, zone === null ? null : await timeZone(zone));
    } catch (error) {
      await ledger.close().catch(() => {});
      throw error;
    }
  }

  /** Creates a ledger. @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, CANNOT_LOAD, INVALID_ARGUMENT */
  static async create(
    path: string,
    options?: CreateOptions & Pick<OpenOptions, 'clock' | 'busyTimeoutMs' | 'signal'>,
  ): Promise<void> {
    await Completengine.#create(readArgument('create()', 'path', path, text), readOptions('create()', options, CREATE));
  }

  static async #create(
    path: string,
    options: CreateOptions & Pick<OpenOptions, 'clock' | 'busyTimeoutMs' | 'signal'>,
  ): Promise<void> {
    const driver = await driverOf(path);
    await driver.create(
      path,
      toBlueprint(options, await zoneNameOf(options)),
      options.clock ?? systemClock,
      toBusyLimit(options, driver),
    );
  }

  /** Whether something is stored at the location of a ledger. */
  static async exists(ledger: string): Promise<boolean> {
    const location = readArgument('exists()', 'ledger', ledger, text);
    return (await driverOf(location)).exists(location);
  }

  /** What accounts need of the servers of a ledger. Nothing is asked of these. @throws LedgerError INVALID_ARGUMENT for a ledger in a file */
  static async permissions(ledger: string): Promise<LedgerPermissions> {
    const location = readArgument('permissions()', 'ledger', ledger, text);
    const { permissions } = await driverOf(location);
    if (permissions !== null) return permissions(location);
    throw invalidArgument(
      `${location} is a file, and its owner may read and write it`,
      'name a ledger on NATS: nats://HOST/NAME',
    );
  }

  /** The settings fixed at creation, with the epochs and partitions as of the last read of the ledger. */
  get identity(): LedgerIdentity {
    return this.#ledger.identity;
  }

  /** The partitions as of the last read of the ledger; other processes may have added some since. */
  get partitions(): readonly Partition[] {
    return this.#ledger.identity.partitions;
  }

  /** The routing: explains where events go, and begins epochs that change it. */
  get partitioning(): Partitioning {
    this.#partitioning ??= new Partitioning(
      this.#ledger,
      this.#clock,
      (format) => this.#emitting.settings({ format }, 'collect'),
      () => this.#bus.notifyChange(),
    );
    return this.#partitioning;
  }

  /**
   * Commits the events together, all or none; receipts are in the order of the events. Up to 64 MiB.
   * @throws LedgerError BAD_LINE, ID_CONFLICT, INVALID_ARGUMENT
   */
  emit(events: readonly EventInput[], options?: EmitEventsOptions): Promise<EventReceipt[]>;
  /**
   * Commits a stream of JSON lines, of any length and in chunks of any size.
   * @throws LedgerError BAD_LINE at the first bad line: everything before it is committed, and reported in
   * `details.report`; as {@link ingest} does; and the stream's own error unchanged
   */
  emit(stream: AsyncIterable<Uint8Array | string>, options?: EmitOptions & IngestHooks): Promise<EmissionReport>;
  /** Commits one event. Simultaneous calls share a commit. @throws LedgerError BAD_LINE, ID_CONFLICT */
  emit<Event extends EventInput>(event: SingleEvent<Event>, options?: EmitEventsOptions): Promise<EventReceipt>;
  async emit(
    input: EventInput | readonly EventInput[] | AsyncIterable<Uint8Array | string>,
    options?: EmitOptions & IngestHooks,
  ): Promise<EventReceipt | EventReceipt[] | EmissionReport> {
    if (isStream(input))
      return this.#emitting.ingest(
        [{ name: 'stream', open: () => input }],
        readOptions('emit() of a stream', options, EMIT),
      );
    const checked = readOptions('emit() of events', options, EMIT_EVENTS);
    if (Array.isArray(input)) return this.#emitting.emit(input, checked);
    const [receipt] = await this.#emitting.emit([input as EventInput], checked);
    return receipt as EventReceipt;
  }

  /**
   * Commits named inputs one after the other as a single input, as {@link emit} does a stream.
   * @throws LedgerError BAD_LINE, PRODUCER_CONFLICT, DISK_FULL, OUTCOME_UNKNOWN
   */
  async ingest(sources: readonly InputSource[], options?: EmitOptions & IngestHooks): Promise<EmissionReport> {
    return this.#emitting.ingest(
      readArgument('ingest()', 'sources', sources, SOURCES),
      readOptions('ingest()', options, EMIT),
    );
  }

  /** The last events, or those from a start on; with `follow` also new ones. Iterate it, or deliver it to a sink. */
  tail(options?: TailOptions): EventStream {
    return this.#reads.tail(() => readOptions('tail()', options, TAIL));
  }

  /**
   * Replays a range that is fixed when the replay starts. Iterate it, await it for its report (live subscribers then
   * receive the events), or deliver it to a sink.
   * @throws LedgerError VERIFICATION_FAILED, INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT
   */
  replay(options?: ReplayOptions): EventStream {
    return this.#reads.replay(() => readOptions('replay()', options, REPLAY), 0);
  }

  /**
   * The sequences that a replay would deliver now, both ends inclusive; empty if `through` < `from`. It also says by which times it was
   * asked for, and where the ledger ends.
   * @throws for invalid options
   */
  async range(options?: ReplayOptions): Promise<FixedRange> {
    return this.#reads.range(readOptions('range()', options, REPLAY));
  }

  /**
   * Replays into another ledger: same order, times and bytes, routed by the target. The position is stored there with
   * each commit; a second run continues after it.
   * @throws LedgerError INVALID_ARGUMENT for the same ledger, PRODUCER_CONFLICT, BAD_LINE for an event that the target
   * cannot accept unchanged
   */
  async replayInto(target: Completengine, options?: ReplayOptions): Promise<TransferReport> {
    readArgument('replayInto()', 'target', target, ENGINE);
    const read = readOptions('replayInto()', options, REPLAY);
    const source = {
      ledger: this.#ledger,
      event: (sequence: number) => this.event(sequence),
      replay: (after: number) => this.#reads.replay(() => read, after),
      filter: filterText(read),
    };
    return transfer(source, { ledger: target.#ledger, emitting: target.#emitting });
  }

  /**
   * What a replay would deliver, and how long it would take at its speed; null at `max`. Delivers nothing.
   * @throws as a replay does
   */
  async dryRun(options?: ReplayOptions): Promise<DryRunReport> {
    return dryRun(readOptions('dryRun()', options, REPLAY), (unpaced) => this.#reads.replay(() => unpaced, 0));
  }

  /**
   * Delivers events to a handler as they arrive: as a member of a group, which has durable cursors, or as a live
   * subscriber. A live subscriber has no stored state, and also receives awaited replays. Deliveries of a partition are
   * sequential. A handler without a group must not await a replay, which would wait for the handler: that is refused.
   * Resolves when the subscription is active: everything committed from then on is delivered.
   * @throws LedgerError INVALID_ARGUMENT, UNKNOWN_PARTITION, PERMISSION_DENIED if a group cannot be written
   */
  async subscribe(options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    const read = readOptions('subscribe()', options, SUBSCRIBE);
    readArgument('subscribe()', 'handler', handler, HANDLER);
    this.#subscriptions ??= this.#openSubscriptions();
    return (await this.#subscriptions).subscribe(read, handler);
  }

  /** Consumer groups by name: members, leases, lag and parked events. */
  async groups(): Promise<GroupDescription[]> {
    return this.#groupAdmin().groups();
  }

  /**
   * The parked events of a group in sequence order, read page by page as it is iterated. Events parked, redelivered or
   * dropped meanwhile may or may not be included.
   * @throws LedgerError UNKNOWN_GROUP, when it is iterated
   */
  async *parked(group: string, options?: ParkedOptions): AsyncGenerator<ParkedEventDescription, void, undefined> {
    const read = readOptions('parked()', options, PARKED);
    yield* this.#groupAdmin().parked(readArgument('parked()', 'group', group, text), read);
  }

  /**
   * Marks parked events for redelivery by the members that hold their partitions; without sequences, all of them. Up to
   * 1,000 named ones are marked all or none; more take several transactions. Returns their number.
   * @throws LedgerError UNKNOWN_GROUP, NOT_PARKED
   */
  async redeliver(group: string, sequences: 'all' | readonly number[] = 'all'): Promise<number> {
    readArgument('redeliver()', 'group', group, text);
    const count = await this.#groupAdmin().redeliver(
      group,
      readArgument('redeliver()', 'sequences', sequences, ALL_OR_SEQUENCES),
    );
    this.#bus.notifyChange();
    return count;
  }

  /**
   * Deletes parked events, in transactions as {@link redeliver} does. Returns their number.
   * @throws LedgerError UNKNOWN_GROUP, NOT_PARKED
   */
  async dropParked(group: string, sequences: 'all' | readonly number[]): Promise<number> {
    readArgument('dropParked()', 'group', group, text);
    return this.#groupAdmin().drop(group, readArgument('dropParked()', 'sequences', sequences, ALL_OR_SEQUENCES));
  }

  /** What {@link setCursors} would do. @throws LedgerError UNKNOWN_GROUP, INVALID_TIME */
  async planCursors(group: string, options: Omit<SetCursorsOptions, 'force'>): Promise<CursorPlan> {
    const { partitions, ...start } = readOptions('planCursors()', options, PLAN_CURSORS);
    readArgument('planCursors()', 'group', group, text);
    return this.#groupAdmin().plan(group, { ...start, partitions: await this.#reads.select(partitions) });
  }

  /**
   * Resets a group's offsets: events after the new position are delivered again, skipped ones are not delivered.
   * @throws LedgerError GROUP_IN_USE while members are alive and `force` is not set, UNKNOWN_GROUP, INVALID_TIME
   */
  async setCursors(group: string, options: SetCursorsOptions): Promise<CursorPlan> {
    const { partitions, ...start } = readOptions('setCursors()', options, SET_CURSORS);
    readArgument('setCursors()', 'group', group, text);
    const plan = await this.#groupAdmin().move(group, { ...start, partitions: await this.#reads.select(partitions) });
    this.#bus.notifyChange();
    return plan;
  }

  /**
   * Moves a group past one event that it cannot take, which has to be the next one of its partition.
   * @throws LedgerError CURSOR_CONFLICT if it is not, GROUP_IN_USE while members are alive and `force` is not set,
   * UNKNOWN_GROUP, INVALID_RANGE if the ledger does not have the event
   */
  async skip(group: string, sequence: number, options?: ForceOptions): Promise<CursorPlan> {
    const { force = false } = readOptions('skip()', options, FORCE);
    readArgument('skip()', 'group', group, text);
    const event = await this.event(readArgument('skip()', 'sequence', sequence, number));
    const plan = await this.#groupAdmin().skip(group, event, force);
    this.#bus.notifyChange();
    return plan;
  }

  /**
   * Deletes a group: its offsets, its members and its parked events. Members that still run end with UNKNOWN_GROUP.
   * @throws LedgerError GROUP_IN_USE while members have not left, also expired ones, and `force` is not set,
   * UNKNOWN_GROUP
   */
  async deleteGroup(group: string, options?: ForceOptions): Promise<void> {
    const { force = false } = readOptions('deleteGroup()', options, FORCE);
    await this.#groupAdmin().delete(readArgument('deleteGroup()', 'group', group, text), force);
    this.#bus.notifyChange();
  }

  #groupAdmin(): GroupAdmin {
    return new GroupAdmin(this.#ledger, this.#clock, this.#eventLabels());
  }

  /** One event. @throws LedgerError INVALID_RANGE if the ledger does not have it */
  async event(sequence: number): Promise<LedgerEvent> {
    readArgument('event()', 'sequence', sequence, number);
    for await (const event of this.replay({
      fromSequence: sequence,
      throughSequence: sequence,
      determinism: 'relaxed',
    }))
      return event;
    throw new LedgerError('INVALID_RANGE', {
      message: `there is no sequence ${sequence}`,
      hint: `the head is at ${(await this.head()).sequence}`,
    });
  }

  /** The contents of the ledger, its archive, and its storage. */
  async inspect(): Promise<InspectedLedger> {
    const description = await this.#ledger.describe();
    const archived = await archivedRuns(this.#ledger);
    const hasOwnTimes = this.identity.config.time !== null;
    const warnings = [
      headAheadWarning(description.head, this.#clock.nowMicros(), hasOwnTimes),
      ...(await this.#ledger.warnings('all')),
      description.storage.worldReadable ? WORLD_READABLE : null,
      segmentsWarning(archived),
    ];
    return { ...description, archived, warnings: warnings.filter((warning) => warning !== null) };
  }

  /**
   * Figures for a report, all as of one moment: events by time and partition, late events, commits, groups, parked
   * events by reason, the last events. Ten million events take a few seconds.
   * @throws LedgerError INVALID_ARGUMENT
   */
  async survey(options?: SurveyOptions): Promise<LedgerSurvey> {
    const given = readOptions('survey()', options, SURVEY);
    const { surveying } = await import('./engine/survey/survey.ts');
    return rejectAborted(given.signal, () => surveying(this.#ledger, this.#clock, this.#zone, given));
  }

  /**
   * How many events are late: carry an earlier time than the one they are recorded at. Null if events have the time of
   * their arrival. Of more than 50,000 events it reads a sample.
   * @throws LedgerError INVALID_ARGUMENT, VERIFICATION_FAILED for events that are damaged
   */
  async lateEvents(options?: LateEventsOptions): Promise<LateEvents | null> {
    const given = readOptions('lateEvents()', options, LATE_EVENTS);
    const { lateEvents } = await import('./engine/survey/late-events.ts');
    return lateEvents(this.#ledger, this.#zone, given);
  }

  /** Moving figures, cheap enough to poll every second; `after`: the head's sequence at the previous poll. */
  async gauges(after: number | null = null): Promise<LedgerGauges> {
    return this.#ledger.gauges(readArgument('gauges()', 'after', after, HEAD_BEFORE));
  }

  /**
   * The last sequence, its time and the chain hash there; `formatHead` makes the text to keep elsewhere for
   * {@link verify}.
   */
  async head(): Promise<Head> {
    return this.#ledger.head();
  }

  /**
   * Verifies the whole ledger.
   * With `checkpoints` it proves in the same pass that the ledger extends each of them.
   * @throws LedgerError VERIFICATION_FAILED naming the first corrupt commit, HEAD_MISMATCH, CHECKPOINT_REFUSED,
   * CHECKPOINT_FORKED, ABORTED, INVALID_ARGUMENT
   */
  async verify(options?: VerifyOptions): Promise<LedgerProof> {
    const read = readOptions('verify()', options, VERIFY);
    const work =
      read.checkpoints === undefined ? verifying : (await import('./engine/checkpoints.ts')).verifyingCheckpoints;
    return rejectAborted(read.signal, () => work(this.#ledger, this.#eventLabels(), read));
  }

  /**
   * Signs the head: a checkpoint, which kept elsewhere proves later that nothing was cut off or rewritten. It is a
   * signed note of C2SP, which other tools verify too.
   * @throws LedgerError INVALID_ARGUMENT for what is no key, HEAD_MISMATCH if the ledger does not reach `previous`,
   * CHECKPOINT_REFUSED, UNSUPPORTED of a segment
   */
  async checkpoint(options: CheckpointOptions): Promise<SignedCheckpoint> {
    const read = readOptions('checkpoint()', options, CHECKPOINT);
    const { signing } = await import('./engine/checkpoints.ts');
    return signing(this.#ledger, this.#clock, read);
  }

  /**
   * Cosigns the last checkpoint as a witness: only if the ledger extends it and all others, and the one that the
   * witness cosigned before.
   * @throws LedgerError as {@link verify} does
   */
  async cosign(options: CosignOptions): Promise<Cosigned> {
    const read = readOptions('cosign()', options, COSIGN);
    const { cosigning } = await import('./engine/cosign.ts');
    return rejectAborted(read.signal, () => cosigning(this.#ledger, this.#eventLabels(), this.#clock, read));
  }

  /**
   * Makes a proof that one event is in the ledger: its frame, its commit, and the links from there to a checkpoint. It
   * is verified without the ledger.
   * @throws LedgerError INVALID_RANGE if there is no such event, CHECKPOINT_REFUSED if no checkpoint covers it,
   * PROOF_TOO_LONG, HEAD_MISMATCH, VERIFICATION_FAILED, ARCHIVE_MISSING, INVALID_ARGUMENT
   */
  async prove(sequence: number, options: ProofOptions): Promise<ProofReport> {
    readArgument('prove()', 'sequence', sequence, positive);
    const read = readOptions('prove()', options, PROOF);
    const { proving } = await import('./engine/proof.ts');
    return rejectAborted(read.signal, () => proving(this.#ledger, this.#clock, sequence, read));
  }

  /** Verifies a proof of one event, without a ledger. @throws LedgerError VERIFICATION_FAILED, CHECKPOINT_REFUSED, INVALID_ARGUMENT */
  static async verifyProof(proof: string, options: VerifyProofOptions): Promise<ProofVerification> {
    readArgument('verifyProof()', 'proof', proof, text);
    const read = readOptions('verifyProof()', options, VERIFY_PROOF);
    const { verifyingProof } = await import('./engine/proof.ts');
    return verifyingProof(proof, read);
  }

  /**
   * What checkpoints prove without their ledger: who has signed them, and that none contradicts another.
   * @throws LedgerError CHECKPOINT_REFUSED, CHECKPOINT_FORKED, INVALID_ARGUMENT
   */
  static async checkCheckpoints(options: CheckpointTrust): Promise<CheckpointProof> {
    const read = readOptions('checkCheckpoints()', options, CHECKPOINT_TRUST);
    const { checkingCheckpoints } = await import('./engine/checkpoints.ts');
    return checkingCheckpoints(read);
  }

  /**
   * The first sequence at which this ledger and another differ. Copies of one ledger are both verified, unless
   * `chainOnly`, and compared by their chain hashes, by payload only after their last common commit; other ledgers by
   * payload.
   * @throws LedgerError INVALID_RANGE if they have no sequence in common; VERIFICATION_FAILED naming the ledger and its
   * corrupt commit
   */
  async diff(other: Completengine, options?: DiffOptions): Promise<LedgerDiff> {
    readArgument('diff()', 'other', other, ENGINE);
    const read = readOptions('diff()', options, DIFF);
    return rejectAborted(read.signal, () => diff(this.#diffSide(), other.#diffSide(), read));
  }

  #diffSide(): DiffSide {
    return {
      ledger: this.#ledger,
      // only payloads are compared, and the chain vouches for what is before them
      events: (fromSequence, throughSequence) => this.replay({ fromSequence, throughSequence, determinism: 'relaxed' }),
      verify: (options) => verifying(this.#ledger, this.#eventLabels(), options),
    };
  }

  /** What {@link archive} would do, with `groupsBehind` that it would refuse. @throws LedgerError INVALID_TIME, INVALID_ARGUMENT */
  async planArchive(options: ArchiveOptions): Promise<ArchivePlan> {
    return planArchive(this.#ledger, this.#clock, readOptions('planArchive()', options, ARCHIVE));
  }

  /**
   * Moves commits before a time into a segment, a file of its own, or drops them. Reads go on as if nothing had moved as long as the segment is in the
   * directory of the archive. Emitters, readers and members go on meanwhile. Ended at any moment, it can be run again.
   * @throws LedgerError GROUP_BEHIND, CANNOT_CREATE, DISK_FULL, BUSY, VERIFICATION_FAILED, INVALID_TIME, INVALID_ARGUMENT
   */
  async archive(options: ArchiveOptions): Promise<ArchiveReport> {
    const read = readOptions('archive()', options, ARCHIVE);
    const report = await rejectAborted(read.signal, () => archive(this.#ledger, this.#clock, read));
    this.#bus.notifyChange();
    return report;
  }

  /** The archived and dropped runs of commits, in order. */
  async archivedRuns(): Promise<readonly ArchivedRun[]> {
    return archivedRuns(this.#ledger);
  }

  /**
   * Copies the ledger as of now into a new file, while it is used: verified against the head in the report, durable, and
   * with the same uuid. Nothing is overwritten; until it resolves there is no file under the name.
   * @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, DISK_FULL, VERIFICATION_FAILED, LEDGER_REPLACED, UNSUPPORTED by a
   * storage that cannot
   */
  async backup(path: string, options?: BackupCallOptions): Promise<BackupReport> {
    const read = readOptions('backup()', options, BACKUP);
    const target = readArgument('backup()', 'path', path, text);
    return rejectAborted(read.signal, () => backingUp(this.#ledger, target, read));
  }

  /**
   * Rewrites how events are stored, and gives free space back, beside emitters and readers. What is stored does not change: head, chain and digests stay.
   * Ended by its signal or a kill, it can be called again.
   * @throws LedgerError VERIFICATION_FAILED naming a commit that is not what was committed, BUSY if a long read stands in its way, DISK_FULL, CANNOT_LOAD,
   * INVALID_ARGUMENT, INVALID_TIME
   */
  async compact(options?: CompactOptions): Promise<CompactReport> {
    return compacting(this.#ledger, this.#clock, readOptions('compact()', options, COMPACT));
  }

  /**
   * Waits for current deliveries and commits, then releases the file, its threads and its timers. Subscriptions end;
   * following tails and replays, backups in progress, and every later call, reject with CLOSED. May be called again. If
   * one part cannot be closed, the rest is closed all the same. Called in a handler of its own it begins the close and
   * resolves at once, because the rest waits for the handler.
   * @throws the first failure
   */
  async close(): Promise<void> {
    const isInside = this.#liveSubscribers?.isCallerInside ?? false;
    this.#closing ??= closeAll([
      async () => (await this.#subscriptions?.catch(() => null))?.close(),
      () => this.#emitting.close(),
      () => this.#watching.close(),
      () => this.#bus.fail(new LedgerError('CLOSED', { message: 'the engine was closed', hint: 'open it again' })),
      () => this.#ledger.close(),
    ]);
    if (!isInside) return this.#closing;
    // a failure is reported to the next caller from outside
    this.#closing.catch(() => {});
  }

  /** Closes it at the end of a block: `await using engine = await Completengine.open(..)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** created on demand: small commands do not pay for what only subscribers need */
  async #openSubscriptions(): Promise<Subscriptions> {
    const { Subscriptions } = await import('./engine/subscriptions.ts');
    this.#liveSubscribers = new Subscriptions({
      ledger: this.#ledger,
      bus: this.#bus,
      clock: this.#clock,
      timer: this.#timer,
      labels: this.#eventLabels(),
      watch: () => this.#watching.begin(),
      select: (names) => this.#reads.select(names),
    });
    return this.#liveSubscribers;
  }

  #eventLabels(): EventLabels {
    this.#labels ??= labelsOf(this.#ledger);
    return this.#labels;
  }
}

interface OpenedLedger {
  readonly ledger: Ledger;
  readonly busyTimeoutMs: number;
}

async function openLedger({ ledger: location, access = 'write', ...options }: OpenOptions): Promise<OpenedLedger> {
  const driver = await driverOf(location);
  const busyLimit = toBusyLimit(options, driver);
  const ledger = await driver.open(location, { access, busyLimit, archive: options.archive });
  return { ledger, busyTimeoutMs: busyLimit.limitMs };
}

const ENGINE = kindOf<Completengine>('an engine of another ledger', (value) => value instanceof Completengine);

function isStream(input: unknown): input is AsyncIterable<Uint8Array | string> {
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input;
}
