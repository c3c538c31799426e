/** All scenarios, and the controls: recordings in which something is not synced, and which must lose. */

import { backup, replayInto } from './copies.ts';
import {
  atomic,
  bulk,
  checkpoints,
  compactedPins,
  failedSync,
  killedProducer,
  recoveredByReader,
  smallCommits,
  uniqueAndSticky,
} from './emissions.ts';
import { archive, archiveDrop, compact } from './maintenance.ts';
import { group, rejects, replayCursor, tailCursor } from './outputs.ts';
import type { RecordedFault } from './recorder.ts';
import { creation, epochs, openedBeside, twoWriters } from './routings.ts';
import type { Scenario } from './scenario.ts';
import { signedCheckpoints, signedHeads } from './signing.ts';

/** `share`: how many of the states of a run are of it, in relation to the others. Those with megabytes in a state take four times as long. */
export interface Share {
  readonly scenario: Scenario;
  readonly share: number;
}

const of = <Truth>(scenario: Scenario<Truth>, share = 2): Share => ({ scenario: scenario as Scenario, share });

export const SCENARIOS: readonly Share[] = [
  of(smallCommits(), 3),
  of(checkpoints(), 1),
  of(bulk(), 1),
  of(atomic()),
  of(killedProducer()),
  of(recoveredByReader()),
  of(failedSync('a failed fsync')),
  of(failedSync('fsyncs that fail from then on'), 1),
  of(failedSync('a failed fsync, and a kill'), 1),
  of(uniqueAndSticky()),
  of(compactedPins(), 1),
  of(signedCheckpoints(), 1),
  of(signedHeads(), 1),
  of(creation()),
  of(epochs()),
  of(twoWriters()),
  of(openedBeside(), 1),
  of(group()),
  of(tailCursor()),
  of(replayCursor()),
  of(rejects()),
  of(backup()),
  of(replayInto()),
  of(archive()),
  of(archiveDrop()),
  of(compact()),
];

export interface Control {
  readonly name: string;
  readonly scenario: Scenario;
  readonly fault: RecordedFault | null;
  /** What it must find: something that was acknowledged and is lost, or a file that is not whole, or damaged. */
  readonly finds: 'lost' | 'wrong';
}

const control = <Truth>(
  name: string,
  scenario: Scenario<Truth>,
  fault: RecordedFault | null = null,
  finds: Control['finds'] = 'lost',
): Control => ({ name, scenario: scenario as Scenario, fault, finds });

export const CONTROLS: readonly Control[] = [
  control('init --durability normal', smallCommits(['--durability', 'normal'])),
  control('fsync of the -wal does nothing', smallCommits(), { fault: 'skip syncs', files: 'wal' }),
  control('fsync of the directory does nothing', creation(), { fault: 'skip syncs', files: 'directory' }),
  control('fsync of the ledger does nothing', smallCommits(), { fault: 'skip syncs', files: 'ledger' }, 'wrong'),
  control('fsync of the rejected lines does nothing', rejects(), { fault: 'skip syncs', files: 'other' }),
  control('fsync of the output does nothing', tailCursor(), { fault: 'skip syncs', files: 'other' }),
  control('fsync of the output of a group does nothing', group(), { fault: 'skip syncs', files: 'other' }),
  control('fsync of the checkpoints does nothing', signedHeads(), { fault: 'skip syncs', files: 'other' }),
  control('fsync of a backup does nothing', backup(), { fault: 'skip syncs', files: 'other' }, 'wrong'),
  control('fsync of a segment does nothing', archive(), { fault: 'skip syncs', files: 'other' }, 'wrong'),
  control('fsync of a new ledger does nothing', creation(), { fault: 'skip syncs', files: 'other' }, 'wrong'),
  control('a failed fsync passes for a good one', smallCommits(), { fault: 'hide a failed sync', files: 'wal', at: 5 }),
];
