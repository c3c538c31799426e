/**
 * Joins replay and emission to copy a range of one ledger into another: same order, times and bytes, routed by the
 * target.
 */

import type { Ledger } from '../ledger/ledger.ts';
import { closeAfter } from '../model/closing.ts';
import type { ProducerPosition } from '../model/events/commit.ts';
import type { Head } from '../model/events/head.ts';
import type { LedgerEvent } from '../model/events/ledger-event.ts';
import { formatTransferName } from '../model/events/transfer-name.ts';
import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { blake3 } from '../native/blake3.ts';
import type { EventStream, StreamReport } from '../output/event-stream.ts';
import type { Emitting } from './emit.ts';

/** Hash digits: enough to distinguish the few filters ever used on one ledger. */
const CHOICE_DIGITS = 12;

/** What was copied into another ledger. */
export interface TransferReport extends StreamReport {
  /** Sequence of the source through which the target already held it; null if it held nothing. */
  readonly resumedBehind: number | null;
  /** Sequences in the target. */
  readonly head: Head;
}

export interface TransferSource {
  readonly ledger: Ledger;
  /** @throws LedgerError INVALID_RANGE if the ledger does not have it */
  event(sequence: number): Promise<LedgerEvent>;
  /** The range to copy, without what is at or before a sequence. */
  replay(after: number): EventStream;
  /** Identifies the filter; empty if every event is copied. */
  readonly filter: string;
}

export interface TransferTarget {
  readonly ledger: Ledger;
  readonly emitting: Emitting;
}

/**
 * @throws LedgerError INVALID_ARGUMENT for the same ledger, PRODUCER_CONFLICT, BAD_LINE for an event that the target
 * cannot accept unchanged
 */
export async function transfer(source: TransferSource, { ledger, emitting }: TransferTarget): Promise<TransferReport> {
  const { path, uuid } = source.ledger.identity;
  if (ledger.identity.uuid === uuid)
    throw invalidArgument(`${path} cannot be replayed into itself`, 'name another ledger');
  const producer = formatTransferName({ uuid, choice: choiceOf(source.filter) });
  const held = await ledger.positionOfProducer(producer);
  if (held.position > 0) await checkHeld(source, held, ledger.identity.path);
  const { Transfer } = await import('../emission/commit/transfer.ts');
  const settings = { ...emitting.settings({ late: 'reject' }, 'stop'), time: null };
  const sink = new Transfer(emitting.emission, settings, {
    producer,
    held,
    stored: () => ledger.positionOfProducer(producer),
    source: path,
  });
  const take = async (): Promise<TransferReport> => {
    const report = await source.replay(held.position).deliver(sink);
    await sink.drain();
    return { ...report, resumedBehind: held.position === 0 ? null : held.position, head: await ledger.head() };
  };
  return closeAfter(take, () => sink.close());
}

/** Whether the source is still the one whose events the target holds. */
async function checkHeld({ ledger, event }: TransferSource, held: ProducerPosition, target: string): Promise<void> {
  const { eventFingerprint } = await import('../emission/commit/transfer-progress.ts');
  const isThere = held.position <= (await ledger.head()).sequence;
  if (isThere && eventFingerprint(await event(held.position)).digest.equals(held.digest)) return;
  throw new LedgerError('PRODUCER_CONFLICT', {
    message: `${target} holds events of this ledger through sequence ${held.position}, but ${isThere ? 'another event is there' : 'this ledger ends before it'}`,
    hint: 'this ledger was truncated or is an older copy: find the one that the events came from',
    details: { position: held.position },
  });
}

/** Hash of a filter's text; null if it keeps every event. */
function choiceOf(filter: string): string | null {
  return filter === '' ? null : blake3(filter).toString('hex').slice(0, CHOICE_DIGITS);
}
