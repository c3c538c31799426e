/** Folds the messages of a log in memory, as a reader does. */

import { beginning } from '../../src/core/ledger/log/fold/begin.ts';
import { Fold, type Folded, type SealEvery } from '../../src/core/ledger/log/fold/fold.ts';
import { copyState, type LogState } from '../../src/core/ledger/log/fold/log-state.ts';
import { formatState, readState } from '../../src/core/ledger/log/fold/state-text.ts';
import type { LogMessage } from '../../src/core/ledger/log/ordered-log.ts';

export interface FoldedLog {
  readonly fold: Fold;
  /** What became of each message from the second one on. */
  readonly folded: readonly Folded[];
  readonly text: string;
}

export function foldAll(messages: readonly LogMessage[], sealEvery?: SealEvery): FoldedLog {
  const { genesis, state } = beginning(messages[0] as LogMessage, 'memory');
  const fold = new Fold(genesis, copyState(state), sealEvery);
  const folded = messages.slice(1).map((message) => fold.take(message));
  return { fold, folded, text: formatState(fold.state) };
}

/** Folds to a position, writes the state down, reads it again and goes on with what was read. Returns the text of the last state. */
export function foldWithRestart(messages: readonly LogMessage[], at: number, sealEvery?: SealEvery): string {
  const { fold, text } = foldAll(messages.slice(0, at), sealEvery);
  const again = new Fold(fold.genesis, readState(text) as LogState, sealEvery);
  for (const message of messages.slice(at)) again.take(message);
  return formatState(again.state);
}
