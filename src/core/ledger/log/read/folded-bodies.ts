/**
 * Folds a part of the log and gives the bytes of its commits. Packed, both are in the same messages. Framed, the bodies are read beside the fold, of the topics
 * alone that are wanted, and not before a commit is known to be one.
 */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold, Folded } from '../fold/fold.ts';
import type { LogMessage, LogRead, OrderedLog } from '../ordered-log.ts';
import { BodyReader, type BytesAt, inBody, type Wanted } from './bodies.ts';
import { withBody } from './with-body.ts';

export interface FoldedMessage {
  readonly folded: Folded;
  /** Of all its bodies. */
  readonly bodyBytes: number;
  /** The bytes of one of its commits. Commits are asked for in their order. */
  load(commit: FoldedCommit): BytesAt | Promise<BytesAt>;
}

/** From the message behind the fold on. Ends with the log where that ends first. */
export async function* foldedBodies(
  log: OrderedLog,
  fold: Fold,
  wanted: Wanted,
  { through, signal }: Pick<LogRead, 'through' | 'signal'>,
): AsyncGenerator<FoldedMessage, void, undefined> {
  const from = fold.state.position + 1;
  if (fold.genesis.layout === 'packed') {
    for await (const message of log.read({ from, through, hasBodies: true, signal }))
      yield folding(fold, message, () => inBody(message.body));
    return;
  }
  const bodies = new BodyReader(log, fold.genesis, wanted, { through, signal });
  try {
    for await (const message of log.read({ from, through, hasBodies: false, signal }))
      yield folding(fold, await withBody(log, message), (commit) => bodies.load(commit));
  } finally {
    await bodies.close();
  }
}

function folding(fold: Fold, message: LogMessage, load: FoldedMessage['load']): FoldedMessage {
  return { folded: fold.take(message), bodyBytes: message.bodyBytes, load };
}
