/** Public entry point: everything the library exports. The commands import from here too. */

// the types name Buffer, AbortSignal and streams; a consumer's compiler may not have Node's types loaded
/// <reference types="node" preserve="true" />

/** @internal */
export { CHECKPOINT_MARK, readCheckpointFile } from './core/checkpoint/checkpoint-file.ts';
/** @internal */
export { isVerifierKey } from './core/checkpoint/note.ts';
export type { CheckpointSource } from './core/checkpoint/read-checkpoints.ts';
export type { CheckpointSigner, TrustReport } from './core/checkpoint/trust.ts';
export type { CommittedColumns, CommittedEvents } from './core/emission/commit/chunk-report.ts';
export type { EventReceipt } from './core/emission/commit/event-receipt.ts';
export type { EmissionReport, IngestHooks, RejectedLine } from './core/emission/commit/ingest.ts';
export { type ByteSink, type ByteSource, closedEarly } from './core/emission/input/byte-source.ts';
export { isCompressed } from './core/emission/input/decode.ts';
export type { InputSource } from './core/emission/input/input-source.ts';
export type { ArchiveOptions, ArchiveProgress } from './core/engine/archive.ts';
export type { BackupCallOptions } from './core/engine/backup.ts';
export type {
  CheckpointOptions,
  CheckpointProof,
  CheckpointTrust,
  Cosigned,
  CosignOptions,
  KeyText,
  ProofOptions,
  ProofReport,
  ProofVerification,
  SignedCheckpoint,
  VerifyProofOptions,
} from './core/engine/checkpoint-types.ts';
export type { CompactOptions } from './core/engine/compact.ts';
export type { DiffOptions, DiffResult, LedgerDiff } from './core/engine/diff.ts';
export type { DryRunReport } from './core/engine/dry-run.ts';
export type { EmitEventsOptions, EmitOptions, RoutingOverrideOptions, SingleEvent } from './core/engine/emit.ts';
export type { EventInput } from './core/engine/event-line.ts';
export type { FilterRequest } from './core/engine/filter.ts';
export type {
  CursorPlan,
  CursorStep,
  ForceOptions,
  GroupDescription,
  GroupLane,
  ParkedEventDescription,
  ParkedOptions,
  SetCursorsOptions,
} from './core/engine/group-admin.ts';
export type { CreateOptions, OpenOptions } from './core/engine/open.ts';
export type { Partitioning } from './core/engine/partitioning.ts';
export type {
  ExplainLinesOptions,
  Explanation,
  LineExplanation,
  PartitionDescription,
  PreviewedEvents,
  PreviewOptions,
  RerouteOptions,
  ReroutePreview,
  WantedPlacement,
} from './core/engine/partitioning-types.ts';
export type { ReplayOptions, ReplayProgress } from './core/engine/replay.ts';
export type { TransferReport } from './core/engine/replay-into.ts';
export type {
  DeliveryInProgress,
  DeliveryPosition,
  FailedDelivery,
  Handler,
  LiveOptions,
  MemberOptions,
  SubscribeOptions,
  Subscription,
} from './core/engine/subscription.ts';
export type { Distribution, ValueClass } from './core/engine/survey/decades.ts';
export type { LateEvents, LateEventsOptions } from './core/engine/survey/late-events.ts';
export type { LedgerSurvey, SurveyOptions } from './core/engine/survey/survey.ts';
export type { TailOptions } from './core/engine/tail.ts';
export type { LedgerProof, VerifyOptions } from './core/engine/verify.ts';
export { Completengine } from './core/engine.ts';
export { continued } from './core/formats/document.ts';
export type { ConfigurableFormat, EventFormat, FormatSetting, LineLayout } from './core/formats/event-format.ts';
export type { MissingFields } from './core/formats/field-watch.ts';
export { formats } from './core/formats/formats.ts';
export { inPieces, type PieceMemory } from './core/formats/pieces.ts';
/** @internal */
export { zstdText } from './core/frames/frame-codec.ts';
export type { ArchivedRun, ArchivePhase, ArchivePlan, ArchiveReport, GroupBehind } from './core/ledger/archives.ts';
export type { CompactProgress, CompactReport } from './core/ledger/compaction.ts';
export type { AccountPermissions, LedgerPermissions } from './core/ledger/driver.ts';
export type {
  BackupProgress,
  BackupReport,
  InspectedLedger,
  LedgerDescription,
  LedgerGauges,
  LedgerGrowth,
  LedgerIdentity,
  PartitionGauge,
  PartitionSummary,
  RoutingChange,
  StorageSize,
  VerifyReport,
} from './core/ledger/ledger.ts';
export type { ProvenEvent } from './core/ledger/protocol/proof.ts';
/** @internal */
export { syncDirectoryNow } from './core/ledger/sqlite/connection/sync-file.ts';
/** @internal */
export { isAbortBy } from './core/model/aborted.ts';
export { closeAfter } from './core/model/closing.ts';
export { type Compression, formatCompression } from './core/model/compression.ts';
export type { Determinism, Durability, LedgerConfig, LogLayout } from './core/model/config.ts';
export { isDiskError } from './core/model/disk-error.ts';
export type { BatchSpan, EventBatch } from './core/model/events/event.ts';
export { type EventLabels, toEvent } from './core/model/events/event-labels.ts';
export { type Anchor, type ExpectedHead, formatHead, type Head, parseHead } from './core/model/events/head.ts';
export type { LedgerEvent } from './core/model/events/ledger-event.ts';
export type { FixedRange, SequenceRange } from './core/model/events/range.ts';
export { readTransferName, type TransferOrigin } from './core/model/events/transfer-name.ts';
export type { GroupMember, LastFailure } from './core/model/group.ts';
export { LedgerError, type LedgerErrorCode, type LedgerErrorOptions } from './core/model/ledger-error.ts';
export { displayedLocation, schemeOf } from './core/model/location.ts';
export { nearName } from './core/model/options/near-name.ts';
export { replacementName } from './core/model/replacement-name.ts';
export { ReportLimiter } from './core/model/report-limiter.ts';
export { movedByHash } from './core/model/routing/epoch-plan.ts';
export type { KeyInput } from './core/model/routing/key-text.ts';
export {
  PARTITIONS_DEFAULT,
  PARTITIONS_MAX,
  type Partition,
  type PartitionId,
} from './core/model/routing/partition.ts';
export type { RangeBound, RangeBounds } from './core/model/routing/range-bounds.ts';
export type { RouteCause } from './core/model/routing/router.ts';
export {
  type Epoch,
  type Epochs,
  epochInForce,
  type Placement,
  type Placements,
  type RoutingInForce,
  type RoutingSpec,
  routingFields,
} from './core/model/routing/routing.ts';
export {
  compositeOf,
  hashOf,
  placedBy,
  type RoutingOptions,
  rangeOf,
  type StickyOptions,
  stickyBy,
  withMissing,
} from './core/model/routing/routing-intents.ts';
export { formatRoutingSpec, parseRoutingSpec } from './core/model/routing/routing-text.ts';
export { type FieldPath, formatFieldPath, formatFieldPaths } from './core/model/text/field-path.ts';
export { makeDirectoryHint, shellFlag, shellWord } from './core/model/text/shell-word.ts';
export { type Clock, systemClock } from './core/model/time/clock.ts';
export { formatTime, type Micros } from './core/model/time/time.ts';
export { readDuration, type TimeInput } from './core/model/time/time-expression.ts';
export { type TimeZone, timeZone } from './core/model/time/time-zone.ts';
export { systemTimer, type Timer } from './core/model/time/timer.ts';
export { type TimeText, timeTextIn } from './core/model/time/zoned-time-text.ts';
/** @internal */
export { unreadableInput } from './core/model/unreadable-input.ts';
export type { LedgerWarning } from './core/model/warning.ts';
export { CommandConsumer, type CommandConsumerOptions, CommandFailure } from './core/output/command-consumer.ts';
export { CommandSink } from './core/output/command-sink.ts';
export type { Delivery } from './core/output/delivery.ts';
export { parseDigest, proveDigest } from './core/output/digest-proof.ts';
export type { EventStream, StreamReport } from './core/output/event-stream.ts';
export { type Sink, StreamSink } from './core/output/stream-sink.ts';
export { outputFailure, StreamWriter } from './core/output/stream-writer.ts';
export type { TailProgress, TailRequest } from './core/replay/read-tail.ts';
export type { ReroutedReport } from './core/replay/rerouted.ts';
export type { EndRequest, RangeRequest } from './core/replay/resolve-range.ts';
export type { StartPoint, StartRequest } from './core/replay/resolve-start.ts';
export type { PaceRequest } from './core/scheduler/pacing/pace.ts';
export { Playback, type PlaybackOptions } from './core/scheduler/pacing/playback.ts';
