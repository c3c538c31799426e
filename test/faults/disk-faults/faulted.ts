/** A scenario of power cuts in which one call of one command fails. */

import { cpSync } from 'node:fs';
import { expect } from 'vitest';
import { LEDGER } from '../power-cut/laws.ts';
import type { RecordedScenario, Site, StepOptions } from '../power-cut/recorder.ts';
import type { Call } from '../power-cut/recording.ts';
import type { Scenario } from '../power-cut/scenario.ts';
import type { Window } from '../power-cut/states.ts';
import { type End, expectTrue, storedIn } from './said.ts';
import type { DiskFault } from './trials.ts';

const VERIFY = 'verify after the fault';

/** Exit codes of a command that is run again if the first one has done it. */
const DONE_BEFORE: Readonly<Record<string, readonly number[]>> = { init: [73], backup: [73], partition: [2, 4] };

/** Runs the scenario without faults, to count the calls of its steps. */
export function counted(scenario: Scenario, prepared: string, counts: Map<string, unknown>): RecordedScenario {
  return {
    prepare: async (directory) => cpSync(prepared, directory, { recursive: true }),
    run: (site) =>
      scenario.run({
        ...site,
        run: async (step, args, options) => {
          const attempt = await site.attempt(step, args, null, options);
          expect(attempt.code, `${step}: ${attempt.stderr}`).toBe(options?.code ?? 0);
          counts.set(step, attempt.counts);
          return attempt;
        },
      }),
  };
}

/** The step of a trial made fewer calls than when they were counted, because it stores its position by the time that has passed. */
export class NoSuchCall extends Error {
  /** How many calls of this kind it made. */
  readonly made: number;

  constructor({ call, at }: DiskFault, made: number) {
    super(`${call} ${at} of ${made} did not fail`);
    this.made = made;
  }
}

/**
 * The same files and steps, and the laws of its power cuts; the step of the trial meets the fault, another process runs after it, and the power is cut from then on.
 * `onEnd` hears how the step has ended.
 */
export function faulted<Truth>(
  scenario: Scenario<Truth>,
  trial: DiskFault,
  prepared: string,
  onEnd: (end: End) => void,
): Scenario<Truth> {
  return {
    name: scenario.name,
    prepare: async (directory) => cpSync(prepared, directory, { recursive: true }),
    run: (site) =>
      scenario.run({
        ...site,
        run: async (step, args, options) => {
          if (step !== trial.step) return site.run(step, args, options);
          const end = await attemptWithFault(site, trial, args, options);
          onEnd(end);
          return runNext(site, trial, args, options, end);
        },
      }),
    readTruth: (directories) => scenario.readTruth(directories),
    window: (calls) => windowOf(calls, trial.step),
    check: (state) => scenario.check(state),
  };
}

async function attemptWithFault(
  site: Site,
  trial: DiskFault,
  args: readonly string[],
  options: StepOptions = {},
): Promise<End> {
  const before = await storedIn(site.directory);
  // with its summary
  const loud = args.filter((arg) => arg !== '-q');
  const attempt = await site.attempt(trial.step, loud, trial, options);
  const { failedPath: path } = attempt;
  if (path === null) throw new NoSuchCall(trial, attempt.counts[trial.call]);
  const after = await storedIn(site.directory);
  const { directory } = site;
  return expectTrue({ args, code: options.code ?? 0, attempt, before, after, path, directory });
}

/** The second process, which meets no fault; then the scenario goes on. */
async function runNext(
  site: Site,
  { step, next }: DiskFault,
  args: readonly string[],
  options: StepOptions = {},
  end: End,
): ReturnType<Site['run']> {
  if (next === 'verify') {
    const { code, stderr } = await site.attempt(VERIFY, ['inspect', '--verify', '-l', LEDGER], null);
    // of an init that failed
    expect([0, 66], `verify: exit ${code}: ${stderr}`).toContain(code);
  }
  const again = await site.attempt(step, args, null, options);
  // 0 also if the first one has taken all lines that are rejected
  const codes = [0, options.code ?? 0, ...(end === 'failed' ? [] : (DONE_BEFORE[args[0] as string] ?? []))];
  expect(codes, `${args.join(' ')}, after it had ${end}: exit ${again.code}: ${again.stderr}`).toContain(again.code);
  return again;
}

/** From the call that failed to the end of the second process. */
function windowOf(calls: readonly Call[], step: string): Window {
  const from = calls.findIndex(({ kind }) => kind === 'failed');
  const again = calls.findIndex((call, at) => at > from && call.kind === 'begin' && call.step === step);
  const after = calls.findIndex((call, at) => at > again && call.kind === 'begin');
  return { from, through: (after === -1 ? calls.length : after) - 1 };
}
