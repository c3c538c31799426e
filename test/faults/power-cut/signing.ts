/** Scenarios of heads that are signed: no checkpoint that was acknowledged is lost, and none goes beyond what is stored. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpointFile } from '../../../src/index.ts';
import { keyFiles } from '../../support/signing-keys.ts';
import { emission, lineOf } from './emissions.ts';
import { AcknowledgedLost, type History, LEDGER, runAgain } from './laws.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

/** Heads are signed beside the commits: none that is in the file goes beyond what is stored, and one that was acknowledged is there. */
export const signedCheckpoints = (): Scenario<History> => {
  let signed: readonly string[] = [];
  const { readTruth, check, ...scenario } = emission({
    name: 'signed checkpoints',
    inputs: smallInputs('in', 9, lineOf('g')),
    args: ['--producer', 'p', '--checkpoint', 'checkpoints', '--sign', 'k.pem'],
    prepare: (directory) => void keyFiles(directory, 'k'),
    run: async ({ run }, emit) => {
      await run('emit some', [...emit.slice(0, -4), '--receipts']);
      await run('emit all', [...emit, '--receipts']);
    },
    expectMore: async (directory) => {
      await runAgain(directory, [
        ...['inspect', '--verify', '-l', LEDGER],
        ...['--checkpoint', 'checkpoints', '--public-key', 'k.pub'],
      ]);
    },
  });
  return {
    ...scenario,
    readTruth: (directories) => {
      signed = notesIn(directories.end);
      return readTruth(directories);
    },
    check: async (state) => {
      // each run signs once, after its last commit
      const ended = ['emit some', 'emit all'].filter((step) => state.acknowledged.ended.has(step));
      expectNotes(state.directory, signed.slice(0, ended.length));
      await check(state);
      expectNotes(state.directory, signed.slice(0, ended.length));
    },
  };
};

/** Every change is one of the file of checkpoints: heads are signed, and nothing is committed. */
export const signedHeads = (): Scenario<readonly string[]> => {
  const sign = ['inspect', '-l', LEDGER, '--sign', 'k.pem', '--checkpoint', 'checkpoints'];
  const verify = ['inspect', '--verify', '-l', LEDGER, '--checkpoint', 'checkpoints', '--public-key', 'k.pub'];
  const steps = ['sign 1', 'sign 2', 'sign 3', 'sign 4'];
  return {
    name: 'signed heads',
    prepare: async (directory) => {
      keyFiles(directory, 'k');
      writeInputs(directory, { 'in.jsonl': [lineOf('h')(1)] });
      await prepareWith(directory, ['init', '-l', LEDGER], ['emit', '-q', '-l', LEDGER, 'in.jsonl']);
    },
    run: async ({ run }) => {
      for (const step of steps) await run(step, sign);
    },
    readTruth: async ({ end }) => notesIn(end),
    check: async ({ directory, acknowledged, truth }) => {
      // what is printed is on the disk
      const printed = [...acknowledged.outputs].filter(([, text]) => text.includes('\u2014 '));
      expectNotes(directory, truth.slice(0, printed.length));
      await runAgain(directory, sign);
      await runAgain(directory, verify);
      expectNotes(directory, truth.slice(0, printed.length));
    },
  };
};

/** The signed notes in the file of checkpoints that are whole. */
function notesIn(directory: string): string[] {
  const path = join(directory, 'checkpoints');
  return existsSync(path) ? readCheckpointFile(readFileSync(path)).whole.map(({ note }) => note) : [];
}

/** @throws AcknowledgedLost unless the file of checkpoints begins with them */
function expectNotes(directory: string, notes: readonly string[]): void {
  const found = notesIn(directory);
  const lost = notes.findIndex((note, at) => found[at] !== note);
  if (lost !== -1) throw new AcknowledgedLost(`checkpoint ${lost + 1} of ${notes.length} is not in its file`);
}
