/** Draws states of a recording, checks each with the product, and counts what was found. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryDirectory } from '../../support/memory-file-system.ts';
import { Seeded } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';
import { DiskModel } from './disk-model.ts';
import { AcknowledgedLost } from './laws.ts';
import type { Call } from './recording.ts';
import type { CheckedState, Scenario } from './scenario.ts';
import { drawState, type State, writeImage } from './states.ts';
import { survivorsOf } from './survivors.ts';

/** Of this many states one is resumed. The first one is: it may be the only one, a state that is repeated. */
const RESUMED_EACH = quick(2, 1);

/** A state that breaks a law. */
interface Finding {
  readonly kind: 'lost' | 'wrong';
  readonly seed: number;
  readonly text: string;
}

export interface Tally {
  states: number;
  readonly findings: Finding[];
}

/** Checks states until there are `count`, or until `isEnough`. */
export async function runStates<Truth>(
  scenario: Scenario<Truth>,
  calls: readonly Call[],
  seeds: Iterable<number>,
  isEnough: (tally: Tally) => boolean = () => false,
): Promise<Tally> {
  const place = mkdtempSync(join(memoryDirectory() ?? tmpdir(), 'completengine-test-states-'));
  const tally: Tally = { states: 0, findings: [] };
  try {
    const truth = await inDirectory(join(place, 'start'), (start) =>
      inDirectory(join(place, 'end'), (end) => {
        writeWhole(calls, calls.findIndex(({ kind }) => kind === 'start') + 1, start);
        writeWhole(calls, calls.length, end);
        return scenario.readTruth({ start, end });
      }),
    );
    for (const seed of seeds) {
      const isResumed = tally.states % RESUMED_EACH === 0;
      const state = drawState(calls, seed, scenario.window?.(calls));
      const finding = await inDirectory(join(place, String(seed)), (directory) =>
        checkState(scenario, state, { directory, truth, isResumed }),
      );
      tally.states++;
      if (finding !== null) tally.findings.push(finding);
      if (isEnough(tally)) break;
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return tally;
}

/** The files after the first `cut` calls, without a power cut. */
function writeWhole(calls: readonly Call[], cut: number, directory: string): void {
  const everything = survivorsOf('everything survives', new Seeded(0), cut);
  writeImage(DiskModel.after(calls, cut).cut(everything).root, directory);
}

async function checkState<Truth>(
  scenario: Scenario<Truth>,
  state: State,
  site: Pick<CheckedState<Truth>, 'directory' | 'truth' | 'isResumed'>,
): Promise<Finding | null> {
  const { seed, image, acknowledged } = state;
  writeImage(image.root, site.directory);
  const access = new Seeded(seed).fork(1).pick(['read', 'write'] as const);
  try {
    await scenario.check({ ...site, acknowledged, access });
    return null;
  } catch (error) {
    const kind = error instanceof AcknowledgedLost ? 'lost' : 'wrong';
    const reason = (error as Error).message;
    return { kind, seed, text: `seed ${seed}, a cut after call ${state.cut}, ${state.mode}: ${kind}: ${reason}` };
  }
}

async function inDirectory<Result>(directory: string, work: (directory: string) => Promise<Result>): Promise<Result> {
  mkdirSync(directory);
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
