/** The way from one commit of a ledger in a log to a head, link by link. */

import { brokenFrame } from '../../../frames/event-columns.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { ChainLinkPlace } from '../../ledger.ts';
import { missingSequences } from '../../protocol/broken-commit.ts';
import type { LogPlace } from '../../protocol/chain.ts';
import type { ChainPath, ChainStep } from '../../protocol/chain-step.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold } from '../fold/fold.ts';
import { framesBefore } from '../format/places.ts';
import { plainBodyOf } from '../format/plain-body.ts';
import type { OrderedLog } from '../ordered-log.ts';
import type { BytesAt } from './bodies.ts';
import { foldedBodies } from './folded-bodies.ts';

interface WalkedStep {
  readonly step: ChainStep;
  /** Hash before it. */
  readonly previous: Buffer;
  /** Null of an epoch. */
  readonly bodies: (() => Promise<Buffer[]>) | null;
}

/** `fold`: before the message that has the sequence; `through`: the last position that is known. */
export async function logPath(
  log: OrderedLog,
  fold: Fold,
  sequence: number,
  end: ChainLinkPlace,
  through: number,
): Promise<ChainPath> {
  const walked = walk(log, fold, sequence, end, through);
  const { value: first } = await walked.next();
  if (first === undefined || first.bodies === null) throw missingSequences(sequence, null);
  const bodies = await first.bodies();
  return { previous: first.previous, bodies, steps: stepsOf(first, walked) };
}

async function* stepsOf(
  first: WalkedStep,
  walked: AsyncGenerator<WalkedStep, void, undefined>,
): AsyncGenerator<ChainStep, void, undefined> {
  yield first.step;
  for await (const { step } of walked) yield step;
}

async function* walk(
  log: OrderedLog,
  fold: Fold,
  sequence: number,
  end: ChainLinkPlace,
  through: number,
): AsyncGenerator<WalkedStep, void, undefined> {
  let previous = fold.state.ledger.hash;
  const isWanted = () => fold.state.ledger.sequence >= sequence;
  for await (const { folded, load } of foldedBodies(log, fold, null, { through })) {
    if (folded.kind === 'epoch') {
      const { link, place } = folded;
      if (isWanted() && link.epoch <= end.joints)
        yield { step: { kind: 'epoch', link, place }, previous, bodies: null };
      previous = fold.state.ledger.hash;
    }
    if (folded.kind !== 'commits') continue;
    for (const commit of folded.commits) {
      const { link, hash } = commit;
      if (link.firstSequence > end.sequence) return;
      if (link.firstSequence + link.count > sequence) {
        const place = placeOf(commit, folded.commits);
        yield {
          step: { kind: 'commit', link, place },
          previous,
          bodies: async () => bodiesOf(commit, await load(commit)),
        };
      }
      previous = hash;
    }
  }
}

function placeOf({ position, floor, frames, marks }: FoldedCommit, all: readonly FoldedCommit[]): LogPlace {
  return {
    position: position - framesBefore(all).length,
    floor,
    draftedTimes: frames.map(({ firstTime }) => firstTime),
    marks: marks?.hash ?? null,
  };
}

/** As they were proposed: these are hashed. */
function bodiesOf({ link, frames }: FoldedCommit, bytesAt: BytesAt): Buffer[] {
  return frames.map((frame) => {
    try {
      return Buffer.from(plainBodyOf(bytesAt(frame.stored), frame, true));
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      throw brokenFrame({ partition: frame.partition, sequence: link.firstSequence }, (error as Error).message);
    }
  });
}
