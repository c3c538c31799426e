/** Commands in the library: a command that cannot be started is a LedgerError, in every way of using it. */

import { expect, test } from 'vitest';
import { CommandConsumer, CommandSink, formats } from '../../src/index.ts';
import { failureOf, openEngine, parkedBy } from '../support/engines.ts';

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
