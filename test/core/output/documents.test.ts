/** Sinks write one document per stream: its beginning before the first event, its end when the stream is complete. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  CommandConsumer,
  CommandSink,
  type Completengine,
  type OpenOptions,
  StreamSink,
  shellWord,
} from '../../../src/index.ts';
import { openEngine } from '../../support/engines.ts';
import { FakeTimer } from '../../support/fake-timer.ts';
import { framed, framedText } from '../../support/framed-format.ts';
import { seededForTest } from '../../support/seeded.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function numbersEngine(options: Partial<OpenOptions> = {}): Promise<Completengine> {
  const engine = await openEngine(options);
  for (const piece of [[1, 2], [3], [4, 5]]) await engine.emit(piece);
  return engine;
}

function collector() {
  const taken: Buffer[] = [];
  const stream = new Writable({
    write: (bytes: Buffer, _, done) => {
      taken.push(bytes);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(taken).toString() };
}

test('each stream that is delivered to a sink is a document, and one without events is, too', async () => {
  const engine = await numbersEngine();
  const { stream, text } = collector();
  const sink = new StreamSink(stream, framed);
  await engine.replay({ throughSequence: 3 }).deliver(sink);
  await engine.replay({ where: 'x=1' }).deliver(sink);
  await engine.tail({ last: 2 }).deliver(sink);
  expect(text()).toBe(framedText(1, 3) + framedText(1, 0) + framedText(4, 5));
});

test('an interrupted stream leaves its document open', async () => {
  // time passes only while the replay waits, so that no two events are due together
  const engine = await numbersEngine({ timer: new FakeTimer(seededForTest()) });
  const controller = new AbortController();
  const { stream, text } = collector();
  const onProgress = ({ events }: { events: number }) => {
    if (events >= 3) controller.abort();
  };
  const { isComplete } = await engine
    .replay({ rate: 100, onProgress, signal: controller.signal })
    .deliver(new StreamSink(stream, framed, controller.signal));
  expect(isComplete).toBe(false);
  expect(text()).toMatch(/^head\n1\n2\n3\n/);
  expect(text()).not.toContain('foot');
});

test('a stream whose end is not read is not complete', async () => {
  const engine = await numbersEngine();
  const end = async () => false;
  const { isComplete, events } = await engine.replay().deliver({ deliver: async () => true, end });
  expect([isComplete, events]).toEqual([false, 5]);
});

test('a stream that fails has no end', async () => {
  const engine = await numbersEngine();
  const { stream, text } = collector();
  const sink = new StreamSink(stream, framed);
  const broken = new Error('cannot be delivered');
  const failing = {
    deliver: async (...[page, labels]: Parameters<StreamSink['deliver']>) => {
      await sink.deliver(page, labels);
      throw broken;
    },
    end: () => sink.end(),
  };
  await expect(engine.replay().deliver(failing)).rejects.toBe(broken);
  expect(text()).not.toContain('foot');
});

test('each run of a command reads a document of its own', async () => {
  const engine = await numbersEngine();
  const [file, groupFile] = [join(tempDir(), 'out'), join(tempDir(), 'group')];
  await engine.replay({ throughSequence: 2 }).deliver(new CommandSink(`cat >> ${shellWord(file)}`, framed));
  await engine.replay({ fromSequence: 3 }).deliver(new CommandSink(`cat >> ${shellWord(file)}`, framed));
  expect(readFileSync(file, 'utf8')).toBe(framedText(1, 2) + framedText(3, 5));
  const consumer = new CommandConsumer({
    command: `cat >> ${shellWord(groupFile)}`,
    environment: process.env,
    format: framed,
    openStderr: () => () => {},
  });
  const subscription = await engine.subscribe(
    { group: 'g', from: 'start', batch: 1, until: { head: true } },
    (delivery) => consumer.deliver(delivery),
  );
  await subscription.finished;
  expect(readFileSync(groupFile, 'utf8').split('head\n').length - 1).toBe(5);
  expect(readFileSync(groupFile, 'utf8').split('foot\n').length - 1).toBe(5);
});
