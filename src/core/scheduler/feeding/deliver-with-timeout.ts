/** Hands a batch to its consumer and waits for the answer: nothing thrown means delivered. A consumer that does not answer in time has failed. */

import type { DeliveryBatch } from '../../model/events/delivery-batch.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { WAIT_MS_MAX } from '../../model/time/timer.ts';

export type Deliver = (deliveryBatch: DeliveryBatch) => Promise<void>;

/** How long an aborted consumer may take to say what it was doing. */
const LAST_WORDS_MS = 1000;

/** @throws whatever the consumer throws, or that it was too slow. */
export async function deliverWithTimeout(
  deliver: Deliver,
  deliveryBatch: Omit<DeliveryBatch, 'signal'>,
  timeoutMs: number | null,
): Promise<void> {
  const controller = new AbortController();
  const delivery = deliver({ ...deliveryBatch, signal: controller.signal });
  // longer than three weeks is for ever
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
  // an answer that came too late is none: another delivery may be on its way to somebody else
  if (controller.signal.aborted) throw controller.signal.reason;
}
