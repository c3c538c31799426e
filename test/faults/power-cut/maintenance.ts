/** Scenarios of commands that move or rewrite what is stored: archive, with and without --drop, and compact. */

import { join } from 'node:path';
import { payloadsOf } from '../../support/engines.ts';
import {
  AcknowledgedLost,
  expectEmits,
  expectEqualLines,
  expectHistory,
  type History,
  LEDGER,
  readHistory,
  runAgain,
  withLedger,
} from './laws.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

const COMMITS = 10;
/** Commits before the date until which is archived. */
const OLD = 7;
const UNTIL = '2026-05-01';

const text = (n: number): string =>
  Array.from({ length: 120 }, (_, at) => Math.imul(n * 131 + at, 40503).toString(36)).join('');

/** A commit for each file, dated before or after. */
function datedInputs(): Readonly<Record<string, readonly string[]>> {
  const plain = smallInputs('in', COMMITS, (n) => String(n));
  return Object.fromEntries(
    Object.entries(plain).map(([name, numbers], commit) => [
      name,
      numbers.map((n) =>
        JSON.stringify({
          at: `2026-0${commit < OLD ? 4 : 6}-0${1 + (commit % 9)}T00:00:00Z`,
          n,
          text: text(Number(n)),
        }),
      ),
    ]),
  );
}

const AFTER = JSON.stringify({ at: '2026-07-01T00:00:00Z', n: 0 });

async function prepare(directory: string, inputs: Readonly<Record<string, readonly string[]>>): Promise<void> {
  writeInputs(directory, inputs);
  await prepareWith(
    directory,
    ['init', '-l', LEDGER, '--partitions', '2', '--time', 'at', '--compression', 'none'],
    ['emit', '-q', '-l', LEDGER, ...Object.keys(inputs)],
  );
}

/** No event changes or disappears, and the same command completes what was begun. */
function keeping(name: string, args: readonly string[]): Scenario<History> {
  const inputs = datedInputs();
  return {
    name,
    prepare: (directory) => prepare(directory, inputs),
    run: async ({ run }) => {
      await run(name, args);
    },
    readTruth: ({ start }) => readHistory(start),
    check: async ({ directory, truth, access, isResumed }) => {
      const acknowledged = truth.payloads.length;
      await expectHistory(directory, truth, { access, acknowledged });
      if (!isResumed) return;
      await runAgain(directory, args);
      expectEqualLines(await expectEmits(directory, AFTER), truth.payloads);
    },
  };
}

export const archive = (): Scenario<History> =>
  keeping('archive', ['archive', '-l', LEDGER, '--until', UNTIL, '--yes']);

export const compact = (): Scenario<History> => keeping('compact', ['compact', '-l', LEDGER, '--compression', 'zstd']);

/** All of it is there, or what was not to be dropped; once the command has ended, it stays dropped. */
export function archiveDrop(): Scenario<History> {
  const inputs = datedInputs();
  const args = ['archive', '-l', LEDGER, '--until', UNTIL, '--drop', '--yes'];
  const dropped = Object.values(inputs).slice(0, OLD).flat().length;
  const readable = (directory: string, access: 'read' | 'write') =>
    withLedger(join(directory, LEDGER), access, async (engine) => {
      await engine.verify();
      const [run] = await engine.archivedRuns();
      const fromSequence = (run?.range.through ?? 0) + 1;
      return { fromSequence, payloads: await payloadsOf(engine.replay({ fromSequence })) };
    });
  return {
    name: 'archive --drop',
    prepare: (directory) => prepare(directory, inputs),
    run: async ({ run }) => {
      await run('archive', args);
    },
    readTruth: ({ start }) => readHistory(start),
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      const before = await readable(directory, access);
      const isDropped = before.fromSequence === dropped + 1;
      if (!isDropped && acknowledged.ended.has('archive')) throw new AcknowledgedLost('nothing is dropped');
      expectEqualLines(before.payloads, truth.payloads.slice(isDropped ? dropped : 0));
      if (!isResumed) return;
      await runAgain(directory, args);
      expectEqualLines((await readable(directory, access)).payloads, truth.payloads.slice(dropped));
      await withLedger(join(directory, LEDGER), 'write', async (engine) => {
        await engine.emit(Buffer.from(AFTER));
        await engine.verify();
      });
    },
  };
}
