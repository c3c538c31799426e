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
