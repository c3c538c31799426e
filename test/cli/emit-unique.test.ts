import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { emitWithRejects, expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';

test('an id is committed once, and its duplicates are counted', async () => {
  const ledger = await newLedger('--unique', 'id');
  const input = '{"id":"a"}\n{"id":"b"}\n';
  await succeed(['emit', '-l', ledger], { input });
  const { stderr } = await succeed(['emit', '-l', ledger], { input: `${input}{"id":"c"}\n` });
  expect(stderr).toMatch(/^1 event committed .*; 2 duplicates skipped; /);
  expect(await replayed(ledger)).toBe(`${input}{"id":"c"}\n`);
  await expectSoundLedger(ledger);
});

test('duplicates within one batch are counted too', async () => {
  const ledger = await newLedger('--unique', 'id');
  const { stdout } = await succeed(['emit', '--json', '-l', ledger], {
    input: '{"id":1}\n{"id":1}\n{"id":2}\n{"id":1}\n',
  });
  expect(JSON.parse(stdout.toString())).toMatchObject({ events: 2, duplicates: 2, lastSequence: 2 });
  expect(await replayed(ledger)).toBe('{"id":1}\n{"id":2}\n');
});

test('an id with other bytes is a conflict, exit 4, and what came before it is committed', async () => {
  const ledger = await newLedger('--unique', 'id');
  await succeed(['emit', '-l', ledger], { input: '{"id":1,"v":1}\n' });
  const result = await runCli(['emit', '-l', ledger], { input: '{"id":0}\n{"id":1,"v":2}\n{"id":2}\n' });
  expectFailure(
    result,
    4,
    'stdin: line 2, byte 1: the id \'id\' was committed before with another payload: "1" is at sequence 1',
  );
  expect(result.stderr.toString()).toContain('try: give the event another id, or leave it out, then emit again');
  expect(await replayed(ledger)).toBe('{"id":1,"v":1}\n{"id":0}\n');
});

test('an id with other bytes in the same batch is a conflict too', async () => {
  const ledger = await newLedger('--unique', 'id');
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '{"id":1,"v":1}\n{"id":1, "v":1}\n' }),
    4,
    'another payload: "1" is just before',
  );
  expect(await replayed(ledger)).toBe('{"id":1,"v":1}\n');
});

test('--rejects writes conflicts to the file and continues', async () => {
  const ledger = await newLedger('--unique', 'id');
  const rejected = await emitWithRejects(ledger, [], { input: '{"id":1,"v":1}\n{"id":1,"v":2}\n{"id":2}\n' });
  expect(rejected.map(({ line, text }) => [line, text])).toEqual([[2, '{"id":1,"v":2}']]);
  expect(await replayed(ledger)).toBe('{"id":1,"v":1}\n{"id":2}\n');
});

test('--atomic stores nothing if there is a conflict', async () => {
  const ledger = await newLedger('--unique', 'id');
  await succeed(['emit', '-l', ledger], { input: '{"id":1,"v":1}\n' });
  const result = await runCli(['emit', '--atomic', '-l', ledger], { input: '{"id":5}\n{"id":1,"v":2}\n' });
  expect(await replayed(ledger)).toBe('{"id":1,"v":1}\n');
  expectFailure(result, 4, 'line 2');
  expect(result.stderr.toString()).toContain('nothing is stored: give the event another id, or leave it out');
});

test('an id at a nested path is the same in any JSON spelling', async () => {
  const ledger = await newLedger('--unique', 'meta.id');
  await succeed(['emit', '-l', ledger], { input: '{"meta":{"id":"é"}}\n' });
  expectFailure(await runCli(['emit', '-l', ledger], { input: '{"meta":{"id":"\\u00e9"}}\n' }), 4, 'line 1');
});

test('a number is the same id in any spelling', async () => {
  const ledger = await newLedger('--unique', 'id');
  await succeed(['emit', '-l', ledger], { input: '{"id":1}\n{"id":9007199254740993}\n{"id":9007199254740992}\n' });
  expectFailure(await runCli(['emit', '-l', ledger], { input: '{"id":1.0}\n' }), 4, 'line 1');
  expectFailure(await runCli(['emit', '-l', ledger], { input: '{"id":"1"}\n' }), 4, 'line 1');
  await succeed(['inspect', '--verify', '-l', ledger]);
});

test('two emitters at the same time with the same ids store each once', async () => {
  const ledger = await newLedger('--unique', 'id');
  const input = Array.from({ length: 20_000 }, (_, id) => `{"id":${id}}\n`).join('');
  const runs = await Promise.all([1, 2].map(() => succeed(['emit', '--json', '-l', ledger], { input })));
  const reports = runs.map(({ stdout }) => JSON.parse(stdout.toString()) as { events: number; duplicates: number });
  expect(reports.map(({ events, duplicates }) => events + duplicates)).toEqual([20_000, 20_000]);
  const events = await expectSoundLedger(ledger);
  expect(new Set(events.map(({ payload }) => payload)).size).toBe(20_000);
  expect(events).toHaveLength(20_000);
});

test('an id of several fields is one only if all of them are equal', async () => {
  const ledger = await newLedger('--unique', 'source+id');
  const line = (source: unknown, id: unknown, rest = '') =>
    `{"source":${JSON.stringify(source)},"id":${JSON.stringify(id)}${rest}}\n`;
  const input = line('a', 'bc') + line('ab', 'c') + line('a', 1) + line('b', 1);
  await succeed(['emit', '-l', ledger], { input });
  expect((await succeed(['emit', '-l', ledger], { input })).stderr).toContain('4 duplicates skipped');
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: line('b', 1, ',"x":2') }),
    4,
    "the id 'source+id' was committed before with another payload",
  );
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '{"id":1}\n' }),
    65,
    "the unique id 'source+id' is missing",
  );
  expectFailure(await runCli(['emit', '-l', ledger], { input: line([], 1) }), 65, 'is not a string, number or boolean');
  expect(await replayed(ledger)).toBe(input);
  await succeed(['inspect', '--verify', '-l', ledger]);
  expect(JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).config.unique).toBe(
    'source+id',
  );
  const copy = `${ledger}.copy`;
  await succeed(['replay', '-l', ledger, '--into', copy]);
  expect((await succeed(['emit', '-l', copy], { input })).stderr).toContain('4 duplicates skipped');
});
