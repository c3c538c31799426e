import { expect, test } from 'vitest';
import { type EventForm, envelopeForm, type Sink } from '../../../src/index.ts';
import { openEngine } from '../../support/engines.ts';
import { parseLines } from '../../support/ledger-cli.ts';

/** Keeps the pieces in which events are written. */
function piecesOf(form: EventForm): { readonly sink: Sink; readonly pieces: Buffer[] } {
  const pieces: Buffer[] = [];
  const deliver: Sink['deliver'] = async (batches, labels) => {
    for (const batch of batches) for (const piece of form(batch, labels)) pieces.push(Buffer.from(piece));
    return true;
  };
  return { sink: { deliver }, pieces };
}

test('envelopes of a large commit come in pieces of whole lines, none much larger than the others', async () => {
  const engine = await openEngine({ partition: 'hash:k', partitions: 3 });
  const events = Array.from({ length: 20_000 }, (_, n) => ({ k: n % 11, n }));
  await engine.emit(events);
  const { sink, pieces } = piecesOf(envelopeForm);
  await engine.replay().deliver(sink);
  expect(pieces.length).toBeGreaterThan(5);
  for (const piece of pieces) {
    expect(piece.at(-1)).toBe(0x0a);
    expect(piece.length).toBeLessThan(200_000);
  }
  const delivered = parseLines<{ sequence: number; key: string; payload: unknown }>(Buffer.concat(pieces));
  expect(delivered.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
  expect(delivered.map(({ key }) => key)).toEqual(events.map(({ k }) => String(k)));
  expect(delivered.map(({ payload }) => payload)).toEqual(events);
});

test('a line that is longer than a piece is one, and an empty batch is none', async () => {
  const engine = await openEngine({ partitions: 1 });
  await engine.emit([JSON.stringify('x'.repeat(300_000)), '1', '2']);
  const { sink, pieces } = piecesOf(envelopeForm);
  await engine.replay().deliver(sink);
  expect(pieces.map((piece) => parseLines(piece).length)).toEqual([1, 2]);
  pieces.length = 0;
  await engine.replay({ where: 'n=1' }).deliver(sink);
  expect(pieces).toEqual([]);
});
