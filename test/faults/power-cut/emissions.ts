/** Scenarios of events that are committed. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { storedRuns } from '../../support/sessions.ts';
import {
  expectEmits,
  expectEqualLines,
  expectHistory,
  type History,
  LEDGER,
  lastReceipt,
  readHistory,
  runAgain,
} from './laws.ts';
import type { Site } from './recorder.ts';
import type { Call } from './recording.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

/** Lines of different lengths; some are longer than a page of the file. */
export const lineOf = (name: string) => (n: number) =>
  JSON.stringify({ id: `${name}${n}`, k: n % 7, text: name.repeat(n % 11 === 0 ? 9000 : n % 40) });

const AFTER = '{"id":"after","k":1,"s":"after"}';

const isFailedSync = (call: Call): boolean => call.kind === 'sync' && call.end === 'failed';
const isSyncOfLedger = (call: Call): boolean => call.kind === 'sync' && call.path === LEDGER;

interface Emission extends Pick<Scenario, 'isMet' | 'window'> {
  readonly name: string;
  readonly init?: readonly string[];
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  /** What makes it safe to run the command again; default: a producer. */
  readonly args?: readonly string[];
  /** What the ledger holds when all is done; default: all lines. */
  readonly events?: readonly string[];
  run(site: Site, emit: readonly string[]): Promise<void>;
  /** An event that is emitted when all is done again. */
  readonly after?: string;
  /** More files that are there before it. */
  prepare?(directory: string): void;
  /** What else must hold when all is done again. */
  expectMore?(directory: string): Promise<void>;
}

/** Inputs are emitted. After the power cut the same command completes them, without doubles or gaps. */
export function emission({
  name,
  init = ['--partitions', '2'],
  inputs,
  args = ['--producer', 'p'],
  events = Object.values(inputs).flat(),
  run,
  after = AFTER,
  prepare,
  expectMore,
  ...rest
}: Emission): Scenario<History> {
  const emit = ['emit', '-q', '-l', LEDGER, ...args, ...Object.keys(inputs)];
  return {
    name,
    prepare: async (directory) => {
      writeInputs(directory, inputs);
      prepare?.(directory);
      await prepareWith(directory, ['init', '-l', LEDGER, ...init]);
    },
    run: (site) => run(site, emit),
    ...rest,
    readTruth: async ({ end }) => {
      const history = await readHistory(end);
      expectEqualLines(history.payloads, events);
      return history;
    },
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      const isDone = acknowledged.ended.has('emit all');
      await expectHistory(directory, truth, {
        access,
        acknowledged: isDone ? events.length : lastReceipt(acknowledged),
      });
      if (!isResumed) return;
      await runAgain(directory, emit);
      await expectMore?.(directory);
      expectEqualLines(await expectEmits(directory, after), events);
    },
  };
}

export const smallCommits = (init: readonly string[] = []): Scenario<History> =>
  emission({
    name: 'small commits',
    init: ['--partitions', '2', ...init],
    inputs: smallInputs('in', 14, lineOf('s')),
    run: async ({ run }, emit) => {
      await run('emit some', [...emit.slice(0, -4), '--receipts']);
      await run('emit all', [...emit, '--receipts']);
    },
  });

/** Enough small commits for the -wal to be written back between them, and to begin again. */
export const checkpoints = (): Scenario<History> =>
  emission({
    name: 'checkpoints',
    inputs: smallInputs('in', 145, lineOf('c')),
    run: async ({ run }, emit) => {
      await run('emit all', [...emit, '--receipts']);
    },
    isMet: (calls) => {
      const written = calls.findIndex(isSyncOfLedger);
      return written !== -1 && calls.slice(written).filter(({ kind }) => kind === 'output').length > 5;
    },
  });

/** Chunks of a mebibyte and more, which a thread commits. */
export const bulk = (): Scenario<History> =>
  emission({
    name: 'bulk',
    inputs: {
      'large.jsonl': Array.from({ length: 2400 }, (_, n) =>
        JSON.stringify({ k: n, text: 'b'.repeat(500 + (n % 900)) }),
      ),
    },
    run: async ({ run }, emit) => {
      await run('emit all', emit);
    },
  });

export const atomic = (): Scenario<History> =>
  emission({
    name: 'atomic',
    args: ['--producer', 'p', '--atomic'],
    inputs: smallInputs('in', 40, lineOf('a')),
    run: async ({ run }, emit) => {
      await run('emit all', emit);
    },
  });

export const killedProducer = (): Scenario<History> =>
  emission({
    name: 'a producer killed twice',
    inputs: smallInputs('in', 12, lineOf('k')),
    run: async ({ run, inject }, emit) => {
      for (const [step, at] of [
        ['emit, killed', 23],
        ['emit, killed again', 31],
      ] as const) {
        inject({ fault: 'kill in a write', files: 'wal', at });
        await run(step, [...emit, '--receipts'], { code: null });
      }
      await run('emit all', [...emit, '--receipts']);
    },
  });

/** What a killed process has left in the -wal is recovered and written back by one that only reads. */
export const recoveredByReader = (): Scenario<History> =>
  emission({
    name: 'recovery by a reader',
    inputs: smallInputs('in', 10, lineOf('r')),
    run: async ({ run, inject }, emit) => {
      inject({ fault: 'kill in a write', files: 'wal', at: 40 });
      await run('emit, killed', [...emit, '--receipts'], { code: null });
      await run('inspect', ['inspect', '-l', LEDGER]);
      await run('emit all', [...emit, '--receipts']);
    },
    isMet: (calls) => {
      const [from, to] = (['begin', 'end'] as const).map((kind) =>
        calls.findIndex((call) => call.kind === kind && call.step === 'inspect'),
      );
      return calls.slice(from, to).some(isSyncOfLedger);
    },
  });

/** What the process meets whose fsync fails, and how it ends. The next one builds on what it finds in the page cache, and not on the disk. */
const FAILED_SYNCS = {
  'a failed fsync': { fault: 'fail a sync', at: 6, code: 74 },
  'fsyncs that fail from then on': { fault: 'fail syncs from then on', at: 2, code: 74 },
  'a failed fsync, and a kill': { fault: 'fail a sync and kill', at: 2, code: null },
} as const;

export const failedSync = (name: keyof typeof FAILED_SYNCS): Scenario<History> =>
  emission({
    name,
    inputs: smallInputs('in', 10, lineOf('f')),
    run: async ({ run, inject }, emit) => {
      const { fault, at, code } = FAILED_SYNCS[name];
      inject({ fault, files: 'wal', at });
      await run('emit, failed', [...emit, '--receipts'], { code });
      inject(null);
      await run('emit all', [...emit, '--receipts']);
    },
    isMet: (calls) => calls.some(isFailedSync),
    // what it has left is recovered before anything new is acknowledged
    window: (calls) => {
      const from = calls.findIndex(isFailedSync);
      return { from, through: calls.findIndex(({ kind }, at) => at > from && kind === 'output') };
    },
  });

/** Ids that come again are passed over, and sessions stay where they are pinned: by rows of the table at first, then by a run, and by those of few pins after it. */
export const uniqueAndSticky = (): Scenario<History> => {
  const few = (prefix: string, from: number) =>
    smallInputs(prefix, 6, (nth) => {
      const n = from + nth;
      return JSON.stringify(n % 10 === 0 ? { id: 1, s: 's1' } : { id: n, s: `s${n % 6}` });
    });
  const many = Array.from({ length: 10 }, (_, n) => JSON.stringify({ id: `m${n}`, s: `m${n}` }));
  const inputs = { ...few('in0', 0), 'in1.jsonl': many, ...few('in2', 12) };
  return emission({
    name: 'unique ids and pins',
    init: ['--partitions', '3', '--unique', 'id', '--routing', 'sticky:s'],
    inputs,
    args: [],
    events: [...new Set(Object.values(inputs).flat())],
    run: async ({ run }, emit) => {
      await run('emit some', [...emit.slice(0, -6), '--receipts']);
      await run('emit all', [...emit, '--receipts']);
    },
  });
};

/** Renewed sessions: with the 129th commit the pins of all commits before become one run. */
export const compactedPins = (): Scenario<History> => {
  const inputs = Object.fromEntries(
    Array.from({ length: 132 }, (_, nth) => [
      `in${String(nth).padStart(3, '0')}.jsonl`,
      Array.from({ length: 8 }, (_, at) =>
        JSON.stringify({ id: `${nth}-${at}`, s: `s${(nth + at) % 12}`, t: 1_700_000_000_000 + nth * 1100 }),
      ),
    ]),
  );
  const isOutput = ({ kind }: Call): boolean => kind === 'output';
  return emission({
    name: 'pins that are compacted',
    init: ['--partitions', '3', '--time', 't', '--routing', 'sticky:s,idle=16s'],
    inputs,
    after: '{"id":"after","t":1750000000000,"s":"after"}',
    run: async ({ run }, emit) => {
      await run('emit all', [...emit, '--receipts']);
    },
    window: (calls) => {
      const outputs = [...calls.keys()].filter((at) => isOutput(calls[at] as Call));
      return { from: outputs.at(-8) ?? 0, through: calls.length - 1 };
    },
    expectMore: async (directory) => {
      expect(storedRuns(join(directory, LEDGER))).toBeLessThan(10);
    },
  });
};
