/** Scenarios of ledgers that are made, whose routing changes, and that several processes write. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  AcknowledgedLost,
  expectEmits,
  expectEqualLines,
  expectHistory,
  type History,
  LEDGER,
  lastReceipt,
  readHistory,
  runAgain,
  withLedger,
} from './laws.ts';
import type { Site } from './recorder.ts';
import type { Call } from './recording.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';
import type { Window } from './states.ts';

const AFTER = '{"k":1,"after":true}';
const lineOf = (name: string) => (n: number) => JSON.stringify({ [name]: n, k: n % 5, text: name.repeat(n % 300) });

/** A ledger is there as a whole or not at all; once it was acknowledged, it stays. */
export function creation(): Scenario<History> {
  const inputs = smallInputs('in', 2, lineOf('c'));
  const init = ['init', '-l', LEDGER, '--partitions', '2'];
  const emit = ['emit', '-q', '-l', LEDGER, '--producer', 'p', ...Object.keys(inputs)];
  return {
    name: 'creation',
    prepare: async (directory) => writeInputs(directory, inputs),
    run: async ({ run }) => {
      await run('init', init);
      await run('emit', [...emit, '--receipts']);
    },
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      const isThere = existsSync(join(directory, LEDGER));
      if (!isThere && acknowledged.ended.has('init')) throw new AcknowledgedLost('the ledger is not there');
      if (isThere) await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      if (!isResumed) return;
      if (!isThere) await runAgain(directory, init);
      await runAgain(directory, emit);
      expectEqualLines(await expectEmits(directory, AFTER), truth.payloads);
    },
  };
}

/** Each change of the routing is there once its command has ended, and no event is by a routing that was lost. */
export function epochs(): Scenario<History> {
  const inputs = smallInputs('in', 8, lineOf('e'));
  const files = Object.keys(inputs);
  const emit = (from: number, through: number) => [
    ...['emit', '-q', '-l', LEDGER, '--receipts', '--producer', 'p'],
    ...files.slice(from, through),
  ];
  const changes = {
    add: ['partition', 'add', '-l', LEDGER, 'spare', 'other'],
    place: ['partition', 'place', '-l', LEDGER, '3', 'spare'],
    reroute: ['partition', 'reroute', '-l', LEDGER, 'range:k=2'],
  };
  return {
    name: 'epochs',
    prepare: async (directory) => {
      writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '2', '--routing', 'hash:k']);
    },
    run: async ({ run }) => {
      let through = 2;
      await run('emit', emit(0, through));
      for (const [step, args] of Object.entries(changes)) {
        await run(step, args);
        through += 2;
        await run(`emit after ${step}`, emit(0, through));
      }
    },
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      const { epoch } = await withLedger(join(directory, LEDGER), access, async (engine) =>
        engine.partitioning.inForce(),
      ).then((routing) => routing.epoch);
      // a step that has failed is begun once more
      const of = (steps: Iterable<string>) => 1 + [...new Set(steps)].filter((step) => step in changes).length;
      if (epoch < of(acknowledged.ended)) throw new AcknowledgedLost(`epoch ${epoch} of ${of(acknowledged.ended)}`);
      expect(epoch).toBeLessThanOrEqual(of(acknowledged.begun));
      if (!isResumed) return;
      await runAgain(directory, emit(0, files.length));
      expectEqualLines(await expectEmits(directory, AFTER), truth.payloads);
    },
  };
}

const FILES_OF_EACH = 8;

/** Two producers, each in a process of its own, and what has been committed by either is there. */
function writers(
  name: string,
  run: (site: Site, emits: readonly (readonly string[])[]) => Promise<void>,
  rest: Pick<Scenario, 'isMet' | 'window'> = {},
): Scenario<History> {
  const producers = ['a', 'b'].map((producer) => ({
    producer,
    inputs: smallInputs(`${producer}-`, FILES_OF_EACH, lineOf(producer)),
  }));
  const emits = producers.map(({ producer, inputs }) => [
    ...['emit', '-q', '-l', LEDGER, '--receipts', '--producer', producer],
    ...Object.keys(inputs),
  ]);
  return {
    name,
    prepare: async (directory) => {
      for (const { inputs } of producers) writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '3']);
    },
    run: (site) => run(site, emits),
    ...rest,
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged, truth, access, isResumed }) => {
      await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      if (!isResumed) return;
      for (const emit of emits) await runAgain(directory, emit);
      const payloads = await expectEmits(directory, AFTER);
      for (const { producer, inputs } of producers)
        expectEqualLines(
          payloads.filter((line) => line.startsWith(`{"${producer}"`)),
          Object.values(inputs).flat(),
        );
      expect(payloads.length).toBe(truth.payloads.length);
    },
  };
}

/** Two producers commit at the same time, in two processes. */
export const twoWriters = (): Scenario<History> =>
  writers('two writers', async ({ runTogether }, emits) => runTogether('emit', emits));

/** A process opens a ledger whose -wal another one writes, and syncs its last transaction before it acknowledges anything. */
export const openedBeside = (): Scenario<History> =>
  writers(
    'opened beside a writer',
    async ({ runBeside }, [waiting = [], other = []]) => runBeside('emit', waiting, FILES_OF_EACH, other),
    {
      isMet: (calls) => {
        const { from, through } = besideWindow(calls);
        const writes = calls.slice(0, through).filter((call) => call.kind === 'write' && call.path.endsWith('-wal'));
        const offsets = writes.map((call) => (call.kind === 'write' ? call.offset : 0));
        // the same place once more
        return from > 0 && new Set(offsets).size < offsets.length;
      },
      window: besideWindow,
    },
  );

/** From the last acknowledgement of the first process to a few of the other one. */
function besideWindow(calls: readonly Call[]): Window {
  const outputs = calls.flatMap(({ kind }, at) => (kind === 'output' ? [at] : []));
  return { from: outputs[FILES_OF_EACH - 1] ?? 0, through: outputs[FILES_OF_EACH + 1] ?? 0 };
}
