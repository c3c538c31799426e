/** The scenarios of power cuts whose commands meet a failed call: all commands that write, and no scenario that has faults of its own. */

import { backup, replayInto } from '../power-cut/copies.ts';
import { atomic, bulk, checkpoints, smallCommits, uniqueAndSticky } from '../power-cut/emissions.ts';
import { archive, archiveDrop, compact } from '../power-cut/maintenance.ts';
import { group, rejects, replayCursor, tailCursor } from '../power-cut/outputs.ts';
import { creation, epochs } from '../power-cut/routings.ts';
import type { Scenario } from '../power-cut/scenario.ts';
import { signedCheckpoints, signedHeads } from '../power-cut/signing.ts';

interface Faulted {
  readonly scenario: Scenario;
  /** Megabytes, or hundreds of commits: a trial takes several times as long. */
  readonly isLarge: boolean;
}

const of = <Truth>(scenario: Scenario<Truth>, isLarge = false): Faulted => ({
  scenario: scenario as Scenario,
  isLarge,
});

export const FAULTED: readonly Faulted[] = [
  of(creation()),
  of(smallCommits()),
  of(bulk(), true),
  of(checkpoints(), true),
  of(atomic()),
  of(uniqueAndSticky()),
  of(signedCheckpoints()),
  of(signedHeads()),
  of(rejects()),
  of(epochs()),
  of(group()),
  of(tailCursor()),
  of(replayCursor()),
  of(backup()),
  of(replayInto()),
  of(archive()),
  of(archiveDrop()),
  of(compact()),
];
