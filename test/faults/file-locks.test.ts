/**
 * A process that opens and closes a file of the ledger beside SQLite drops all of its locks on that file: another process then removes the -wal, or commits in the
 * middle of our transaction, and acknowledged events are lost. So nothing but SQLite opens these files, and `fs` is limited to `stat`.
 */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES } from '../support/cli.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { earthquakeLedger } from '../support/ledger-cli.ts';
import { ledgerCopies } from '../support/ledger-copies.ts';
import { tempDir } from '../support/temp-dir.ts';
import { traced } from '../support/traced.ts';

/** SQLite opens its files with this flag, and `fs` never does. */
const OF_SQLITE = 'O_NOFOLLOW';
const copyOfEarthquakes = ledgerCopies(earthquakeLedger);

test.for([
  'emit -q --producer feeder FILE',
  'emit -q --atomic FILE',
  'tail -n all',
  'tail -g group -e',
  'replay -q --determinism strict',
  'inspect --verify',
  'partition add more',
])('%s: nothing but SQLite opens a file of the ledger', async (command, context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await copyOfEarthquakes();
  const args = [...command.replace('FILE', EARTHQUAKES).split(' '), '-l', ledger];
  const { code, stderr, calls } = await traced(join(tempDir(), 'log'), 'openat', null, args);
  expect(code, stderr).toBe(0);
  const opened = calls.filter((call) => call.includes(`"${ledger}`));
  expect(opened.filter((call) => !call.includes(OF_SQLITE))).toEqual([]);
  expect(opened.some((call) => call.includes(`"${ledger}-shm"`))).toBe(true);
});
