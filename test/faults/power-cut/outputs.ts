/** Scenarios of files that are written beside a position: no position passes over what a power cut can take. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { runCliInto } from '../../support/cli.ts';
import {
  AcknowledgedLost,
  expectEmits,
  expectEqualLines,
  expectHistory,
  type History,
  LEDGER,
  lastReceipt,
  linesOf,
  readHistory,
  runAgain,
  withLedger,
} from './laws.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

const OUT = 'out.jsonl';
const lineOf = (n: number) => JSON.stringify({ n, text: 'o'.repeat((n * 37) % 900) });

/** Runs the command again as a shell does for `>> out.jsonl`. */
async function appendAgain(directory: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCliInto({ 1: OUT }, args, { cwd: directory });
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
}

/** Some lines may be there twice, or damaged beside a whole one; none may be missing. */
function expectEachLine(directory: string, file: string, lines: readonly string[]): void {
  const found = new Set(linesOf(directory, file));
  const missing = lines.filter((line) => !found.has(line));
  if (missing.length > 0)
    throw new AcknowledgedLost(
      `${missing.length} of ${lines.length} lines are not in ${file}, such as ${missing[0]?.slice(0, 60)}`,
    );
}

interface OutputRun {
  readonly name: string;
  /** Appends to the output, and moves its position. */
  readonly args: readonly string[];
  /** `files`: how many of the inputs have been emitted before it; `args`: more arguments of the run. */
  readonly steps: readonly { readonly files: number; readonly args?: readonly string[] }[];
  /** How many events its position has behind it, where a position that was acknowledged must stay. */
  position?(directory: string): Promise<number>;
}

const INPUTS = smallInputs('in', 9, lineOf);
const FILES = Object.keys(INPUTS);
const eventsOf = (files: number): number => FILES.slice(0, files).flatMap((file) => INPUTS[file] ?? []).length;
const emitOf = (files: number) => ['emit', '-q', '-l', LEDGER, '--producer', 'p', ...FILES.slice(0, files)];

function output({ name, args, steps, position }: OutputRun): Scenario<History> {
  const lastEnded = (kind: string, ended: ReadonlySet<string>): number =>
    eventsOf(steps.findLast((_, at) => ended.has(`${kind} ${at}`))?.files ?? 0);
  return {
    name,
    prepare: async (directory) => {
      writeInputs(directory, INPUTS);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '2']);
    },
    run: async ({ run }) => {
      for (const [at, step] of steps.entries()) {
        await run(`more ${at}`, emitOf(step.files));
        await run(`output ${at}`, [...args, ...(step.args ?? [])], { appendTo: { 1: OUT } });
      }
    },
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged: { ended }, truth, access }) => {
      await expectHistory(directory, truth, { access, acknowledged: lastEnded('more', ended) });
      const covered = lastEnded('output', ended);
      if (covered > 0 && position !== undefined) {
        const passed = await position(directory);
        if (passed < covered)
          throw new AcknowledgedLost(`the position has ${passed} events behind it, and had ${covered}`);
      }
      await runAgain(directory, emitOf(FILES.length));
      await appendAgain(directory, args);
      expectEachLine(directory, OUT, truth.payloads);
      expectEqualLines(await expectEmits(directory, lineOf(0)), truth.payloads);
    },
  };
}

const THREE_TIMES = [{ files: 3 }, { files: 6 }, { files: 9 }] as const;

/** A member of a group that writes to a file: `tail --group g >> out`. */
export const group = (): Scenario<History> =>
  output({
    name: 'a group that writes to a file',
    args: ['tail', '-q', '-l', LEDGER, '-g', 'g', '--member', 'm', '-e'],
    steps: THREE_TIMES,
    position: (directory) =>
      withLedger(join(directory, LEDGER), 'read', async (engine) => {
        const { sequence } = await engine.head();
        const [found] = await engine.groups();
        return sequence - (found?.lag ?? sequence);
      }),
  });

/** `tail --cursor-file c >> out`. */
export const tailCursor = (): Scenario<History> =>
  output({
    name: 'tail with a cursor file',
    args: ['tail', '-q', '-l', LEDGER, '-n', 'all', '--cursor-file', 'cursor'],
    steps: THREE_TIMES,
  });

/** `replay --cursor-file c >> out`, a part of the range in each run. */
export const replayCursor = (): Scenario<History> => {
  const part = { files: FILES.length, args: ['--limit', '5'] };
  return output({
    name: 'replay with a cursor file',
    args: [
      'replay',
      '-q',
      '-l',
      LEDGER,
      '--through-sequence',
      String(eventsOf(FILES.length)),
      '--cursor-file',
      'cursor',
    ],
    steps: [part, part, { files: FILES.length }],
  });
};

/** Bad lines are in the file before the position of the producer passes over them. */
export function rejects(): Scenario<History> {
  const inputs = smallInputs('in', 12, (n) => (n % 3 === 0 ? `bad ${'x'.repeat(n * 20)}` : lineOf(n)));
  const lines = Object.values(inputs).flat();
  const [good, bad] = [lines.filter((line) => line.startsWith('{')), lines.filter((line) => line.startsWith('bad'))];
  const emit = ['emit', '-q', '-l', LEDGER, '--producer', 'p', '--rejects', 'rejects', ...Object.keys(inputs)];
  return {
    name: 'rejected lines',
    prepare: async (directory) => {
      writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '2']);
    },
    run: async ({ run }) => {
      await run('emit some', [...emit.slice(0, -5), '--receipts'], { code: 65 });
      await run('emit', [...emit, '--receipts'], { code: 65 });
    },
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged, truth, access }) => {
      const isDone = acknowledged.ended.has('emit');
      await expectHistory(directory, truth, { access, acknowledged: isDone ? good.length : lastReceipt(acknowledged) });
      await runAgain(directory, emit, [0, 65]);
      expectEqualLines(await expectEmits(directory, lineOf(0)), good);
      const texts = new Set(linesOf(directory, 'rejects').map(textOfReject));
      const missing = bad.filter((line) => !texts.has(line));
      if (missing.length > 0) throw new AcknowledgedLost(`${missing.length} of ${bad.length} bad lines are in no file`);
    },
  };
}

function textOfReject(line: string): string | undefined {
  try {
    return (JSON.parse(line) as { text?: string }).text;
  } catch {
    // damaged by the power cut
    return undefined;
  }
}
