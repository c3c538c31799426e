/**
 * Fault model: the power fails at any moment. Of what was not synced any part may be on the disk: whole writes, some of their sectors, garbage, a size without
 * its data, a name without its file. Commands of the product are recorded once, and each state that a power cut could have left of them is opened
 * with the product. docs/TESTING.md describes the suite, and how to repeat a state.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { needs } from '../../support/fault-tools.ts';
import { PRELOAD_PROBE } from '../../support/preloaded.ts';
import { type Seeded, seededForTest } from '../../support/seeded.ts';
import { isSoak, powerCutStates, quick } from '../../support/test-size.ts';
import { type RecordedFault, Recorder } from './recorder.ts';
import { parseLog } from './recording.ts';
import { runStates, type Tally } from './run-states.ts';
import type { Scenario } from './scenario.ts';
import { CONTROLS, SCENARIOS } from './scenarios.ts';

const QUICK_SEED = 20_261_127;

/** States of a control. The first one that shows what is not synced ends it, but in a soak, where they are counted. */
const CONTROL_STATES = quick(150, 400);
const SHARES = SCENARIOS.reduce((sum, { share }) => sum + share, 0);

/** `NAME:SEED`: the only state to check. */
const ONLY = process.env['COMPLETENGINE_TEST_STATE'];
/** The recording to take it from; without it the commands are recorded once more. */
const KEPT = process.env['COMPLETENGINE_TEST_RECORDING'];

const NAMES = [...SCENARIOS.map(({ scenario }) => scenario.name), ...CONTROLS.map(({ name }) => name)];
if (ONLY !== undefined && !NAMES.some((name) => ONLY.startsWith(`${name}:`)))
  throw new Error(`COMPLETENGINE_TEST_STATE is '${ONLY}', and must be NAME:SEED with one of: ${NAMES.join('; ')}`);

let recorder: Recorder | undefined;

afterAll(() => recorder?.close());

async function logOf(context: TestContext, scenario: Scenario, fault: RecordedFault | null): Promise<Buffer> {
  if (KEPT !== undefined) return readFileSync(KEPT);
  if (recorder === undefined) needs(context, ...PRELOAD_PROBE);
  recorder ??= new Recorder();
  return recorder.record(scenario, fault);
}

function* seedsOf(random: Seeded, name: string, count: number): Generator<number> {
  if (ONLY !== undefined) {
    const [only, seed] = [ONLY.slice(0, ONLY.lastIndexOf(':')), Number(ONLY.slice(ONLY.lastIndexOf(':') + 1))];
    if (only === name) yield seed;
    return;
  }
  for (let nth = 0; nth < count; nth++) yield random.fork(nth).seed;
}

/** Says how to repeat what was found, and keeps the recording for it. */
function reportOf(name: string, log: Buffer, { findings }: Tally): string {
  if (findings.length === 0) return '';
  const kept = join(tmpdir(), `completengine-recording-${name.replaceAll(/\W+/g, '-')}`);
  writeFileSync(kept, log);
  const lines = findings.map(({ seed, text }) => `${text}\n  repeat it: COMPLETENGINE_TEST_STATE='${name}:${seed}'`);
  return [`COMPLETENGINE_TEST_RECORDING=${kept}`, ...lines].join('\n');
}

function count(name: string, { states, findings }: Tally): void {
  if (!isSoak) return;
  const lost = findings.filter(({ kind }) => kind === 'lost').length;
  process.stderr.write(`${name}: ${states} states, ${lost} lost, ${findings.length - lost} wrong\n`);
}

for (const { scenario, share } of SCENARIOS) {
  const { name } = scenario;
  test(
    `${name}: a power cut at any moment loses nothing that was acknowledged`,
    async (context) => {
      const seeds = [...seedsOf(seededForTest(QUICK_SEED), name, Math.ceil((powerCutStates() * share) / SHARES))];
      if (seeds.length === 0) return context.skip('another state is to be repeated');
      const log = await logOf(context, scenario, null);
      const tally = await runStates(scenario, parseLog(log), seeds);
      count(name, tally);
      expect(reportOf(name, log, tally)).toBe('');
      expect(tally.states).toBe(seeds.length);
    },
    60_000 + powerCutStates() * 1000,
  );
}

for (const { name, scenario, fault, finds } of CONTROLS) {
  test(`control: ${name}: the suite finds what is ${finds}`, async (context) => {
    const seeds = seedsOf(seededForTest(QUICK_SEED), name, CONTROL_STATES);
    if (ONLY !== undefined && !ONLY.startsWith(`${name}:`)) return context.skip('another state is to be repeated');
    const log = await logOf(context, scenario, fault);
    const hasFound = ({ findings }: Tally): boolean => findings.some(({ kind }) => kind === finds);
    const tally = await runStates(scenario, parseLog(log), seeds, (so) => !isSoak && hasFound(so));
    count(`control: ${name}`, tally);
    const found = tally.findings.map(({ text }) => text).join('\n');
    expect(hasFound(tally), `${tally.states} states, and nothing was ${finds}\n${found}`).toBe(true);
  }, 600_000);
}
