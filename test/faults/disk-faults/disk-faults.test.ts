/**
 * Fault model: one call of a command fails once, a second process runs, and then the power is cut. What the first process said is true, and nothing that was
 * acknowledged is lost. The commands, the recorder, the disk and the laws are those of the power cuts. docs/TESTING.md describes the suite.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { needs } from '../../support/fault-tools.ts';
import { PRELOAD_PROBE } from '../../support/preloaded.ts';
import { Seeded, seededForTest } from '../../support/seeded.ts';
import { diskFaultTrials, isSoak, quick } from '../../support/test-size.ts';
import { smallCommits } from '../power-cut/emissions.ts';
import { Recorder } from '../power-cut/recorder.ts';
import { parseLog } from '../power-cut/recording.ts';
import { runStates, type Tally } from '../power-cut/run-states.ts';
import type { Scenario } from '../power-cut/scenario.ts';
import { NothingToLose } from '../power-cut/states.ts';
import { counted, faulted, NoSuchCall } from './faulted.ts';
import { FAULTED } from './faulted-scenarios.ts';
import type { End } from './said.ts';
import { allTrials, type CallCounts, type DiskFault, drawTrials, nameOf, trialOf } from './trials.ts';

const QUICK_SEED = 20_261_127;

/** Power cuts of a trial. */
const STATES = quick(2, 3);
const CONTROL_STATES = 20;

/** `NAME/TRIAL`: the only trial to run. */
const ONLY = process.env['COMPLETENGINE_TEST_TRIAL'];

let made: { readonly recorder: Recorder; readonly directory: string } | undefined;

afterAll(() => {
  made?.recorder.close();
  if (made !== undefined) rmSync(made.directory, { recursive: true, force: true });
});

/** The recorder, and the scenario's files as they are before its commands. */
async function setUp(context: TestContext, scenario: Scenario): Promise<{ recorder: Recorder; prepared: string }> {
  if (made === undefined) needs(context, ...PRELOAD_PROBE);
  made ??= { recorder: new Recorder(), directory: mkdtempSync(join(tmpdir(), 'completengine-test-')) };
  const prepared = join(made.directory, scenario.name);
  mkdirSync(prepared);
  await scenario.prepare(prepared);
  return { recorder: made.recorder, prepared };
}

interface Result {
  readonly end: End;
  readonly tally: Tally;
}

async function runTrial(
  recorder: Recorder,
  scenario: Scenario,
  trial: DiskFault,
  prepared: string,
  states: number,
  isEnough: (tally: Tally) => boolean = () => false,
): Promise<Result> {
  try {
    return await runOnce(recorder, scenario, trial, prepared, states, isEnough);
  } catch (error) {
    // the last one that this run made, which is less each time: so one fails in the end
    if (error instanceof NoSuchCall && error.made > 0 && error.made < trial.at)
      return runTrial(recorder, scenario, { ...trial, at: error.made }, prepared, states, isEnough);
    throw error;
  }
}

async function runOnce(
  recorder: Recorder,
  scenario: Scenario,
  trial: DiskFault,
  prepared: string,
  states: number,
  isEnough: (tally: Tally) => boolean,
): Promise<Result> {
  const ends: End[] = [];
  const faulty = faulted(scenario, trial, prepared, (end) => ends.push(end));
  const log = await recorder.record(faulty);
  const random = new Seeded(trial.seed);
  const seeds = Array.from({ length: states }, (_, nth) => random.fork(nth).seed);
  const end = ends[0] as End;
  try {
    const tally = await runStates(faulty, parseLog(log), seeds, isEnough);
    if (tally.findings.length > 0 && ONLY !== undefined) writeFileSync(join(tmpdir(), 'completengine-recording'), log);
    return { end, tally };
  } catch (error) {
    // nothing is left to lose: all of it was synced, and the scenario has gone on
    if (error instanceof NothingToLose) return { end, tally: { states: 0, findings: [] } };
    throw error;
  }
}

for (const { scenario, isLarge } of FAULTED) {
  const { name } = scenario;
  test(`${name}: after any failed call nothing acknowledged is lost, and what was said is true`, async (context) => {
    if (ONLY !== undefined && !ONLY.startsWith(`${name}/`)) return context.skip('another trial is to be repeated');
    const random = seededForTest(QUICK_SEED);
    const { recorder, prepared } = await setUp(context, scenario);
    const trials = await trialsOf(recorder, scenario, prepared, random, isLarge);
    const totals: Record<End | 'trials' | 'states', number> = { trials: 0, states: 0, done: 0, failed: 0, unknown: 0 };
    const problems: string[] = [];
    for (const trial of trials) {
      const found = problems.length;
      const repeat = `\n  repeat it: COMPLETENGINE_TEST_TRIAL='${name}/${nameOf(trial)}'`;
      try {
        const { end, tally } = await runTrial(recorder, scenario, trial, prepared, STATES);
        totals.trials++;
        totals.states += tally.states;
        totals[end]++;
        problems.push(...tally.findings.map(({ text }) => text + repeat));
      } catch (error) {
        problems.push((error as Error).message + repeat);
      }
      for (const problem of problems.slice(found)) process.stderr.write(`${problem}\n`);
    }
    if (isSoak) process.stderr.write(`${name}: ${JSON.stringify(totals)}, ${problems.length} failures\n`);
    expect(problems.join('\n')).toBe('');
    expect(totals.trials).toBe(trials.length);
  }, 3_600_000);
}

async function trialsOf(
  recorder: Recorder,
  scenario: Scenario,
  prepared: string,
  random: Seeded,
  isLarge: boolean,
): Promise<DiskFault[]> {
  if (ONLY !== undefined) return [trialOf(ONLY.slice(scenario.name.length + 1))];
  const counts: CallCounts = await countCalls(recorder, scenario, prepared);
  if (isSoak) return allTrials(counts, random).slice(0, diskFaultTrials(isLarge));
  return drawTrials(counts, random, diskFaultTrials(isLarge));
}

async function countCalls(recorder: Recorder, scenario: Scenario, prepared: string): Promise<CallCounts> {
  const counts = new Map();
  await recorder.record(counted(scenario, prepared, counts));
  return counts;
}

const hasLost = ({ findings }: Tally): boolean => findings.some(({ kind }) => kind === 'lost');

test('control: a failed fsync that passes for a good one loses what was acknowledged', async (context) => {
  if (ONLY !== undefined) return context.skip('a trial is to be repeated');
  const random = seededForTest(QUICK_SEED);
  const scenario = { ...smallCommits(), name: 'control' } as Scenario;
  const { recorder, prepared } = await setUp(context, scenario);
  const counts = (await countCalls(recorder, scenario, prepared)).get('emit some');
  let states = 0;
  // those before are of the names and of the header of the -wal
  for (let at = 4; at <= (counts?.sync ?? 0); at++) {
    const trial = {
      step: 'emit some',
      call: 'sync',
      at,
      error: 'hidden',
      next: 'again',
      seed: random.fork(at).seed,
    } as const;
    const { tally } = await runTrial(recorder, scenario, trial, prepared, CONTROL_STATES, hasLost);
    states += tally.states;
    if (hasLost(tally)) return;
  }
  expect.fail(`${states} states, and nothing was lost`);
}, 600_000);
