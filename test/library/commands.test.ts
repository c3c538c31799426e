/** Commands in the library: a command that cannot be started is a LedgerError, in every way of using it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CommandConsumer, CommandSink, formats } from '../../src/index.ts';
import { failureOf, openEngine, parkedBy } from '../support/engines.ts';
import { FakeTimer } from '../support/fake-timer.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';

const TOO_LONG = `true ${' '.repeat(200_000)}`;

function consumerOf(command: string, environment: Record<string, string> = {}): CommandConsumer {
  return new CommandConsumer({ command, environment, format: formats.payload, openStderr: () => () => {} });
}

test.each([
  ['too long', TOO_LONG, {}, 'E2BIG'],
  ['too large an environment', 'true', { BIG: 'x'.repeat(200_000) }, 'E2BIG'],
  ['a zero byte', 'true \0', {}, 'null bytes'],
])(
  'a consumer whose command cannot be started ends its subscription, and parks nothing: %s',
  async (_, command, environment, fact) => {
    const engine = await openEngine();
    await engine.emit({ n: 1 });
    const consumer = consumerOf(command, environment);
    const subscription = await engine.subscribe({ group: 'g', maxDeliver: 1 }, (delivery) =>
      consumer.deliver(delivery),
    );
    const { message } = await failureOf(() => subscription.finished, 'CONSUMER_UNUSABLE');
    expect(message).toContain(fact);
    expect(message.length).toBeLessThan(500);
    expect(await parkedBy(engine, 'g')).toEqual([]);
  },
);

test('a sink whose command cannot be started fails', async () => {
  const engine = await openEngine();
  await engine.emit({ n: 1 });
  const { message } = await failureOf(
    () => engine.replay({}).deliver(new CommandSink(TOO_LONG, formats.payload)),
    'COMMAND_FAILED',
  );
  expect(message).toContain('could not be started: spawn E2BIG');
});

test.each(['', ' \n'])('%j is no command', async (command) => {
  await failureOf(async () => consumerOf(command), 'INVALID_ARGUMENT');
  await failureOf(async () => new CommandSink(command, formats.payload), 'INVALID_ARGUMENT');
});

describe('a paced replay into a command', () => {
  /** One event a second; each run takes this much simulated time. Returns what each run got. */
  async function runsThatTake(ms: number): Promise<string[]> {
    const timer = new FakeTimer(seededForTest());
    const engine = await openEngine({ timer });
    await engine.emit([1, 2, 3, 4, 5, 6]);
    const directory = tempDir();
    const sink = new CommandSink(`cat > '${directory}'/$(ls '${directory}' | wc -l)`, formats.payload);
    await engine.replay({ rate: 1 }).deliver({
      deliver: (batches, labels) => {
        timer.ms += ms;
        return sink.deliver(batches, labels);
      },
    });
    return readdirSync(directory)
      .sort()
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  }

  test('runs it once for each event that is due', async () => {
    expect(await runsThatTake(0)).toEqual(['1\n', '2\n', '3\n', '4\n', '5\n', '6\n']);
  });

  test('gives it together what became due during a run', async () => {
    expect(await runsThatTake(2400)).toEqual(['1\n', '2\n3\n', '4\n5\n', '6\n']);
  });
});
