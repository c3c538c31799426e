/** A proof that one event is in a ledger: its frame, its commit, and the links from there to a head that was signed. Needs no ledger. Pure. */

import { walkFrameBody } from '../../frames/frame-body.ts';
import type { Anchor } from '../../model/events/head.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Micros } from '../../model/time/time.ts';
import { type FrameLink, hashBody } from './chain.ts';
import { type ChainStep, hashAfterStep } from './chain-step.ts';

export interface EventProof {
  readonly uuid: string;
  readonly sequence: number;
  /** The hash before the commit of the event. */
  readonly previous: Buffer;
  /** Plain body of the frame that has the event. */
  readonly body: Buffer;
  /** The commit of the event, and the links after it up to the head. */
  readonly steps: readonly ChainStep[];
}

/** The event that a proof proves. */
export interface ProvenEvent {
  readonly sequence: number;
  readonly time: Micros;
  /** Id of its partition. */
  readonly partition: number;
  readonly offset: number;
  /** Key that was given with it; null: the routing took it from the payload. */
  readonly givenKey: string | null;
  readonly payload: Buffer;
}

/** @throws LedgerError VERIFICATION_FAILED where the links do not lead from the event to the head */
export function verifyEventProof(proof: EventProof, head: Anchor): ProvenEvent {
  const { uuid, sequence, steps } = proof;
  const [first] = steps;
  if (first?.kind !== 'commit') throw fails('it does not begin with the commit of the event');
  let hash = proof.previous;
  for (const [at, step] of steps.entries()) {
    const after = hashAfterStep(step, hash, uuid);
    if (after === null)
      throw fails(`link ${at + 1} is the record of an archived run that does not have the commit before it`);
    hash = after;
  }
  if (hash.toString('hex') !== head.hash) throw fails('its links do not lead to the checkpoint');
  return eventIn(first, proof.body, sequence);
}

/** The event in the commit. @throws LedgerError VERIFICATION_FAILED */
function eventIn({ link, place }: ChainStep & { kind: 'commit' }, body: Buffer, sequence: number): ProvenEvent {
  const digest = hashBody(body);
  const nth = link.frames.findIndex(({ hash }) => hash.equals(digest));
  const frame = link.frames[nth];
  if (frame === undefined) throw fails('its frame is none of the commit');
  const found = lineOf(body, sequence - link.firstSequence);
  if (found === null) throw fails(`its frame does not have sequence ${sequence}`);
  const { timeDelta, start, end, line } = found;
  const { partition, offset, key } = frame;
  return {
    sequence,
    time: timeOf(frame, place?.draftedTimes[nth], place?.floor, timeDelta),
    partition,
    offset: offset + line,
    givenKey: key,
    payload: body.subarray(start, end),
  };
}

/** In a log the times in a body are as they were proposed: those before the floor were raised to it. */
function timeOf(
  { firstTime }: FrameLink,
  drafted: Micros | undefined,
  floor: Micros | undefined,
  timeDelta: number,
): Micros {
  return drafted === undefined || floor === undefined ? firstTime + timeDelta : Math.max(drafted + timeDelta, floor);
}

/** Where a frame has an event; null if it has not. */
export function lineOf(
  body: Buffer,
  sequenceDelta: number,
): { timeDelta: number; start: number; end: number; line: number } | null {
  let found: { timeDelta: number; start: number; end: number; line: number } | null = null;
  let line = 0;
  const fault = walkFrameBody(body, (delta, timeDelta, start, end) => {
    if (delta === sequenceDelta) found = { timeDelta, start, end, line };
    line++;
  });
  return fault === null ? found : null;
}

export function fails(fact: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the proof does not hold: ${fact}`,
    hint: 'have it made again: completengine inspect --sequence N --proof --checkpoint FILE',
  });
}
