/** How much of a transaction there is so far: it is one proposal, which the log takes as a whole or not at all. */

import { invalidArgument, type LedgerError } from '../../../model/ledger-error.ts';
import type { Genesis } from '../fold/log-state.ts';
import type { LaidOutDrafts } from '../format/lay-out.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { checkPlainSize } from './outcomes.ts';

export class TransactionSize {
  readonly #log: OrderedLog;
  readonly #layout: Genesis['layout'];
  #bytes = 0;
  #frames = 0;
  #plainBytes = 0;

  constructor(log: OrderedLog, { layout }: Pick<Genesis, 'layout'>) {
    this.#log = log;
    this.#layout = layout;
  }

  /** @throws LedgerError INVALID_ARGUMENT where no proposal takes all of it: early, because drafts are kept in memory until the end */
  add({ before, body, plainBytes }: LaidOutDrafts): void {
    this.#frames += before.length;
    this.#bytes += body.length;
    this.#plainBytes += plainBytes;
    checkPlainSize(this.#plainBytes, 'the transaction');
    const { location, messageBytesMax, batchMax } = this.#log;
    if (this.#layout === 'packed' && this.#bytes > messageBytesMax)
      throw tooLong(
        `${this.#bytes} bytes so far, and is one message: a message of ${location} takes ${messageBytesMax} bytes`,
      );
    if (this.#layout === 'framed' && this.#frames >= batchMax)
      throw tooLong(`${this.#frames} frames so far, and ${location} takes at most ${batchMax - 1} together`);
  }
}

function tooLong(fact: string): LedgerError {
  return invalidArgument(
    `the transaction has ${fact}`,
    'emit less in one transaction, or leave out `atomic`; nothing is stored',
  );
}
