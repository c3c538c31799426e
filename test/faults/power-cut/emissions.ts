/** Scenarios of events that are committed. */

import { expectEmits, expectEqualLines, expectHistory, type History, lastReceipt, LEDGER, payloadsIn, readHistory, runAgain } from './laws.ts';
import type { Site } from './recorder.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

/** Lines of different lengths; some are longer than a page of the file. */
const lineOf = (name: string) => (n: number) =>
  JSON.stringify({ id: `${name}${n}`, k: n % 7, text: name.repeat(n % 11 === 0 ? 9000 : n % 40) });

const AFTER = '{"id":"after","k":1,"s":"after"}';

interface Emission {
  readonly name: string;
  readonly init?: readonly string[];
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly args?: readonly string[];
  run(site: Site, emit: readonly string[]): Promise<void>;
}

/** One producer emits its inputs. After the power cut the same command completes them, without doubles or gaps. */
function emission({ name, init = [], inputs, args = [], run }: Emission): Scenario<History> {
  const emit = ['emit', '-q', '-l', LEDGER, '--producer', 'p', ...args, ...Object.keys(inputs)];
  const all = Object.values(inputs).flat();
  return {
    name,
    prepare: async (directory) => {
      writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '2', ...init]);
    },
    run: (site) => run(site, emit),
    readTruth: async (directory) => {
      const history = await readHistory(directory);
      expectEqualLines(history.payloads, all);
      return history;
    },
    check: async ({ directory, acknowledged, truth, access }) => {
      const isDone = acknowledged.ended.has('all');
      await expectHistory(directory, truth, { access, acknowledged: isDone ? all.length : lastReceipt(acknowledged) });
      await runAgain(directory, emit);
      expectEqualLines(await payloadsIn(directory), all);
      await expectEmits(directory, AFTER);
    },
  };
}

export const smallCommits = (init: readonly string[] = []): Scenario<History> =>
  emission({
    name: 'small commits',
    init,
    inputs: smallInputs('in', 14, lineOf('s')),
    run: async ({ run }, emit) => {
      await run('first', [...emit.slice(0, -4), '--receipts']);
      await run('all', [...emit, '--receipts']);
    },
  });

/** Enough small commits for the -wal to be written back between them, and to begin again. */
export const checkpoints = (): Scenario<History> =>
  emission({
    name: 'checkpoints',
    inputs: smallInputs('in', 150, lineOf('c')),
    run: async ({ run }, emit) => {
      await run('all', [...emit, '--receipts']);
    },
  });

/** Chunks of a mebibyte and more, which a thread commits. */
export const bulk = (): Scenario<History> =>
  emission({
    name: 'bulk',
    inputs: { 'large.jsonl': Array.from({ length: 2400 }, (_, n) => JSON.stringify({ k: n, text: 'b'.repeat(500 + (n % 900)) })) },
    run: async ({ run }, emit) => {
      await run('all', emit);
    },
  });

export const atomic = (): Scenario<History> =>
  emission({
    name: 'atomic',
    args: ['--atomic'],
    inputs: smallInputs('in', 40, lineOf('a')),
    run: async ({ run }, emit) => {
      await run('all', emit);
    },
  });

export const killedProducer = (): Scenario<History> =>
  emission({
    name: 'a producer killed twice',
    inputs: smallInputs('in', 12, lineOf('k')),
    run: async ({ run, inject }, emit) => {
      for (const [step, at] of [
        ['killed', 23],
        ['killed again', 31],
      ] as const) {
        inject({ fault: 'kill in a write', files: 'wal', at });
        await run(step, [...emit, '--receipts'], { code: null });
      }
      await run('all', [...emit, '--receipts']);
    },
  });

/** What a killed process has left in the -wal is recovered and written back by one that only reads. */
export const recoveredByReader = (): Scenario<History> =>
  emission({
    name: 'recovery by a reader',
    inputs: smallInputs('in', 10, lineOf('r')),
    run: async ({ run, inject }, emit) => {
      inject({ fault: 'kill in a write', files: 'wal', at: 40 });
      await run('killed', [...emit, '--receipts'], { code: null });
      await run('reader', ['inspect', '-l', LEDGER]);
      await run('all', [...emit, '--receipts']);
    },
  });

/** The process ends with the error; the next one builds on what it finds in the page cache, and not on the disk. */
export const failedSync = (): Scenario<History> =>
  emission({
    name: 'a failed fsync',
    inputs: smallInputs('in', 10, lineOf('f')),
    run: async ({ run, inject }, emit) => {
      inject({ fault: 'fail a sync', files: 'wal', at: 6 });
      await run('failed', [...emit, '--receipts'], { code: 74 });
      await run('all', [...emit, '--receipts']);
    },
  });

/** Ids that come again are passed over, and sessions stay where they are pinned. */
export const uniqueAndSticky = (): Scenario<History> => {
  const lines = (n: number) => JSON.stringify({ id: n % 10 === 0 ? 1 : n, s: `s${n % 6}`, n: n % 10 === 0 ? 1 : n });
  const inputs = smallInputs('in', 12, lines);
  const emit = ['emit', '-q', '-l', LEDGER, ...Object.keys(inputs)];
  const all = [...new Set(Object.values(inputs).flat())];
  return {
    ...emission({ name: 'unique ids and pins', inputs, run: async () => {} }),
    prepare: async (directory) => {
      writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '3', '--unique', 'id', '--routing', 'sticky:s']);
    },
    run: async ({ run }) => {
      await run('first', [...emit.slice(0, -6), '--receipts']);
      await run('all', [...emit, '--receipts']);
    },
    readTruth: async (directory) => {
      const history = await readHistory(directory);
      expectEqualLines(history.payloads, all);
      return history;
    },
    check: async ({ directory, acknowledged, truth, access }) => {
      const isDone = acknowledged.ended.has('all');
      await expectHistory(directory, truth, { access, acknowledged: isDone ? all.length : lastReceipt(acknowledged) });
      await runAgain(directory, emit);
      expectEqualLines(await payloadsIn(directory), all);
      await expectEmits(directory, AFTER);
    },
  };
};
