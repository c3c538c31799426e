/**
 * Delivers a batch to its consumer and waits for the answer: no error means delivered. A consumer that exceeds the
 * timeout has failed.
 */

import type { DeliveryBatch } from '../../model/events/delivery-batch.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { WAIT_MS_MAX } from '../../model/time/timer.ts';
import { type Owner, runInside } from './inside.ts';

export type Deliver = (deliveryBatch: DeliveryBatch) => Promise<void>;

/** Grace for an aborted consumer to report what it was doing, in milliseconds. */
const LAST_WORDS_MS = 1000;

/** `owner`: the end that waits for the delivery. @throws the consumer's own error, or ABORTED after the timeout */
export async function deliverWithTimeout(
  owner: Owner,
  deliver: Deliver,
  deliveryBatch: Omit<DeliveryBatch, 'signal'>,
  timeoutMs: number | null,
): Promise<void> {
  const controller = new AbortController();
  const delivery = runInside(owner, deliveryBatch.isReplayed, () =>
    deliver({ ...deliveryBatch, signal: controller.signal }),
  );
  // beyond the longest timer (about three weeks) there is no timeout
  if (timeoutMs === null || timeoutMs > WAIT_MS_MAX) return delivery;
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new LedgerError('ABORTED', { message: `no answer within ${timeoutMs} ms` });
      controller.abort(error);
      timer = setTimeout(() => reject(error), LAST_WORDS_MS);
    }, timeoutMs);
  });
  try {
    await Promise.race([delivery, tooSlow]);
  } finally {
    clearTimeout(timer);
  }
  // a late answer is ignored: the events may already be with another consumer
  if (controller.signal.aborted) throw controller.signal.reason;
}
