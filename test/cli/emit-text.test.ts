/** `emit --text` and `--keep-cr`. */

import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

test('--text makes an event of each line, resumes, and names lines that are too long', async () => {
  const ledger = await newLedger();
  const lines = Array.from({ length: 5000 }, (_, nth) => `line ${nth} "ä"\t\\`);
  const file = fileIn(tempDir(), 'log', `${lines.slice(0, 3000).join('\r\n')}\r\n`);
  await succeed(['emit', '-l', ledger, '--text', '--producer', 'log', file]);
  const more = fileIn(tempDir(), 'log', `${lines.join('\r\n')}\r\n`);
  expect((await succeed(['emit', '-l', ledger, '--text', '--producer', 'log', more])).stderr).toContain(
    '3,000 lines taken before',
  );
  expect(await replayed(ledger)).toBe(lines.map((message) => `${JSON.stringify({ message })}\n`).join(''));
  expectFailure(
    await runCli(['emit', '-l', ledger, '--text', '--max-line', '100'], { input: `short\n${'x'.repeat(200)}\n` }),
    65,
    'stdin: line 2, byte 101: longer than 100 bytes (--max-line)',
  );
  expectFailure(await runCli(['emit', '-l', ledger, '--text', '--envelope'], { input: '' }), 2, '--text');
});

test('--text of an empty line is an event, and of no input none', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger, '--text'], { input: '' });
  await succeed(['emit', '-l', ledger, '--text'], { input: 'a\n\nb' });
  expect(await replayed(ledger)).toBe('{"message":"a"}\n{"message":""}\n{"message":"b"}\n');
});

test('--keep-cr stores the carriage return of a line end', async () => {
  for (const [flags, expected] of [
    [[], '{"a":1}\n{"a":2}\n'],
    [['--keep-cr'], '{"a":1}\r\n{"a":2}\r\n'],
    [['--keep-cr', '--text'], '{"message":"{\\"a\\":1}\\r"}\n{"message":"{\\"a\\":2}\\r"}\n'],
  ] as const) {
    const ledger = await newLedger();
    await succeed(['emit', '-l', ledger, ...flags], { input: '{"a":1}\r\n{"a":2}\r' });
    expect(await replayed(ledger)).toBe(expected);
  }
});

test.each([
  [['--time', 'at'], "a line of text has no field 'at', from which this ledger takes the time"],
  [['--unique', 'source+id'], "a line of text has no field 'source', of which this ledger takes the unique id"],
  [['--routing', 'hash:tenant'], "a line of text has no field 'tenant', by which this ledger routes (hash:tenant)"],
])('--text into a ledger with %j is refused before anything is read', async (init, fact) => {
  const ledger = await newLedger(...init);
  for (const input of ['a\n', '']) expectFailure(await runCli(['emit', '-l', ledger, '--text'], { input }), 2, fact);
  expect(await replayed(ledger)).toBe('');
});

test('--text into a ledger that routes by a field works with --key, --to or a partition for events without a key', async () => {
  const ledger = await newLedger('--routing', 'hash:tenant');
  const refused = await runCli(['emit', '-l', ledger, '--text'], { input: 'a\n' });
  expect(refused.stderr).toContain('try: give all lines a key or a partition: --key or --to');
  await succeed(['emit', '-l', ledger, '--text', '--key', 'acme'], { input: 'a\n' });
  await succeed(['emit', '-l', ledger, '--text', '--to', 'p1'], { input: 'b\n' });
  const missing = await newLedger('--routing', 'hash:tenant', '--missing', 'none');
  await succeed(['emit', '-l', missing, '--text'], { input: 'a\n' });
  const own = await newLedger('--routing', 'hash:message', '--time', 'message');
  await succeed(['emit', '-l', own, '--text'], { input: '2026-04-12T09:00:00Z\n' });
});
