import { getEventListeners } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import { formats, StreamSink, StreamWriter } from '../../../src/index.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { numbers } from '../../support/ledger-cli.ts';

const collector = () => {
  const taken: Buffer[] = [];
  const stream = new Writable({
    write: (bytes: Buffer, _, done) => {
      taken.push(bytes);
      setImmediate(done);
    },
  });
  return { stream, text: () => Buffer.concat(taken).toString() };
};

test('leaves no listener on a signal that outlives it, and one on a stream, however many sinks and writers there were', async () => {
  const engine = await openEngine();
  await engine.emit([{ n: 1 }, { n: 2 }]);
  const { signal } = new AbortController();
  const { stream, text } = collector();
  const before = { error: stream.listenerCount('error'), close: stream.listenerCount('close') };
  for (let round = 0; round < 30; round++) {
    const sink = new StreamSink(stream, formats.payload, signal);
    await engine.replay().deliver(sink);
    expect(await new StreamWriter(stream, signal).write('-\n')).toBe(true);
  }
  expect(text()).toBe('{"n":1}\n{"n":2}\n-\n'.repeat(30));
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(stream.listenerCount('error')).toBe(before.error + 1);
  expect(stream.listenerCount('close')).toBe(before.close);
});

test('payloads go out as they were cut: no columns are made, which cost as much as all the rest', async () => {
  const engine = await openEngine();
  const payloads = numbers(1, 60_000);
  await engine.emit(Readable.from([payloads]));
  const made = vi.spyOn(EventColumns, 'of');
  onTestFinished(() => made.mockRestore());
  const { stream, text } = collector();
  await engine.replay().deliver(new StreamSink(stream, formats.payload));
  expect(text()).toBe(payloads);
  expect(made).not.toHaveBeenCalled();
});

test('memory of pieces is used again where the stream copies what it writes, and nowhere else', async () => {
  const engine = await openEngine();
  const payloads = numbers(1, 60_000);
  await engine.emit(Readable.from([payloads]));
  const memories = async (over: { fd?: number }): Promise<{ texts: string; count: number }> => {
    const seen = new Set<ArrayBufferLike>();
    let texts = '';
    const write = (bytes: Buffer, _: unknown, done: () => void): void => {
      seen.add(bytes.buffer);
      texts += bytes.toString();
      done();
    };
    const stream = Object.assign(new Writable({ write }), over);
    await engine.replay().deliver(new StreamSink(stream, formats.envelope));
    return { texts, count: seen.size };
  };
  const [over, kept] = [await memories({ fd: 1 }), await memories({})];
  expect(over.texts).toBe(kept.texts);
  expect(over.texts.split('\n')).toHaveLength(60_001);
  // of the pieces, each time they grow, and of what is joined
  expect(over.count).toBeLessThan(8);
  expect(kept.count).toBeGreaterThan(30);
});

test('leaves none after a failed delivery, either', async () => {
  const engine = await openEngine();
  await engine.emit({ n: 1 });
  const { signal } = new AbortController();
  const broken = new Error('cannot be formatted');
  const lines = () => {
    throw broken;
  };
  await expect(
    engine.replay().deliver(new StreamSink(collector().stream, { ...formats.payload, lines }, signal)),
  ).rejects.toBe(broken);
  const full = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no room'), { code: 'ENOSPC' })) });
  await failureOf(() => engine.replay().deliver(new StreamSink(full, formats.payload, signal)), 'IO_FAILED');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
