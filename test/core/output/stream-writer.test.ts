import { getEventListeners } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StreamWriter } from '../../../src/index.ts';
import { failureOf } from '../../support/engines.ts';

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

test.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('ends without an error when its reader has gone: %s', async (code) => {
  const stream = new Writable({ write: (_, __, done) => done(Object.assign(new Error('gone'), { code })) });
  expect(await new StreamWriter(stream).write('x')).toBe(false);
});

test('hears of an error between two writes', async () => {
  const stream = new PassThrough().resume();
  const writer = new StreamWriter(stream);
  expect(await writer.write('x')).toBe(true);
  stream.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await sleep(1);
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
    const controller = new AbortController();
    const { stream } = stuck();
    const writer = new StreamWriter(stream, controller.signal);
    if (moment === 'before') controller.abort();
    const written = writer.write('x');
    if (moment === 'while') controller.abort();
    // the grace must not keep a process alive, and nothing else does here
    const alive = setInterval(() => {}, 50);
    expect(await written).toBe(false);
    clearInterval(alive);
    expect(await writer.write('y')).toBe(false);
  },
);

test('what its reader takes in time after an abort is written', async () => {
  const controller = new AbortController();
  const { stream, take } = stuck();
  const writer = new StreamWriter(stream, controller.signal);
  const written = writer.write('x');
  controller.abort();
  await sleep(50);
  take();
  expect(await written).toBe(true);
});

test('a failed write is IO_FAILED, and leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  const full = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no room'), { code: 'ENOSPC' })) });
  await failureOf(() => new StreamWriter(full, signal).write('x'), 'IO_FAILED');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
