/** Documents: however a range is cut into deliveries and runs, the outputs of the runs are one document. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { continued, documentOf, OpenDocument } from '../../../src/core/formats/document.ts';
import type { EventBatch } from '../../../src/index.ts';
import { openEngine } from '../../support/engines.ts';
import { framed, framedText } from '../../support/framed-format.ts';
import { type ReplayedBatches, replayedBatches } from '../../support/replayed-batches.ts';
import { quick } from '../../support/test-size.ts';

const EVENTS = 40;

async function history(): Promise<ReplayedBatches> {
  const engine = await openEngine();
  await engine.emit(Array.from({ length: EVENTS }, (_, n) => n));
  return replayedBatches(engine);
}

const textOf = (pieces: Iterable<Buffer>): string => Buffer.concat([...pieces]).toString();

test('runs that are cut anywhere write together what one run writes', async () => {
  const { batches, labels } = await history();
  const [whole] = batches as [EventBatch];
  const cuts = fc.array(fc.record({ at: fc.nat(EVENTS), isRunEnd: fc.boolean() }), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (given) => {
      const sorted = [...given].sort((one, other) => one.at - other.at);
      const ends = [...sorted, { at: EVENTS, isRunEnd: true }];
      let output = '';
      let isBegun = false;
      let from = 0;
      let run = new OpenDocument(framed);
      for (const [nth, { at, isRunEnd }] of ends.entries()) {
        output += textOf(run.add([whole.slice(from, at)], labels));
        from = at;
        if (nth === ends.length - 1) output += textOf(run.end());
        else if (isRunEnd) {
          isBegun ||= run.isBegun;
          run = new OpenDocument(isBegun ? continued(framed) : framed);
        }
      }
      expect(output).toBe(framedText(1, EVENTS));
    }),
    { numRuns: quick(100, 1000) },
  );
});

test('a document without events has a beginning and an end; after the end a new one begins', () => {
  const document = new OpenDocument(framed);
  expect(textOf(document.end())).toBe('head\nfoot\n');
  expect(textOf(document.end())).toBe('head\nfoot\n');
});

test('a command gets a whole document in each run, and none without events', async () => {
  const { batches, labels } = await history();
  const [whole] = batches as [EventBatch];
  expect(textOf(documentOf([whole.slice(0, 2), whole.slice(2, 5)], labels, framed))).toBe(framedText(1, 5));
  expect(textOf(documentOf([whole.slice(3, 3)], labels, framed))).toBe('');
});

test('a document that cannot be completed has no end', async () => {
  const { batches, labels } = await history();
  const [whole] = batches as [EventBatch];
  const broken = new Error('corrupt');
  const format = {
    ...framed,
    *lines() {
      yield Buffer.from('1\n');
      throw broken;
    },
  };
  const pieces: Buffer[] = [];
  expect(() => {
    for (const piece of documentOf([whole], labels, format)) pieces.push(piece);
  }).toThrow(broken);
  expect(textOf(pieces)).toBe('head\n1\n');
});
