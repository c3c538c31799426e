import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { storedEvents } from '../support/invariants.ts';
import { emitWithRejects, expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';

test.each([
  ['a last line without newline', '1\n2', '1\n2\n'],
  ['carriage returns before newlines', '{"a":1}\r\n{"b":2}\r\n', '{"a":1}\n{"b":2}\n'],
  ['a byte order mark at the start', '\ufeff{"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n'],
  ['blank lines', '\n1\n\n \n\t\n2\n\r\n\n', '1\n2\n'],
  ['blanks around a value', '  {"a":1}\t\n', '  {"a":1}\t\n'],
  ['every kind of JSON value', 'null\ntrue\n-0\n1e400\n"x"\n[]\n{}\n', 'null\ntrue\n-0\n1e400\n"x"\n[]\n{}\n'],
])('reads %s', async (_, input, output) => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input });
  expect(await replayed(ledger)).toBe(output);
});

test('keeps numbers, order of keys, repeated keys, escapes and template marks as they were written', async () => {
  const ledger = await newLedger('--routing', 'hash:k');
  const lines = [
    '{"k":1,"n":9007199254740993,"one":1.0,"zero":-0,"big":1e400}',
    '{"b":1,"k":"a","2":0,"1":0,"b":2}',
    '{"k":"\\u00e9\\ud83d\\ude00","raw":"é😀\u2028","solidus":"\\/"}',
    '{"k":"{{.Value}} $HOME %s \\u0000 `id`"}',
    '{ "k" : "spaced" , "list" : [ 1 , 2 ] }',
  ];
  await succeed(['emit', '-l', ledger], { input: `${lines.join('\n')}\n` });
  expect(await replayed(ledger)).toBe(`${lines.join('\n')}\n`);
});

test('a slow producer has each event committed and receipted before it sends the next', async () => {
  const ledger = await newLedger();
  const child = startCli(['emit', '-q', '--receipts', '-l', ledger]);
  const receipts = new LineReader(child.stdout);
  const ended = finished(child);
  for (const n of [1, 2, 3]) {
    child.stdin.write(`{"n":${n}}\n`);
    const receipt = JSON.parse((await receipts.next()) ?? 'null');
    expect(receipt).toMatchObject({ sequence: n, line: n });
    expect(storedEvents(ledger).map(({ payload }) => payload)).toContain(`{"n":${n}}`);
  }
  child.stdin.end();
  expect((await ended).code).toBe(0);
});

test('an event that arrives in two halves, split within a character, is committed when its line ends', async () => {
  const ledger = await newLedger();
  const child = startCli(['emit', '-q', '--receipts', '-l', ledger]);
  const receipts = new LineReader(child.stdout);
  const ended = finished(child);
  const bytes = Buffer.from('1\n{"text":"café"}\n');
  const middle = bytes.indexOf('é') + 1;
  child.stdin.write(bytes.subarray(0, middle));
  expect(JSON.parse((await receipts.next()) ?? 'null').sequence).toBe(1);
  child.stdin.end(bytes.subarray(middle));
  expect((await ended).code).toBe(0);
  expect(await replayed(ledger)).toBe(bytes.toString());
});

test('the line limit counts only the payload', async () => {
  const ledger = await newLedger('--max-line', '10');
  await succeed(['emit', '-l', ledger], { input: '"12345678"\r\n"12345678"\n"12345678"' });
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '1\n"123456789"\n2\n' }),
    65,
    'line 2, byte 11: longer than 10 bytes',
  );
  expect(await replayed(ledger)).toBe('"12345678"\n"12345678"\n"12345678"\n1\n');
});

test('--max-line lowers the limit for one run', async () => {
  const ledger = await newLedger();
  expectFailure(
    await runCli(['emit', '-l', ledger, '--max-line', '4'], { input: '1234\n12345\n' }),
    65,
    /line 2, byte \d+: longer than 4 bytes/,
  );
  await succeed(['emit', '-l', ledger], { input: '12345\n' });
  expect(await replayed(ledger)).toBe('1234\n12345\n');
});

test('a line of many megabytes is skipped, and later lines keep their numbers', async () => {
  const ledger = await newLedger();
  const input = `1\n"${'x'.repeat(7_000_000)}"\n3\nbad\n`;
  const rejected = await emitWithRejects(ledger, [], { input });
  expect(rejected.map(({ line }) => line)).toEqual([2, 4]);
  expect(rejected[0]?.reason).toBe('longer than 1048576 bytes (--max-line)');
  expect(await replayed(ledger)).toBe('1\n3\n');
});
