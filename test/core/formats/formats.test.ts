import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type Completengine, type EventFormat, formats, type Sink } from '../../../src/index.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { framed } from '../../support/framed-format.ts';
import { parseLines } from '../../support/ledger-cli.ts';

/** Keeps the pieces in which events are written. */
function piecesOf(format: EventFormat): { readonly sink: Sink; readonly pieces: Buffer[] } {
  const pieces: Buffer[] = [];
  const deliver: Sink['deliver'] = async (batches, labels) => {
    for (const batch of batches) for (const piece of format.lines(batch, labels)) pieces.push(Buffer.from(piece));
    return true;
  };
  return { sink: { deliver }, pieces };
}

test('envelopes of a large commit come in pieces of whole lines, none much larger than the others', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
  const events = Array.from({ length: 20_000 }, (_, n) => ({ k: n % 11, n }));
  await engine.emit(events);
  const { sink, pieces } = piecesOf(formats.envelope);
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
  const { sink, pieces } = piecesOf(formats.envelope);
  await engine.replay().deliver(sink);
  expect(pieces.map((piece) => parseLines(piece).length)).toEqual([1, 2]);
  pieces.length = 0;
  await engine.replay({ where: 'n=1' }).deliver(sink);
  expect(pieces).toEqual([]);
});

async function eventsOf(engine: Completengine): Promise<object[]> {
  const events: object[] = [];
  for await (const event of engine.replay()) events.push({ ...event, payload: event.payload.toString() });
  return events;
}

test('the registry names each format as the format names itself, and a setting means one thing', () => {
  const settings = new Map<string, object>();
  for (const [name, format] of Object.entries<EventFormat>(formats)) {
    expect(format.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(format.summary).not.toBe('');
    expect(format.settings === undefined).toBe(format.with === undefined);
    for (const [setting, fact] of Object.entries(format.settings ?? {})) {
      expect(settings.get(setting) ?? fact).toBe(fact);
      settings.set(setting, fact);
    }
  }
});

test.each(Object.values<EventFormat>(formats).filter(({ layout }) => layout !== null))(
  'events are restored from the lines of $name: payload to the byte, and time',
  async (format) => {
    const source = await openEngine({ routing: 'hash:k', partitions: 2, time: 'at' });
    await source.emit([
      '{"k":1, "at":1000000000,\t"x":1.0 }',
      '{"k":"é","at":1000000001.5}',
      ' {"at":1000000002,"k":true}',
    ]);
    const { sink, pieces } = piecesOf(format);
    await source.replay().deliver(sink);
    const copy = await openEngine({ routing: 'hash:k', partitions: 2, time: 'at' });
    await copy.emit(Readable.from([Buffer.concat(pieces)]), { format });
    expect(await eventsOf(copy)).toEqual(await eventsOf(source));
  },
);

test('a format that loses something is refused as the format of an input', async () => {
  const engine = await openEngine();
  const { message } = await failureOf(
    () => engine.emit(Readable.from(['1\n']), { format: framed }),
    'INVALID_ARGUMENT',
  );
  expect(message).toContain('format');
});
