/** Feeds an index of ids and pins from the log: it has a fold of its own, because it reads bodies from the first message on. */

import { idleMicrosOf } from '../../../model/routing/session-pins.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold } from '../fold/fold.ts';
import { readMarks } from '../format/marks.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { lostMessages } from '../read/lost-messages.ts';
import { type MarkIndex, MemoryMarkIndex } from './mark-index.ts';

export class FedIndex {
  readonly #log: OrderedLog;
  readonly #fold: Fold;
  readonly #index: MarkIndex = new MemoryMarkIndex();
  #last: Promise<void> = Promise.resolve();

  /** `fold`: at the beginning of the log; it becomes the index's own. */
  constructor(log: OrderedLog, fold: Fold) {
    this.#log = log;
    this.#fold = fold;
  }

  /** The index with every commit up to this position. @throws LedgerError VERIFICATION_FAILED for marks that were changed */
  async at(position: number): Promise<MarkIndex> {
    this.#last = this.#last.catch(() => {}).then(() => this.#feed(position));
    await this.#last;
    return this.#index;
  }

  async #feed(through: number): Promise<void> {
    const from = this.#fold.state.position + 1;
    if (from > through) return;
    for await (const message of this.#log.read({ from, through, hasBodies: true })) {
      const folded = this.#fold.take(message);
      if (folded.kind === 'commits') for (const commit of folded.commits) this.#learn(commit, message.body);
    }
    if (this.#fold.state.position < through) throw lostMessages(this.#log, this.#fold.state.position + 1);
  }

  #learn({ marks, link, epoch, timeShift }: FoldedCommit, body: Buffer): void {
    if (marks === null) return;
    const bytes = body.subarray(marks.at, marks.at + marks.bytes);
    const read = hashBody(bytes).equals(marks.hash) ? readMarks(bytes) : 'they have been changed';
    if (typeof read === 'string')
      throw brokenCommit(link.firstSequence, `its unique ids or pins cannot be read: ${read}`);
    const isForEver = idleMicrosOf(this.#fold.state.ledger.epoch) === null;
    this.#index.learn({ ...read, firstSequence: link.firstSequence, epoch, timeShift, isForEver });
  }
}
