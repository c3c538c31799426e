import { expect, test } from 'vitest';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { storedEvents } from '../support/invariants.ts';
import { expectFailure, fileIn, newLedger, parseLines, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Receipt {
  readonly source: string;
  readonly line: number;
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  readonly time: string;
}

test('--receipts prints one line per event, and they agree with the ledger', async () => {
  const ledger = await newLedger('--routing', 'hash:properties.net', '--time', 'properties.time');
  const { stdout } = await succeed(['emit', '--receipts', '-l', ledger, EARTHQUAKES]);
  const receipts = parseLines<Receipt>(stdout);
  expect(receipts.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 1707 }, (_, at) => at + 1));
  expect(receipts.map(({ line }) => line)).toEqual(receipts.map(({ sequence }) => sequence));
  const stored = storedEvents(ledger).map(({ sequence, partition, offset, time }) => ({
    sequence,
    partition,
    offset,
    time,
  }));
  expect(
    receipts.map(({ sequence, partition, offset, time }) => ({
      sequence,
      partition,
      offset,
      time: Date.parse(time) * 1000,
    })),
  ).toEqual(stored);
});

test('receipts contain the file and its line, and continue after the head', async () => {
  const ledger = await newLedger('--partitions', '1');
  const directory = tempDir();
  const one = fileIn(directory, 'o"ne', '\n1\n\n2\n');
  const two = fileIn(directory, 'two', '3\n');
  await succeed(['emit', '-l', ledger], { input: '0\n' });
  const { stdout } = await succeed(['emit', '--receipts', '-l', ledger, one, two]);
  const places = parseLines<Receipt>(stdout).map(({ source, line, sequence, offset }) => [
    source,
    line,
    sequence,
    offset,
  ]);
  expect(places).toEqual([
    [one, 2, 2, 1],
    [one, 4, 3, 2],
    [two, 1, 4, 3],
  ]);
});

test('receipts show the arrival time as stored', async () => {
  const ledger = await newLedger();
  const { stdout } = await succeed(['emit', '--receipts', '-l', ledger], { input: '1\n2\n' });
  const { stdout: delivered } = await succeed(['replay', '-q', '-o', 'envelope', '-l', ledger]);
  expect(parseLines<Receipt>(stdout).map(({ time }) => time)).toEqual(
    parseLines<Receipt>(delivered).map(({ time }) => time),
  );
});

test('rejected lines have no receipt', async () => {
  const ledger = await newLedger('--unique', 'id');
  const input = '{"id":1}\n{"id":1}\nbad\n{"id":2}\n';
  const result = await runCli(['emit', '--receipts', '--rejects', '/dev/null', '-l', ledger], { input });
  expect(result.code).toBe(65);
  expect(parseLines<Receipt>(result.stdout).map(({ line, sequence }) => [line, sequence])).toEqual([
    [1, 1],
    [4, 2],
  ]);
});

test.each(['--receipts', '--json'])('a failed write of %s does not hide what was committed', async (flag) => {
  const ledger = await newLedger();
  const result = await runShell(`seq 50 | completengine emit ${flag} -l "$ledger" > /dev/full`, { ledger });
  expectFailure(result, 74, 'the output cannot be written: ENOSPC');
  expect(result.stderr).toMatch(/^50 events committed .*, sequences 1-50; head 50:/m);
  expect(storedEvents(ledger)).toHaveLength(50);
});
