/** `init --time PATH --tz ZONE`: local times without an offset have one meaning. */

import { expect, test } from 'vitest';
import { formatTime } from '../../src/core/model/time/time.ts';
import { Completengine } from '../../src/index.ts';
import { runCli } from '../support/cli.ts';
import { failureOf } from '../support/engines.ts';
import { storedEvents } from '../support/invariants.ts';
import { expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';

test('local times are read in the zone of the ledger, in few lines and in many', async () => {
  const ledger = await newLedger('--time', 'at', '--tz', 'europe/berlin', '--routing', 'hash:at');
  const local = [
    ['2025-10-26 01:30:00,123', '2025-10-25T23:30:00.123000Z'],
    // the first of the two
    ['2025-10-26T02:30:00', '2025-10-26T00:30:00.000000Z'],
    ['2025-10-26T01:00:00Z', '2025-10-26T01:00:00.000000Z'],
    ['2025-10-26 03:30', '2025-10-26T02:30:00.000000Z'],
    ['2026-01-12 09:00:00', '2026-01-12T08:00:00.000000Z'],
    ['2026-01-12 10:00:00 +0000', '2026-01-12T10:00:00.000000Z'],
  ] as const;
  const input = local.map(([at]) => `{"at":"${at}"}\n`).join('');
  await succeed(['emit', '-l', ledger], { input });
  expect(storedEvents(ledger).map(({ time }) => formatTime(time))).toEqual(local.map(([, time]) => time));
  const many = await newLedger('--time', 'at', '--tz', 'Europe/Berlin');
  await succeed(['emit', '-l', many], {
    input: '{"at":"2026-01-12 09:00:00","x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}\n'.repeat(3000),
  });
  expect(new Set(storedEvents(many).map(({ time }) => formatTime(time)))).toEqual(
    new Set(['2026-01-12T08:00:00.000000Z']),
  );
});

test('what does not exist is refused, and without a zone what has no offset', async () => {
  const ledger = await newLedger('--time', 'at', '--tz', 'Europe/Berlin');
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '{"at":"2026-03-29 02:30:00"}\n' }),
    65,
    "'at' does not exist in Europe/Berlin: clocks there skip it",
  );
  const rest = '{"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}\n';
  expectFailure(
    await runCli(['emit', '-l', ledger], {
      input: `${'{"at":"2026-03-29 01:30:00"}\n'.repeat(3000)}{"at":"2026-03-29 02:30:00"}\n${rest}`,
    }),
    65,
    'line 3001, byte 1: ',
  );
  expectFailure(
    await runCli(['emit', '-l', await newLedger('--time', 'at')], { input: '{"at":"2026-03-29 01:30:00"}\n' }),
    65,
    'create the ledger with --tz',
  );
});

test('the zone is part of the configuration: shown, compared, carried over', async () => {
  const ledger = await newLedger('--time', 'at', '--tz', 'America/Havana');
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain(
    'at, in America/Havana where it has no offset',
  );
  expect(JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).config.tz).toBe(
    'America/Havana',
  );
  await failureOf(() => Completengine.open({ ledger, time: 'at', zone: 'Europe/Berlin' }), 'CONFIG_MISMATCH');
  await (await Completengine.open({ ledger, time: 'at', zone: 'America/Havana' })).close();
  await succeed(['emit', '-l', ledger], { input: '{"at":"2026-03-01 00:30:00"}\n' });
  await succeed(['replay', '-l', ledger, '--into', `${ledger}.copy`]);
  expect(JSON.parse((await succeed(['inspect', '--json', '-l', `${ledger}.copy`])).stdout.toString()).config.tz).toBe(
    'America/Havana',
  );
  expectFailure(
    await runCli(['init', '-l', `${ledger}.2`, '--time', 'at', '--tz', 'Mars/Olympus']),
    2,
    "'Mars/Olympus' is not a time zone",
  );
  expectFailure(await runCli(['init', '-l', `${ledger}.2`, '--tz', 'Europe/Berlin']), 2, '--time');
});
