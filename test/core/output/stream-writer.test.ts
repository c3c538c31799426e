import { getEventListeners } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { StreamWriter } from '../../../src/index.ts';
import { failureOf } from '../../support/engines.ts';
import { turns } from '../../support/turns.ts';

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

/** The time that a reader has after an abort, which passes only when asked to. */
const fakeGrace = () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  return { almostElapse: () => vi.advanceTimersByTime(499), elapse: () => vi.advanceTimersByTime(500) };
};

test.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('ends without an error when its reader has gone: %s', async (code) => {
  const stream = new Writable({ write: (_, __, done) => done(Object.assign(new Error('gone'), { code })) });
  expect(await new StreamWriter(stream).write('x')).toBe(false);
});

test('hears of an error between two writes', async () => {
  const stream = new PassThrough().resume();
  const writer = new StreamWriter(stream);
  expect(await writer.write('x')).toBe(true);
  stream.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await turns();
  expect(await writer.write('x')).toBe(false);
});

test('a stream that is closed ends the wait for it', async () => {
  const { stream } = stuck();
  const written = new StreamWriter(stream).write('x');
  stream.destroy();
  expect(await written).toBe(false);
});

test.each(['before', 'while'])(
  'a reader who does not read is not waited for after an abort that came %s it was written to',
  async (moment) => {
    const grace = fakeGrace();
    const controller = new AbortController();
    const { stream } = stuck();
    const writer = new StreamWriter(stream, controller.signal);
    if (moment === 'before') controller.abort();
    const written = writer.write('x');
    if (moment === 'while') controller.abort();
    grace.elapse();
    expect(await written).toBe(false);
    expect(await writer.write('y')).toBe(false);
  },
);

test('what its reader takes in time after an abort is written', async () => {
  const grace = fakeGrace();
  const controller = new AbortController();
  const { stream, take } = stuck();
  const writer = new StreamWriter(stream, controller.signal);
  const written = writer.write('x');
  controller.abort();
  grace.almostElapse();
  take();
  expect(await written).toBe(true);
});

test('a failed write is IO_FAILED, and leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  const full = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no room'), { code: 'ENOSPC' })) });
  await failureOf(() => new StreamWriter(full, signal).write('x'), 'IO_FAILED');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
