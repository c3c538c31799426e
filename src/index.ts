/** The front door: everything the library exports. The commands use this door too. */

// the types name Buffer, AbortSignal and streams; a consumer's compiler need not have been told of Node
/// <reference types="node" preserve="true" />

export { type ByteSink, type ByteSource, closedEarly } from './core/emission/byte-source.ts';
export type { CommittedColumns, CommittedEvents } from './core/emission/chunk-report.ts';
export type { EmissionReport, IngestHooks, InputSource, RejectedLine } from './core/emission/ingest.ts';
export type { EventReceipt } from './core/emission/shared-commits.ts';
export type { EmitOptions, EventInput, GivenOptions, SingleEvent } from './core/engine/emitting.ts';
export type { FilterRequest } from './core/engine/filtering.ts';
export type {
  CursorPlan,
  CursorStep,
  GroupDescription,
  GroupLane,
  ParkedEventDescription,
  ParkedOptions,
  SetCursorsOptions,
} from './core/engine/group-desk.ts';
export type { CreateOptions, OpenOptions } from './core/engine/opening.ts';
export type {
  ExplainLinesOptions,
  Explanation,
  LineExplanation,
  Partitioning,
  PartitionReach,
  PreviewOptions,
  RerouteOptions,
  ReroutePreview,
  WantedPlacement,
} from './core/engine/partitioning.ts';
export type { RehearsalReport } from './core/engine/rehearsal.ts';
export type { ReplayOptions, ReplayProgress } from './core/engine/replaying.ts';
export type { DeliveryPlace, FailedDelivery, Handler, SubscribeOptions, Subscription } from './core/engine/subscription.ts';
export type { TailOptions } from './core/engine/tailing.ts';
export type { TransferReport } from './core/engine/transferring.ts';
export type { VerifyOptions } from './core/engine/verifying.ts';
export { Completengine } from './core/engine.ts';
export type {
  LedgerDescription,
  LedgerGauges,
  LedgerGrowth,
  LedgerIdentity,
  PartitionGauge,
  PartitionSummary,
  RoutingChange,
  VerifyReport,
} from './core/ledger/ledger.ts';
export { type Clock, systemClock } from './core/model/clock.ts';
/** @internal */
export { closeAfter } from './core/model/closing.ts';
export type { Determinism, Durability, LedgerConfig } from './core/model/config.ts';
export { movedByHash } from './core/model/epoch-plan.ts';
export type { BatchSpan, EventBatch } from './core/model/event.ts';
export { type FieldPath, formatFieldPath } from './core/model/field-path.ts';
export type { GroupMember } from './core/model/group.ts';
export { type Anchor, formatHead, type Head, parseHead } from './core/model/head.ts';
export type { KeyInput } from './core/model/key-text.ts';
export { LedgerError, type LedgerErrorCode, type LedgerErrorOptions } from './core/model/ledger-error.ts';
export type { LedgerEvent } from './core/model/ledger-event.ts';
export { nearName } from './core/model/near-name.ts';
export { PARTITIONS_DEFAULT, PARTITIONS_MAX, type Partition, type PartitionId } from './core/model/partition.ts';
export type { SequenceRange } from './core/model/range.ts';
export type { RangeBound, RangeBounds } from './core/model/range-bounds.ts';
export { ReportLimiter } from './core/model/report-limiter.ts';
export type { RouteCause } from './core/model/router.ts';
export {
  type Epoch,
  type Epochs,
  epochInForce,
  type Placement,
  type Placements,
  type RoutingInForce,
  type RoutingSpec,
  routingFields,
} from './core/model/routing.ts';
export { compositeOf, hashOf, placedBy, type RoutingOptions, rangeOf, type StickyOptions, stickyBy, withMissing } from './core/model/routing-intents.ts';
export { formatRoutingSpec, parseRoutingSpec } from './core/model/routing-text.ts';
export { shellFlag, shellWord } from './core/model/shell-word.ts';
export { formatTime, type Micros } from './core/model/time.ts';
export { readDuration, type TimeInput } from './core/model/time-expression.ts';
export { systemTimer, type Timer } from './core/model/timer.ts';
export { readTransferName, type TransferOrigin } from './core/model/transfer-name.ts';
export type { LedgerWarning } from './core/model/warning.ts';
export { CommandConsumer, type CommandConsumerOptions, CommandFailure } from './core/output/command-consumer.ts';
export { CommandSink } from './core/output/command-sink.ts';
export type { Delivery } from './core/output/delivery.ts';
export { parseDigest, proveDigest } from './core/output/digest-proof.ts';
export { type EventForm, type EventLabels, envelopeForm, inPieces, payloadForm, toEvent } from './core/output/event-form.ts';
export { outputFailure, type Sink, StreamSink } from './core/output/stream-sink.ts';
export type { Telling, TellingReport } from './core/output/telling.ts';
export type { ReroutedReport } from './core/replay/rerouted.ts';
export type { RangeRequest } from './core/replay/resolve-range.ts';
export type { StartPoint } from './core/replay/resolve-start.ts';
export type { TailProgress, TailRequest } from './core/replay/tell-tail.ts';
export type { PaceRequest } from './core/scheduler/pacing/pace.ts';
export { Playback, type PlaybackOptions } from './core/scheduler/pacing/playback.ts';
