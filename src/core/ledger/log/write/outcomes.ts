/** The answers to writers, made of what the fold has made of their messages. */

import type { CommitDraft, Committed, Conflict, KnownId } from '../../../model/events/commit.ts';
import { invalidArgument, invariant, LedgerError } from '../../../model/ledger-error.ts';
import type { Pin } from '../../../model/routing/session-pins.ts';
import { checkCommitTime } from '../../../model/time/commit-time.ts';
import { draftFault } from '../../protocol/commit-check.ts';
import { toCommitted } from '../../protocol/commit-link.ts';
import { basisOf, loadsOf } from '../../protocol/ledger-state.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import { type Genesis, type LogState, NO_PRODUCER, type VoidReason } from '../fold/log-state.ts';
import { bytesIn, type LaidOutDrafts } from '../format/lay-out.ts';
import type { ProposedCommit } from '../format/messages.ts';
import { PROPOSAL_PLAIN_BYTES_MAX, plainBodyOf } from '../format/plain-body.ts';
import { HEADER_BYTES_MAX, type PackedDrafts } from '../format/proposal.ts';
import type { LogEntry, OrderedLog } from '../ordered-log.ts';
import { countRaised } from '../read/raised-frame.ts';

/** `hasPins`: whether any session has a pin. */
export function basisAt(state: LogState, hasPins: boolean) {
  return basisOf(state.ledger, loadsAt(state), () => hasPins);
}

function loadsAt({ ledger, partitions }: LogState): number[] | null {
  return loadsOf(ledger, (partition) => partitions[partition]?.nextOffset ?? 0);
}

/** `proposed` and `drafts`: the commit as it was sent. */
export function committedOf(
  folded: FoldedCommit,
  { frames, hasArrivalTime }: ProposedCommit,
  drafts: Pick<LaidOutDrafts, 'before' | 'body'>,
  state: LogState,
): Committed {
  const { link, hash, floor } = folded;
  const raised = (sum: number, frame: (typeof frames)[number]): number =>
    frame.firstTime >= floor
      ? sum
      : sum + countRaised(plainBodyOf(bytesIn(drafts, frame.stored), frame, false), frame.firstTime, floor);
  const late = hasArrivalTime ? 0 : frames.reduce(raised, 0);
  const head = { sequence: link.firstSequence + link.count - 1, time: link.lastTime, hash };
  return toCommitted({ link }, head, loadsAt(state), late);
}

export function conflictAt(
  state: LogState,
  { producer }: Pick<CommitDraft, 'producer'>,
  differences: { readonly known: readonly KnownId[]; readonly pins: readonly Pin[]; readonly hasPins: boolean },
): Conflict {
  const { known, pins, hasPins } = differences;
  const stored = producer && (state.producers.get(producer.name) ?? NO_PRODUCER);
  return { kind: 'conflict', basis: basisAt(state, hasPins), known, pins, producer: stored };
}

export const NO_DIFFERENCES = { known: [], pins: [], hasPins: false } as const;

/**
 * What every draft must be before it is sent.
 * @throws LedgerError CLOCK_UNUSABLE; INTERNAL for one that breaks an invariant
 */
export function checkDraft(draft: CommitDraft, state: LogState, { ledger: { createdAt } }: Genesis): void {
  const { committedAt, isClockTrusted, frames } = draft;
  const shape = { ...draft, frames: frames.map((frame) => ({ ...frame, bytes: frame.body.length })) };
  const fault = draftFault(shape, Math.max(state.ledger.partitionNames.length, 0));
  if (draft.epoch === state.ledger.epoch.epoch) invariant(fault === null, fault ?? '');
  checkCommitTime(committedAt, Math.max(createdAt, state.ledger.time, state.ledger.committedAt), isClockTrusted);
}

/** @throws LedgerError INVALID_ARGUMENT for a proposal of more messages than the log appends together, of longer ones, or of more when it is plain */
export function checkSizes(
  { before, plainBytes }: Pick<LaidOutDrafts, 'before' | 'plainBytes'>,
  own: LogEntry,
  log: OrderedLog,
  what: string,
): void {
  if (before.length > 0 && before.length >= log.batchMax)
    throw invalidArgument(
      `${what} has ${before.length} frames, and ${log.location} takes ${log.batchMax - 1} together`,
      'commit less at a time',
    );
  for (const entry of [...before, own]) checkSize(entry, log, what);
  checkPlainSize(plainBytes, what);
}

/** @throws LedgerError INVALID_ARGUMENT for drafts that are longer, when they are plain, than those of a proposal may be */
export function checkPlainSize(plainBytes: number, what: string): void {
  if (plainBytes <= PROPOSAL_PLAIN_BYTES_MAX) return;
  throw invalidArgument(
    `${what} has ${plainBytes} bytes before they are compressed, and at most ${PROPOSAL_PLAIN_BYTES_MAX} are taken together`,
    'commit less at a time',
  );
}

/** @throws LedgerError INVALID_ARGUMENT for an entry that is longer than a message of the log */
export function checkSize({ topic, header, body }: LogEntry, log: OrderedLog, what: string): void {
  const bytes = topic.length + header.length + body.length;
  if (bytes <= log.messageBytesMax && header.length <= HEADER_BYTES_MAX) return;
  throw invalidArgument(
    `${what} takes ${bytes} bytes, ${header.length} of them in its header, and a message of ${log.location} takes ${log.messageBytesMax}, ${HEADER_BYTES_MAX} of them in its header`,
    'commit less at a time',
  );
}

export function clockAhead({ commits }: Pick<PackedDrafts, 'commits'>): LedgerError {
  return new LedgerError('CLOCK_UNUSABLE', {
    message: 'the clock of this machine is more than a minute ahead of the clock of the log',
    hint: 'set the clock of this machine; nothing was written',
    details: { now: commits[0]?.committedAt },
  });
}

/** Whether the entry may be in the log although its append has failed. */
export function isUnknown(error: unknown): boolean {
  return error instanceof LedgerError && error.code === 'OUTCOME_UNKNOWN';
}

/** Sent again it would be void again, without end. */
export function notUnderstood(reason: VoidReason): LedgerError {
  return new LedgerError('INTERNAL', {
    message: `internal error: a proposal of this process is ${reason} to its own fold`,
    hint: 'please report this; the ledger was not changed',
  });
}
