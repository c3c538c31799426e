/** Joins replay and emission for a range of one ledger that goes into another: same order, times and bytes, the other one's routing. */

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

/** Of a hash: enough to tell the few choices that anybody makes of one ledger from one another. */
const CHOICE_DIGITS = 12;

/** What went into another ledger. */
export interface TransferReport extends StreamReport {
  /** The sequence of this ledger through which the other one held it already; null where it held nothing. */
  readonly resumedBehind: number | null;
  /** Of the other ledger. */
  readonly head: Head;
}

export interface TransferSource {
  readonly ledger: Ledger;
  /** @throws LedgerError INVALID_RANGE when the ledger does not have it. */
  event(sequence: number): Promise<LedgerEvent>;
  /** The range that goes over, but for what lies at or before a sequence. */
  telling(behind: number): EventStream;
  /** What tells this choice of events from others; empty for all of them. */
  readonly filter: string;
}

export interface TransferTarget {
  readonly ledger: Ledger;
  readonly emitting: Emitting;
}

/** @throws LedgerError INVALID_ARGUMENT for the same ledger, PRODUCER_CONFLICT, BAD_LINE for an event the other cannot take as it is */
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
    const report = await source.telling(held.position).deliver(sink);
    await sink.end();
    return { ...report, resumedBehind: held.position === 0 ? null : held.position, head: await ledger.head() };
  };
  return closeAfter(take, () => sink.close());
}

/** Whether the source is still the one whose events lie in the target. */
async function checkHeld({ ledger, event }: TransferSource, held: ProducerPosition, target: string): Promise<void> {
  const { eventFingerprint } = await import('../emission/commit/transfer-progress.ts');
  const isThere = held.position <= (await ledger.head()).sequence;
  if (isThere && eventFingerprint(await event(held.position)).digest.equals(held.digest)) return;
  throw new LedgerError('PRODUCER_CONFLICT', {
    message: `${target} holds events of this ledger through sequence ${held.position}, and ${isThere ? 'another event stands there' : 'it ends before'}`,
    hint: 'it was cut off or is an older copy: look for the one these events came from',
    details: { position: held.position },
  });
}

/** Of a filter's text; null where it leaves nothing out. */
function choiceOf(filter: string): string | null {
  return filter === '' ? null : blake3(filter).toString('hex').slice(0, CHOICE_DIGITS);
}
