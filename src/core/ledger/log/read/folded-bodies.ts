/**
 * Folds a part of the log and gives the bytes of its commits. Packed, both are in the same messages. Framed, the bodies are read beside the fold, of the topics
 * alone that are wanted, and not before a commit is known to be one.
 */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold, Folded } from '../fold/fold.ts';
import type { LogRead, OrderedLog } from '../ordered-log.ts';
import { BodyReader, type BytesAt, inBody, type Wanted } from './bodies.ts';
import { withBody } from './with-body.ts';

export interface FoldedMessage {
  readonly folded: Folded;
  /** Of all its bodies. */
  readonly bodyBytes: number;
  /** The bytes of one of its commits. Commits are asked for in their order. */
  load(commit: FoldedCommit): BytesAt | Promise<BytesAt>;
}

/**
 * From the message behind the fold on, through a position: ends with the log where that ends first. `sequence`: bytes of commits that end before it are not
 * going to be asked for.
 */
export async function* foldedBodies(
  log: OrderedLog,
  fold: Fold,
  wanted: Wanted,
  { through, signal, sequence = 0 }: Pick<LogRead, 'through' | 'signal'> & { readonly sequence?: number },
): AsyncGenerator<FoldedMessage, void, undefined> {
  if (fold.genesis.layout === 'packed') {
    const skipped = fold.state.ledger.sequence < sequence ? await skipTo(log, fold, sequence, through) : null;
    const from = skipped?.position ?? fold.state.position + 1;
    for await (const message of log.read({ from, through, hasBodies: true, signal })) {
      const folded = message.position === skipped?.position ? skipped : fold.take(message);
      yield { folded, bodyBytes: message.bodyBytes, load: () => inBody(message.body) };
    }
    return;
  }
  const from = fold.state.position + 1;
  const bodies = new BodyReader(log, fold.genesis, wanted, { through, signal });
  const load: FoldedMessage['load'] = (commit) => bodies.load(commit);
  try {
    for await (const message of log.read({ from, through, hasBodies: false, signal }))
      yield { folded: fold.take(await withBody(log, message)), bodyBytes: message.bodyBytes, load };
  } finally {
    await bodies.close();
  }
}

/** Folds without bodies up to the message that has the sequence. Null if none has. */
async function skipTo(log: OrderedLog, fold: Fold, sequence: number, through: number): Promise<Folded | null> {
  for await (const message of log.read({ from: fold.state.position + 1, through, hasBodies: false })) {
    const folded = fold.take(await withBody(log, message));
    if (fold.state.ledger.sequence >= sequence) return folded;
  }
  return null;
}
