/** Inputs that are not plain JSON lines: compressed ones are read, others are named with the command that converts. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compress } from '../../src/core/native/zstd.ts';
import { runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const LINES = Array.from({ length: 20_000 }, (_, nth) => `{"n":${nth},"x":"${(nth * 7919) % 104729}"}\n`).join('');

/** Does what the hint says: the converter runs in a shell. */
async function emitConverted(hint: string, ledger: string): Promise<void> {
  const [, converter = ''] = /^convert it: (.*) \| completengine emit(?: --ledger \S+)?$/.exec(hint) ?? [];
  const { code, stdout, stderr } = await runShell(converter);
  expect(code, stderr).toBe(0);
  await succeed(['emit', '-l', ledger], { input: stdout });
}

test.each([
  ['gzip', (text: string) => gzipSync(text)],
  ['zstd', (text: string) => compress(Buffer.from(text), 1)],
])('%s is read from files and pipes, of several members, and resumed', async (_, encode) => {
  const file = fileIn(
    tempDir(),
    'input',
    Buffer.concat([encode(LINES.slice(0, 100_000)), encode(LINES.slice(100_000))]),
  );
  const cut = fileIn(tempDir(), 'cut', Buffer.concat([encode(LINES)]).subarray(0, 40_000));

  const named = await newLedger();
  await succeed(['emit', '-l', named, file]);
  expect(await replayed(named)).toBe(LINES);

  const piped = await newLedger();
  const { code, stderr } = await runShell('cat "$INPUT" | completengine emit -l "$LEDGER"', {
    INPUT: file,
    LEDGER: piped,
  });
  expect(code, stderr).toBe(0);
  expect(await replayed(piped)).toBe(LINES);

  const resumed = await newLedger();
  expectFailure(await runCli(['emit', '-l', resumed, '--producer', 'in', cut]), 65, `${cut}: the `);
  const stored = await replayed(resumed);
  expect(LINES.startsWith(stored)).toBe(true);
  expect(stored.length).toBeGreaterThan(10_000);
  expect((await succeed(['emit', '-l', resumed, '--producer', 'in', file])).stderr).toContain(
    'taken before by this producer',
  );
  expect(await replayed(resumed)).toBe(LINES);

  const atomic = await newLedger();
  expectFailure(await runCli(['emit', '-l', atomic, '--atomic', cut]), 65, 'end early, after 40000 compressed bytes');
  expect(await replayed(atomic)).toBe('');
  await succeed(['emit', '-l', atomic, '--atomic', file]);
  expect(await replayed(atomic)).toBe(LINES);
});

test.each([
  ['id,name\n1,"a, b"\n2,c\n', 'comma-separated values', 'mlr --icsv --ojsonl cat', '{"id": 1, "name": "a, b"}'],
  ['"first id","name"\r\n1,x\r\n', 'comma-separated values', 'mlr --icsv --ojsonl cat', '{"first id": 1, "name": "x"}'],
  ['\ufeffid,name\n1,x\n', 'comma-separated values', 'mlr --icsv --ojsonl cat', '{"id": 1, "name": "x"}'],
  ['id;name\n1;x\n', 'values separated by semicolons', "mlr --icsv --ifs ';' --ojsonl cat", '{"id": 1, "name": "x"}'],
  ['id\tname\n1\tx y\n', 'tab-separated values', 'mlr --itsv --ojsonl cat', '{"id": 1, "name": "x y"}'],
  [
    '1,2.5,-3\n4,5,6\n',
    'comma-separated values without a header',
    'mlr --icsv --implicit-csv-header --ojsonl cat',
    '{"1": 1, "2": 2.5, "3": -3}',
  ],
])('%j is named with the command of Miller that converts', async (input, name, command, first) => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'some file.csv', input);
  const result = await runCli(['emit', '-l', ledger, file]);
  expectFailure(result, 65, `: ${name}, and not a JSON line each`);
  expect(result.stderr).toContain(`error: ${file}: line 1, byte `);
  const hint = `convert it: ${command} < '${file}' | completengine emit`;
  expect(result.stderr).toContain(hint);
  if (spawnSync('mlr', ['--version']).status !== 0) return;
  await emitConverted(hint, ledger);
  expect((await replayed(ledger)).split('\n')[0]).toBe(first);
});

test.each([
  '2026-11-27 10:00:00,123 INFO started',
  'Nov 27 10:00:00 host app[7]: ready, at last',
  '<entry>a</entry>',
  'level: info',
])('plain text such as %j is not taken for values, and the hint is --text', async (line) => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'app.log', `${line}\n`);
  const result = await runCli(['emit', '-l', ledger, file]);
  expectFailure(result, 65, 'invalid JSON: unexpected character');
  expect(result.stderr).toContain(` --text < ${file}\n`);
  await succeed(['emit', '-l', ledger, '--text', file]);
  expect(await replayed(ledger)).toBe(`${JSON.stringify({ message: line })}\n`);
});

test.each([
  ['a program', readFileSync(process.execPath).subarray(0, 5000)],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ['noise', Buffer.from(Array.from({ length: 2000 }, (_, nth) => (nth * 7919 + 129) % 256))],
])('%s is named as binary data, and nothing of it is printed', async (_, bytes) => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '-l', ledger], { input: bytes });
  expectFailure(result, 65, /^error: stdin: line 1, byte \d+: binary data.* and not a JSON line each$/);
  expect(await replayed(ledger)).toBe('');
});

test('another ledger as input is named with the command that reads it', async () => {
  const [source, ledger] = [await newLedger(), await newLedger()];
  await succeed(['emit', '-l', source], { input: '{"a":1}\n' });
  const result = await runCli(['emit', '-l', ledger, source]);
  expectFailure(result, 65, `${source} is a SQLite database, and not JSON lines in UTF-8`);
  expect(result.stderr).toContain(`: completengine replay -q -l ${source} | completengine emit --ledger ${ledger}\n`);
});

test.each([
  ['{"a":1}{"a":2}\n', 'several JSON values in a line', 'jq -c .'],
  ['{"a":1} {"a":2}\n', 'several JSON values in a line', 'jq -c .'],
  ['{"a":1},\n{"a":2}\n', 'lines that end with a comma', "sed 's/,[[:space:]]*$//'"],
  ['[\n  {"a":1},\n  {"a":2}\n]\n', 'an array over lines, and not a JSON line each', "jq -c '.[]'"],
  ['[{"a":1},\n{"a":2}]\n', 'an array over lines', "jq -c '.[]'"],
  ['{\n  "a": 1\n}\n', 'JSON over several lines', 'jq -c .'],
  ['{"a":1,\n "b":2}\n', 'JSON over several lines', 'jq -c .'],
])('%j is named with the command that converts', async (input, name, command) => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'some file.json', input);
  const result = await runCli(['emit', '-l', ledger, file]);
  expectFailure(result, 65, `${file}: line 1, byte `);
  expect(result.stderr.toString()).toContain(name);
  const hint = `convert it: ${command} < '${file}' | completengine emit`;
  expect(result.stderr.toString()).toContain(hint);
  await emitConverted(hint, ledger);
  expect((await replayed(ledger)).split('\n')[0]).toMatch(/^\{"a":1/);
});

test('an array of objects in one line is an event, and a warning says how its elements become events', async () => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'all.json', ' [{"a":1},{"a":2}]\n');
  const { stderr } = await succeed(['emit', '-l', ledger, file]);
  expect(await replayed(ledger)).toBe(' [{"a":1},{"a":2}]\n');
  expect(stderr).toContain(`warning: ${file}: line 1 is an array of objects, and is stored as one event; `);
  expect(stderr).toContain(`jq -c '.[]' < ${file} | completengine emit`);
  for (const input of ['[1,2]\n', '[]\n', '{"a":1}\n[{"a":1}]\n'])
    expect((await succeed(['emit', '-l', ledger], { input })).stderr).not.toContain('warning');
});

test.each([
  [['--time', 'at'], "the time field 'at' is missing"],
  [['--unique', 'id'], "the unique id 'id' is missing"],
  [['--routing', 'hash:id'], 'the routing field is missing (hash:id)'],
])(
  'an array of objects in one line lacks the field of %j, and the hint makes events of its elements',
  async (flags, fact) => {
    const ledger = await newLedger(...flags);
    const result = await runCli(['emit', '-l', ledger], { input: '[{"id":1,"at":1e9},{"id":2,"at":1e9}]\n' });
    expectFailure(result, 65, `stdin: line 1, byte 1: ${fact}: the line is an array of objects`);
    expect(result.stderr).toContain("convert it: jq -c '.[]' | completengine emit");
  },
);

test('UTF-16 is named, and nothing is stored', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '-l', ledger], { input: Buffer.from('\ufeff{"a":1}\n', 'utf16le') });
  expectFailure(result, 65, 'stdin is text in UTF-16, and not JSON lines in UTF-8');
  expect(result.stderr.toString()).toContain('iconv -f UTF-16 -t UTF-8 | completengine emit');
  expect(await replayed(ledger)).toBe('');
});

test.each([
  ['gzip', (text: string) => gzipSync(text)],
  ['zstd', (text: string) => compress(Buffer.from(text), 1)],
])('what is compressed by %s, and no JSON line each, is decompressed before it is converted', async (codec, encode) => {
  const pretty = '{\n  "a": 1\n}\n{\n  "a": 2\n}\n';
  const file = fileIn(tempDir(), "it's here", encode(pretty));
  const ledger = await newLedger();
  const refused = await runCli(['emit', '-l', ledger, '--json', file]);
  const { error } = JSON.parse(refused.stdout.toString());
  expect(error.hint).toMatch(
    new RegExp(`^convert it: ${codec} -dc < .* \\| jq -c \\. \\| completengine emit --ledger \\S+$`),
  );
  await emitConverted(error.hint, ledger);
  expect(await replayed(ledger)).toBe('{"a":1}\n{"a":2}\n');
  const piped = await runCli(['emit', '-l', ledger], { input: encode('[\n{"a":1}\n]\n') });
  expect(piped.stderr).toContain(
    `try: convert it: ${codec} -dc | jq -c '.[]' | completengine emit --ledger ${ledger}\n`,
  );
  const array = await runCli(['emit', '-l', ledger], { input: encode('[{"a":1}]\n') });
  expect(array.stderr).toContain(`convert it: ${codec} -dc | jq -c '.[]' | completengine emit --ledger ${ledger}\n`);
});
