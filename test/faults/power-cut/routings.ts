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
  payloadsIn,
  readHistory,
  runAgain,
  withLedger,
} from './laws.ts';
import { prepareWith, type Scenario, smallInputs, writeInputs } from './scenario.ts';

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
    check: async ({ directory, acknowledged, truth, access }) => {
      const isThere = existsSync(join(directory, LEDGER));
      if (!isThere && acknowledged.ended.has('init')) throw new AcknowledgedLost('the ledger is not there');
      if (isThere) await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      else await runAgain(directory, init);
      await runAgain(directory, emit);
      expectEqualLines(await payloadsIn(directory), truth.payloads);
      await expectEmits(directory, AFTER);
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
    check: async ({ directory, acknowledged, truth, access }) => {
      await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      const { epoch } = await withLedger(join(directory, LEDGER), access, async (engine) =>
        engine.partitioning.inForce(),
      ).then((routing) => routing.epoch);
      const of = (steps: Iterable<string>) => 1 + [...steps].filter((step) => step in changes).length;
      if (epoch < of(acknowledged.ended)) throw new AcknowledgedLost(`epoch ${epoch} of ${of(acknowledged.ended)}`);
      expect(epoch).toBeLessThanOrEqual(of(acknowledged.begun));
      await runAgain(directory, emit(0, files.length));
      expectEqualLines(await payloadsIn(directory), truth.payloads);
      await expectEmits(directory, AFTER);
    },
  };
}

/** Two producers commit at the same time, in two processes. */
export function twoWriters(): Scenario<History> {
  const writers = ['a', 'b'].map((name) => ({ name, inputs: smallInputs(`${name}-`, 8, lineOf(name)) }));
  const emitOf = ({ name, inputs }: (typeof writers)[number]) => [
    ...['emit', '-q', '-l', LEDGER, '--receipts', '--producer', name],
    ...Object.keys(inputs),
  ];
  return {
    name: 'two writers',
    prepare: async (directory) => {
      for (const { inputs } of writers) writeInputs(directory, inputs);
      await prepareWith(directory, ['init', '-l', LEDGER, '--partitions', '3']);
    },
    run: async ({ runTogether }) => runTogether('emit', writers.map(emitOf)),
    readTruth: ({ end }) => readHistory(end),
    check: async ({ directory, acknowledged, truth, access }) => {
      await expectHistory(directory, truth, { access, acknowledged: lastReceipt(acknowledged) });
      for (const writer of writers) await runAgain(directory, emitOf(writer));
      const payloads = await payloadsIn(directory);
      for (const { name, inputs } of writers)
        expectEqualLines(
          payloads.filter((line) => line.startsWith(`{"${name}"`)),
          Object.values(inputs).flat(),
        );
      expect(payloads.length).toBe(truth.payloads.length);
      await expectEmits(directory, AFTER);
    },
  };
}
