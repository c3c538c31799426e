/** A trial: which call of which command fails, and what the next process does. Its name repeats it. */

import type { Seeded } from '../../support/seeded.ts';
import { CALL_KINDS, type CallKind, ERRORS, type FailedCall } from '../power-cut/recorder.ts';

const NEXT = ['again', 'verify'] as const;
/** What the second process does before the command is run again: nothing, or `inspect --verify`. */
type Next = (typeof NEXT)[number];

export interface DiskFault extends FailedCall {
  readonly step: string;
  readonly next: Next;
  /** Of the states of its power cuts. */
  readonly seed: number;
}

/** How many calls of each kind each step makes without faults. */
export type CallCounts = ReadonlyMap<string, Readonly<Record<CallKind, number>>>;

/** `STEP/CALL/NUMBER/ERROR/NEXT/SEED`. */
export function nameOf({ step, call, at, error, next, seed }: DiskFault): string {
  return [step, call, at, error, next, seed].join('/');
}

/** @throws Error if it is not the name of a trial */
export function trialOf(name: string): DiskFault {
  const [step = '', call, at, error, next, seed] = name.split('/');
  const trial = { step, call, at: Number(at), error, next, seed: Number(seed) } as DiskFault;
  if (!CALL_KINDS.includes(trial.call) || !NEXT.includes(trial.next) || !(trial.at > 0) || Number.isNaN(trial.seed))
    throw new Error(`'${name}' must be STEP/CALL/NUMBER/ERROR/NEXT/SEED, as a failure names it`);
  return trial;
}

/** Some trials, whatever is rare among the calls: each step and each kind of call has the same share. */
export function drawTrials(counts: CallCounts, random: Seeded, count: number): DiskFault[] {
  return Array.from({ length: count }, (_, nth) => {
    const draw = random.fork(nth);
    const [step, calls] = draw.pick([...counts]);
    const call = draw.pick(CALL_KINDS.filter((kind) => calls[kind] > 0));
    return trialWith(draw, { step, call, at: draw.between(1, calls[call]), error: draw.pick(ERRORS) });
  });
}

/** Each call of each step with each error, in an order by the seed, so that a part of them is a sample. */
export function allTrials(counts: CallCounts, random: Seeded): DiskFault[] {
  const trials: DiskFault[] = [];
  for (const [step, calls] of counts)
    for (const call of CALL_KINDS)
      for (let at = 1; at <= calls[call]; at++)
        for (const error of ERRORS) trials.push(trialWith(random.fork(trials.length), { step, call, at, error }));
  for (let last = trials.length - 1; last > 0; last--) {
    const other = random.between(0, last);
    [trials[last], trials[other]] = [trials[other] as DiskFault, trials[last] as DiskFault];
  }
  return trials;
}

function trialWith(random: Seeded, call: FailedCall & { readonly step: string }): DiskFault {
  return { ...call, next: random.pick(NEXT), seed: random.between(0, 2 ** 31 - 1) };
}
