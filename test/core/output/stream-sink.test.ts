import { getEventListeners } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import { payloadForm, StreamSink } from '../../../src/index.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { numbers } from '../../support/ledger-cli.ts';
import { turns } from '../../support/turns.ts';

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

/** A reader that takes nothing until it is released. */
const stuck = () => {
  let take = (): void => {};
  const stream = new Writable({
    write: (_, __, done) => {
      take = () => done();
    },
  });
  return { stream, take: () => take() };
};

/** The time that a reader has after an abort, which passes only when told to. */
const fakeGrace = () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  return { almostElapse: () => vi.advanceTimersByTime(499), elapse: () => vi.advanceTimersByTime(500) };
};

test('leaves no listener on a signal that outlives it, and one on a stream, however many sinks there were', async () => {
  const engine = await openEngine();
  await engine.emit([{ n: 1 }, { n: 2 }]);
  const { signal } = new AbortController();
  const { stream, text } = collector();
  const before = { error: stream.listenerCount('error'), close: stream.listenerCount('close') };
  for (let round = 0; round < 30; round++) {
    const sink = new StreamSink(stream, payloadForm, signal);
    await engine.replay().deliver(sink);
    expect(await sink.write('-\n')).toBe(true);
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
  await engine.replay().deliver(new StreamSink(stream, payloadForm));
  expect(text()).toBe(payloads);
  expect(made).not.toHaveBeenCalled();
});

test('leaves none after a failed delivery, either', async () => {
  const engine = await openEngine();
  await engine.emit({ n: 1 });
  const { signal } = new AbortController();
  const broken = new Error('cannot be formed');
  const form = () => {
    throw broken;
  };
  await expect(engine.replay().deliver(new StreamSink(collector().stream, form, signal))).rejects.toBe(broken);
  const full = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no room'), { code: 'ENOSPC' })) });
  await failureOf(() => engine.replay().deliver(new StreamSink(full, payloadForm, signal)), 'IO_FAILED');
  await failureOf(() => new StreamSink(full, payloadForm, signal).write('x'), 'IO_FAILED');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('ends without an error when its reader has gone: %s', async (code) => {
  const stream = new Writable({ write: (_, __, done) => done(Object.assign(new Error('gone'), { code })) });
  expect(await new StreamSink(stream, payloadForm).write('x')).toBe(false);
});

test('hears of an error between two deliveries', async () => {
  const stream = new PassThrough().resume();
  const sink = new StreamSink(stream, payloadForm);
  expect(await sink.write('x')).toBe(true);
  stream.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await turns();
  expect(await sink.write('x')).toBe(false);
});

test('a stream that is closed ends the wait for it', async () => {
  const { stream } = stuck();
  const written = new StreamSink(stream, payloadForm).write('x');
  stream.destroy();
  expect(await written).toBe(false);
});

test.each(['before', 'while'])(
  'a reader who does not read is not waited for after an abort that came %s it was written to',
  async (moment) => {
    const grace = fakeGrace();
    const controller = new AbortController();
    const { stream } = stuck();
    const sink = new StreamSink(stream, payloadForm, controller.signal);
    if (moment === 'before') controller.abort();
    const written = sink.write('x');
    if (moment === 'while') controller.abort();
    grace.elapse();
    expect(await written).toBe(false);
    expect(await sink.write('y')).toBe(false);
  },
);

test('what its reader takes in time after an abort is delivered', async () => {
  const grace = fakeGrace();
  const controller = new AbortController();
  const { stream, take } = stuck();
  const sink = new StreamSink(stream, payloadForm, controller.signal);
  const written = sink.write('x');
  controller.abort();
  grace.almostElapse();
  take();
  expect(await written).toBe(true);
});
