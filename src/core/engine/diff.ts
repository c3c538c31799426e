/**
 * Finds the first sequence at which two ledgers differ. Copies of one ledger share its uuid, so their chain hashes are
 * compared, by bisection; what follows the last common commit, and ledgers of other uuids, are compared by payload. A
 * chain says what was committed and not what is stored now, so each copy is verified against its own first.
 */

import type { Ledger } from '../ledger/ledger.ts';
import type { Head } from '../model/events/head.ts';
import type { LedgerEvent } from '../model/events/ledger-event.ts';
import { LedgerError } from '../model/ledger-error.ts';

export interface DiffOptions {
  /** Believes the chains of copies: their events are not read before the last common commit. Default false: both are verified. */
  readonly chainOnly?: boolean | undefined;
  /** Events verified, or compared by payload, so far. */
  readonly onProgress?: ((progress: { readonly events: number }) => void) | undefined;
  /** Ends it: it rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** `prefix`: all of one ledger is the beginning of the other. */
export type DiffResult = 'equal' | 'prefix' | 'different';

export interface LedgerDiff {
  readonly result: DiffResult;
  /** First sequence at which they differ, also for a prefix; null if they are equal. */
  readonly sequence: number | null;
  /** What differs there: the chain hash, the payload, or that only one ledger has it. Null if they are equal. */
  readonly by: 'chain' | 'payload' | 'end' | null;
  /**
   * First sequence whose payload differs, or that only one ledger has; null if there is none, so that two copies differ
   * in what surrounds the payloads: times, keys, partitions, routing, or how they were committed.
   */
  readonly payloadSequence: number | null;
  /** The ledger that ends first: this one, or the other; null if they end at the same sequence. */
  readonly shorter: 'this' | 'other' | null;
  /** Whether both are copies of one ledger, so that their chain hashes could be compared. */
  readonly hasSameUuid: boolean;
  /** Whether all events of both were verified against their chains: those of copies, unless `chainOnly`. */
  readonly isVerified: boolean;
  /** First sequence that was compared: 1, unless a ledger begins later. */
  readonly from: number;
  /** Sequence through which the chain hashes are the same; 0 if they were not compared, or differ from the start. */
  readonly sameChainThrough: number;
  readonly heads: { readonly this: Head; readonly other: Head };
}

export interface DiffSide {
  readonly ledger: Ledger;
  events(from: number, through: number): AsyncIterable<LedgerEvent>;
  /** @throws LedgerError VERIFICATION_FAILED */
  verify(options: Pick<DiffOptions, 'onProgress' | 'signal'>): Promise<{ readonly events: number }>;
}

/** @throws LedgerError INVALID_RANGE if the ledgers have no sequence in common, VERIFICATION_FAILED naming the ledger, and what reading throws */
export async function diff(one: DiffSide, other: DiffSide, options: DiffOptions): Promise<LedgerDiff> {
  const heads = { this: await one.ledger.head(), other: await other.ledger.head() };
  const from = Math.max(await one.ledger.firstSequence(), await other.ledger.firstSequence());
  const end = Math.min(heads.this.sequence, heads.other.sequence);
  if (from > end + 1) throw nothingInCommon(from, heads);
  const hasSameUuid = one.ledger.identity.uuid === other.ledger.identity.uuid;
  const isVerified = hasSameUuid && options.chainOnly !== true;
  if (isVerified) await verifyBoth(one, other, options);
  const { sameChainThrough, otherChainFrom } = hasSameUuid
    ? await compareChains(one.ledger, other.ledger, from, heads)
    : NO_CHAIN;
  const payloadAt = await firstOtherPayload(one, other, Math.max(from, sameChainThrough + 1), end, options);
  const shorter = shorterOf(heads);
  const payloadSequence = payloadAt ?? (shorter === null ? null : end + 1);
  const facts = { payloadSequence, shorter, hasSameUuid, isVerified, from, sameChainThrough, heads };
  if (otherChainFrom !== null && (payloadAt === null || otherChainFrom <= payloadAt))
    return { ...facts, result: 'different', sequence: otherChainFrom, by: 'chain' };
  if (payloadAt !== null) return { ...facts, result: 'different', sequence: payloadAt, by: 'payload' };
  if (shorter !== null) return { ...facts, result: 'prefix', sequence: end + 1, by: 'end' };
  return { ...facts, result: 'equal', sequence: null, by: null };
}

async function verifyBoth(one: DiffSide, other: DiffSide, { onProgress, signal }: DiffOptions): Promise<void> {
  const { events: before } = await naming(one, () => one.verify({ onProgress, signal }));
  const later = onProgress && (({ events }: { readonly events: number }) => onProgress({ events: before + events }));
  await naming(other, () => other.verify({ onProgress: later, signal }));
}

/** An error of verification names the commit, and not which of two ledgers has it. */
async function naming<Result>({ ledger }: DiffSide, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { path } = ledger.identity;
    if (!(error instanceof LedgerError) || error.code !== 'VERIFICATION_FAILED' || error.message.includes(path))
      throw error;
    throw new LedgerError(error.code, {
      message: `${path}: ${error.message}`,
      hint: error.hint,
      details: { ...error.details, path },
      cause: error,
    });
  }
}

function shorterOf({ this: one, other }: LedgerDiff['heads']): LedgerDiff['shorter'] {
  if (one.sequence === other.sequence) return null;
  return one.sequence < other.sequence ? 'this' : 'other';
}

interface ChainComparison {
  readonly sameChainThrough: number;
  /** The first sequence of the first commit that is known to have another hash; null if none is. */
  readonly otherChainFrom: number | null;
}

const NO_CHAIN: ChainComparison = { sameChainThrough: 0, otherChainFrom: null };

/**
 * By bisection: what is before a commit that both have with one hash is the same. Where a storage does not know its
 * links (archived history, a log), nothing is concluded; such links are at the beginning.
 */
async function compareChains(
  one: Ledger,
  other: Ledger,
  from: number,
  heads: LedgerDiff['heads'],
): Promise<ChainComparison> {
  const end = Math.min(heads.this.sequence, heads.other.sequence);
  const hasOneEnd = heads.this.sequence === heads.other.sequence;
  if (hasOneEnd && heads.this.hash === heads.other.hash) return { sameChainThrough: end, otherChainFrom: null };
  let sameChainThrough = 0;
  let otherChainFrom: number | null = null;
  let low = from;
  let high = end;
  for (let at = end; low <= high; at = Math.floor((low + high) / 2)) {
    const [link, otherLink] = await Promise.all([one.linkAt(at), other.linkAt(at)]);
    if (link !== null && otherLink !== null && link.hash !== otherLink.hash) {
      otherChainFrom = Math.min(link.firstSequence, otherLink.firstSequence);
      high = otherChainFrom - 1;
    } else {
      if (link !== null && otherLink !== null) sameChainThrough = link.firstSequence + link.count - 1;
      low = Math.max(at, sameChainThrough) + 1;
    }
  }
  // a change of the routing after the last commit is a link, too, which only the head shows
  const isRouting = otherChainFrom === null && hasOneEnd && sameChainThrough === end;
  return { sameChainThrough, otherChainFrom: isRouting ? end + 1 : otherChainFrom };
}

async function firstOtherPayload(
  one: DiffSide,
  other: DiffSide,
  from: number,
  through: number,
  { onProgress, signal }: DiffOptions,
): Promise<number | null> {
  if (from > through) return null;
  const ones = one.events(from, through)[Symbol.asyncIterator]();
  const others = other.events(from, through)[Symbol.asyncIterator]();
  try {
    for (let events = 1; ; events++) {
      const { value: event, done: isEnd } = await naming(one, () => ones.next());
      if (isEnd === true) return null;
      signal?.throwIfAborted();
      const { value, done } = await naming(other, () => others.next());
      if (done === true || !event.payload.equals(value.payload)) return event.sequence;
      if (events % PROGRESS_EVERY === 0) onProgress?.({ events });
    }
  } finally {
    await Promise.all([ones.return?.(), others.return?.()]);
  }
}

const PROGRESS_EVERY = 10_000;

function nothingInCommon(from: number, heads: LedgerDiff['heads']): LedgerError {
  const end = Math.min(heads.this.sequence, heads.other.sequence);
  return new LedgerError('INVALID_RANGE', {
    message: `the ledgers have no sequence in common: one begins at ${from}, and the other ends at ${end}`,
    hint: 'name the ledger that the segment belongs to',
  });
}
