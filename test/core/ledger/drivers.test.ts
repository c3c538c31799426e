import { expect, it } from 'vitest';
import { driverOf } from '../../../src/core/ledger/drivers.ts';
import { sqliteDriver } from '../../../src/core/ledger/sqlite/sqlite-driver.ts';
import { failureOf } from '../../support/engines.ts';

it.each(['events.codex', './a:b.codex', '/tmp/x', 'C:\\events.codex', 'a//b'])(
  'takes %s for the path of a file',
  async (location) => {
    expect(await driverOf(location)).toBe(sqliteDriver);
  },
);

it('refuses a scheme that no storage has', async () => {
  const { message, hint } = await failureOf(() => driverOf('gopher://host/events'), 'INVALID_ARGUMENT');
  expect(message).toBe("no ledger can be stored at 'gopher://'");
  expect(hint).toBe('give the path of a file, or nats://HOST/NAME; a path with a colon can be written as ./NAME');
});
