/** A range without events says where it lies: past the end of the ledger, before its beginning, or in between. */

import { expect, test } from 'vitest';
import { finished, startCli } from '../support/cli.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { runShell } from '../support/shell.ts';

const ENDS = 'the ledger ends at 2018-02-07T01:26:13.840000Z (sequence 1707)';
const BEGINS = 'the ledger begins at 2018-01-31T01:49:59.650000Z';

async function said(...args: string[]): Promise<string> {
  const { stdout, stderr } = await succeed(args);
  expect(stdout.length).toBe(0);
  return stderr;
}

test.each([
  [['--from', '2019-01-01'], `${ENDS}, the range begins at 2019-01-01T00:00:00.000000Z`],
  [['2019-01-01/P1D'], `${ENDS}, the range begins at 2019-01-01T00:00:00.000000Z`],
  [['--from', '2019-01-01', 'p0', '--key', 'x'], `${ENDS}, the range begins at 2019-01-01T00:00:00.000000Z`],
  [['--until', '2018-01-01'], `${BEGINS}, the range ends at 2017-12-31T23:59:59.999999Z`],
  [['--through', '2017-12-31', '--where', 'a=1'], `${BEGINS}, the range ends at 2017-12-31T23:59:59.999999Z`],
  [
    ['--until', '2018-01-01', '--tz', 'Europe/Berlin'],
    'the ledger begins at 2018-01-31T02:49:59.650000+01:00, the range ends at 2017-12-31T23:59:59.999999+01:00',
  ],
])('tail and replay of %j say where the range lies', async (range, where) => {
  const ledger = await earthquakeLedger();
  for (const verb of [['tail'], ['replay'], ['replay', '--dry-run']])
    expect(await said(...verb, ...range, '-l', ledger)).toBe(`no events: ${where}\n`);
});

test('a range by sequence, one between two events, and an empty ledger', async () => {
  const ledger = await earthquakeLedger();
  expect(await said('replay', '--from-sequence', '1708', '-l', ledger)).toBe(
    `no events: ${ENDS}, the range begins at sequence 1708\n`,
  );
  expect(await said('replay', '--from', '2018-02-02', '--until', '2018-02-02', '-l', ledger)).toBe(
    'no events in this range\n',
  );
  expect(await said('replay', '-l', await newLedger())).toBe('no events: the ledger is empty\n');
});

test('a script asks by grep whether an event matches', async () => {
  const ledger = await earthquakeLedger();
  for (const [place, code] of [
    ['us', 0],
    ['zz', 1],
  ] as const) {
    const variables = { COMPLETENGINE_LEDGER: ledger, net: place };
    const tailed = await runShell('completengine tail -q --key "$net" -n 1 | grep -q .', variables);
    const replayed = await runShell(
      'completengine replay -q --where "properties.net=$net" -c 1 | grep -q .',
      variables,
    );
    expect([tailed.code, replayed.code]).toEqual([code, code]);
  }
});

test('the document has the range, the times asked for, and the end of the ledger', async () => {
  const ledger = await earthquakeLedger();
  const { stderr } = await succeed(['replay', '--json', '2018-02-02', '--limit', '1', '-l', ledger]);
  const { range, firstSequence } = JSON.parse(stderr) as { range: object; firstSequence: number };
  expect(range).toEqual({
    from: firstSequence,
    through: expect.any(Number),
    fromTime: '2018-02-02T00:00:00.000000Z',
    throughTime: '2018-02-02T23:59:59.999999Z',
    head: 1707,
    headTime: '2018-02-07T01:26:13.840000Z',
  });
});

test('a reset of offsets past the end, and an archive before the beginning, say so', async () => {
  const ledger = await earthquakeLedger();
  await succeed(['tail', '-g', 'g', '-e', '--limit', '10', '-q', '-l', ledger]);
  const { stderr } = await succeed(['group', 'reset', 'g', '--from', '2019-01-01', '-l', ledger]);
  expect(stderr).toContain(`no events from there on: ${ENDS}, the range begins at 2019-01-01T00:00:00.000000Z\n`);
  const { stdout } = await succeed(['archive', '--until', '2018-01-01', '-l', ledger]);
  expect(stdout.toString()).toBe(`nothing to archive: ${BEGINS}, the range ends at 2017-12-31T23:59:59.999999Z\n`);
});

test('who follows from a time past the end hears where it begins', async () => {
  const ledger = await earthquakeLedger();
  const follower = startCli(['tail', '-f', '--from', '2019-01-01', '-l', ledger]);
  killAfterTest(follower);
  const lines = new LineReader(follower.stderr);
  expect(await lines.next()).toBe(
    `${ENDS}, the range begins at 2019-01-01T00:00:00.000000Z: following from sequence 1708 on`,
  );
  follower.kill('SIGINT');
  await finished(follower);
  const { stderr } = await succeed(['tail', '-g', 'new', '--from', '2019-01-01', '-e', '-l', ledger]);
  expect(stderr).toContain(': group new starts after sequence 1707\n');
});
