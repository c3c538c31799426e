/** Scenarios of ledgers that are made from another one: a backup, and a replay into a new ledger. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  AcknowledgedLost,
  expectEmits,
  expectEqualLines,
  expectHistory,
  type History,
  LEDGER,
  readHistory,
  runAgain,
} from './laws.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

const lineOf = (n: number) => JSON.stringify({ n, text: 'y'.repeat((n * 37) % 900) });

/** A copy has its name when it is whole; once it was acknowledged, it stays. */
export function backup(): Scenario<History> {
  const inputs = smallInputs('in', 12, lineOf);
  const copy = 'copy.codex';
  const args = ['backup', '-l', LEDGER, copy];
  return {
    name: 'backup',
    prepare: (directory) => prepareLedgerOf(directory, inputs),
    run: async ({ run }) => {
      await run('backup', args);
    },
    readTruth: ({ start }) => readHistory(start),
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      const isThere = existsSync(join(directory, copy));
      if (!isThere && acknowledged.ended.has('backup')) throw new AcknowledgedLost('the copy is not there');
      if (!isThere) await runAgain(directory, args);
      for (const ledger of [copy, LEDGER])
        await expectHistory(directory, truth, { ledger, access, acknowledged: truth.payloads.length });
      if (isResumed) expectEqualLines(await expectEmits(directory, lineOf(0), { ledger: copy }), truth.payloads);
    },
  };
}

/** The target has whole commits from the beginning of its history, and the same command completes it. */
export function replayInto(): Scenario<{ readonly source: History; readonly target: History }> {
  const inputs = smallInputs('in', 12, lineOf);
  const target = 'target.codex';
  const args = ['replay', '-q', '-l', LEDGER, '--into', target, '--routing', 'hash:n', '--partitions', '3'];
  return {
    name: 'replay into another ledger',
    prepare: (directory) => prepareLedgerOf(directory, inputs),
    run: async ({ run }) => {
      await run('some', [...args, '--limit', '8']);
      await run('all', args);
    },
    readTruth: async ({ start, end }) => ({ source: await readHistory(start), target: await readHistory(end, target) }),
    check: async ({ directory, acknowledged: { ended }, truth: { source, target: copied }, access, isResumed }) => {
      const all = source.payloads.length;
      const acknowledged = ended.has('all') ? all : 8 * Number(ended.has('some'));
      if (acknowledged > 0 || existsSync(join(directory, target)))
        await expectHistory(directory, copied, { ledger: target, access, acknowledged });
      if (!isResumed) return;
      await runAgain(directory, args);
      expectEqualLines(await expectEmits(directory, lineOf(0), { ledger: target }), source.payloads);
    },
  };
}

async function prepareLedgerOf(directory: string, inputs: ReturnType<typeof smallInputs>): Promise<void> {
  writeInputs(directory, inputs);
  await prepareWith(
    directory,
    ['init', '-l', LEDGER, '--partitions', '2'],
    ['emit', '-q', '-l', LEDGER, ...Object.keys(inputs)],
  );
}
