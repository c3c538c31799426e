/** Verifies a whole ledger in a log: folds every message from the first one on, with bodies, and compares what its writers have seen, its seals, and an anchor. */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch } from '../../../model/events/event.ts';
import type { Verification, VerifyReport } from '../../ledger.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import { VerifyRun } from '../../protocol/verify-run.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold } from '../fold/fold.ts';
import type { LogState } from '../fold/log-state.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { foldedBodies } from './folded-bodies.ts';
import { lostMessages } from './lost-messages.ts';
import { framesIn } from './raised-frame.ts';

/** After this many bytes others get a turn. */
const TURN_BYTES = 4 * 1024 * 1024;

/** `fold`: at the beginning; `present`: the state up to which the ledger is verified. @throws LedgerError VERIFICATION_FAILED, HEAD_MISMATCH, LEDGER_REPLACED */
export async function verifyLog(
  log: OrderedLog,
  fold: Fold,
  present: LogState,
  options: Verification,
): Promise<VerifyReport> {
  const { signal, onProgress, isGentle } = options;
  const through = present.position;
  const head = headOf(present.ledger);
  const run = new VerifyRun(options);
  const takeJoint = (): void =>
    run.takeJoint({ beforeSequence: fold.state.ledger.sequence + 1, hash: fold.state.ledger.hash });
  takeJoint();
  let [bytes, begun] = [0, performance.now()];
  for await (const { folded, bodyBytes, load } of foldedBodies(log, fold, null, { through, signal })) {
    if (folded.kind === 'epoch') takeJoint();
    if (folded.kind === 'commits')
      for (const commit of folded.commits)
        checkIds(commit, run.take(rowOf(commit), framesIn(commit, await load(commit), null, true)), options);
    bytes += bodyBytes;
    if (bytes < TURN_BYTES) continue;
    onProgress?.({ commits: run.commits, events: run.events });
    signal?.throwIfAborted();
    if (isGentle) await sleep(performance.now() - begun);
    else await nextTurn();
    [bytes, begun] = [0, performance.now()];
  }
  if (fold.state.position < through) throw lostMessages(log, fold.state.position + 1);
  run.checkEnd(head);
  onProgress?.({ commits: run.commits, events: run.events });
  return run.report(head);
}

const rowOf = ({ link, hash }: FoldedCommit) => ({ ...link, hash });

/** Where the ledger keeps unique ids, every event has one. */
function checkIds({ link }: FoldedCommit, batch: EventBatch, { idOf }: Verification): void {
  if (idOf === undefined) return;
  for (let at = 0; at < batch.count; at++)
    if (idOf(batch.payload(at)) === null)
      throw brokenCommit(link.firstSequence, `sequence ${link.firstSequence + at} has no unique id`);
}
