import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, replayed } from '../support/ledger-cli.ts';

interface BadLine {
  readonly what: string;
  /** Options of a ledger for which the line is bad. */
  readonly init?: readonly string[];
  readonly good: string;
  readonly bad: string | Buffer;
  readonly fact: RegExp;
}

const BAD_LINES: readonly BadLine[] = [
  { what: 'text that is not JSON', good: '1', bad: '{"a":nope}', fact: /line 3, byte 7: invalid JSON/ },
  {
    what: 'a line that ends too early',
    good: '1',
    bad: '{"a":',
    fact: /line 3, byte 6: invalid JSON: unexpected end of line/,
  },
  { what: 'two values on a line', good: '1', bad: '{} {}', fact: /line 3, byte 4: invalid JSON/ },
  { what: 'single quotes', good: '1', bad: "{'a':1}", fact: /line 3, byte 2: invalid JSON/ },
  { what: 'a trailing comma', good: '1', bad: '[1,]', fact: /line 3, byte 4: invalid JSON/ },
  { what: 'a number with a leading zero', good: '1', bad: '[012]', fact: /line 3, byte \d: invalid JSON/ },
  { what: 'NaN', good: '1', bad: 'NaN', fact: /line 3, byte \d: invalid JSON/ },
  {
    what: 'a raw tab in a string',
    good: '1',
    bad: '"a\tb"',
    fact: /line 3, byte 3: invalid JSON: control character/,
  },
  {
    what: 'an escape there is none of',
    good: '1',
    bad: '"\\x41"',
    fact: /line 3, byte \d: invalid JSON: invalid escape/,
  },
  {
    what: 'invalid UTF-8',
    good: '1',
    bad: Buffer.from([0x22, 0x61, 0xff, 0x22]),
    fact: /line 3, byte 3: invalid UTF-8/,
  },
  {
    what: 'nesting without end',
    good: '1',
    bad: '['.repeat(5000),
    fact: /line 3, byte \d+: nested deeper than 512 levels/,
  },
  {
    what: 'a missing routing field',
    init: ['--routing', 'hash:k'],
    good: '{"k":1}',
    bad: '{"K":1}',
    fact: /line 3, byte \d+: .*missing \(hash:k\)/,
  },
  {
    what: 'a doubled routing field',
    init: ['--routing', 'hash:k'],
    good: '{"k":1}',
    bad: '{"k":1,"k":1}',
    fact: /line 3, byte \d+: .*twice/,
  },
  {
    what: 'a doubled parent of it',
    init: ['--routing', 'hash:a.k'],
    good: '{"a":{"k":1}}',
    bad: '{"a":{"k":1},"a":{}}',
    fact: /line 3, byte \d+: .*twice/,
  },
  {
    what: 'an object as routing field',
    init: ['--routing', 'hash:k'],
    good: '{"k":1}',
    bad: '{"k":{}}',
    fact: /line 3, byte \d+: .*not a string, number or/,
  },
  {
    what: 'null as routing field',
    init: ['--routing', 'hash:k'],
    good: '{"k":1}',
    bad: '{"k":null}',
    fact: /line 3, byte \d+: .*not a string, number or/,
  },
  {
    what: 'an unknown partition',
    init: ['--routing', 'manual:shoal', '--partitions', 'herring,cod'],
    good: '{"shoal":"cod"}',
    bad: '{"shoal":"squid"}',
    fact: /line 3, byte \d+: .*an unknown partition/,
  },
  {
    what: 'a date that does not exist',
    init: ['--time', 'at'],
    good: at('2026-02-27T00:00:00Z'),
    bad: at('2026-02-30T00:00:00Z'),
    fact: /does not exist/,
  },
  {
    what: 'a time of day that does not exist',
    init: ['--time', 'at'],
    good: at('2026-02-27T00:00:00Z'),
    bad: at('2026-02-28T24:00:00Z'),
    fact: /does not exist/,
  },
  {
    what: 'a time without zone',
    init: ['--time', 'at'],
    good: at('2026-02-27T00:00:00Z'),
    bad: at('2026-02-28T00:00:00'),
    fact: /'at' has no zone/,
  },
  {
    what: 'a text that is no time',
    init: ['--time', 'at'],
    good: at('2026-02-27T00:00:00Z'),
    bad: at('yesterday'),
    fact: /'at' is not a time/,
  },
  {
    what: 'a missing time',
    init: ['--time', 'at'],
    good: at('2026-02-27T00:00:00Z'),
    bad: '{"when":1}',
    fact: /the time field 'at' is missing/,
  },
  {
    what: 'a missing id',
    init: ['--unique', 'id'],
    good: '{"id":1}',
    bad: '{"Id":1}',
    fact: /the unique id 'id' is missing/,
  },
  {
    what: 'an id that is a list',
    init: ['--unique', 'id'],
    good: '{"id":1}',
    bad: '{"id":[1]}',
    fact: /the unique id 'id' is not a string, number/,
  },
];

function at(time: string): string {
  return JSON.stringify({ at: time });
}

test.each(BAD_LINES)(
  'stops at $what, names the line and commits the lines before it',
  async ({ init = [], good, bad, fact }) => {
    const ledger = await newLedger(...init);
    // a blank line is counted
    const input = Buffer.concat([Buffer.from(`${good}\n\n`), Buffer.from(bad), Buffer.from(`\n${good}\n`)]);
    const result = await runCli(['emit', '-l', ledger], { input });
    expectFailure(result, 65, /^error: stdin: line 3, byte \d+: /);
    expectFailure(result, 65, fact);
    expect(result.stderr).toContain('1 event committed');
    expect(await replayed(ledger)).toBe(`${good}\n`);
  },
);

test('the error of a missing routing field names the first byte of the line', async () => {
  const ledger = await newLedger('--routing', 'hash:tenant');
  const result = await runCli(['emit', '-l', ledger], { input: '{"tenant":"a"}\n{"tenat":"b"}\n' });
  expectFailure(result, 65, 'stdin: line 2, byte 1: the routing field is missing (hash:tenant)');
});

test('a bad line far inside a large input is named by its number', async () => {
  const ledger = await newLedger();
  const lines = Array.from({ length: 100_000 }, (_, n) => `{"n":${n},"text":"some more bytes to fill the chunks"}`);
  lines[87_654] = '{"n":87654,}';
  expectFailure(await runCli(['emit', '-l', ledger], { input: lines.join('\n') }), 65, 'stdin: line 87655, byte 12: ');
  const delivered = await replayed(ledger);
  expect(delivered === `${lines.slice(0, 87_654).join('\n')}\n`).toBe(true);
});
