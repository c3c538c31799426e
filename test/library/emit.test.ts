import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hashOf, LedgerError, placedBy, stickyBy } from '../../src/index.ts';
import { EARTHQUAKES } from '../support/cli.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';

async function* pieces(...texts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* texts;
}

test('a value is stored as JSON.stringify writes it, text and bytes as they are', async () => {
  const engine = await openEngine();
  await engine.emit({ a: [1, null, 'ü'] });
  await engine.emit('{ "n": 9007199254740993, "n": 1.0 }');
  await engine.emit(Buffer.from('[1e400]'));
  await engine.emit(new Uint8Array([0x7b, 0x7d]));
  for (const value of [true, 12.5, null]) await engine.emit(value);
  expect(await payloadsOf(engine.replay())).toEqual([
    '{"a":[1,null,"ü"]}',
    '{ "n": 9007199254740993, "n": 1.0 }',
    '[1e400]',
    '{}',
    'true',
    '12.5',
    'null',
  ]);
});

test('an event is shown with its payload as text', async () => {
  const engine = await openEngine();
  await engine.emit('{"n":1,"t":"\\u001b"}\n'.trim(), { to: 'p3' });
  const event = await engine.event(1);
  const shown = { sequence: 1, partition: 'p3', offset: 0, payload: '{"n":1,"t":"\\u001b"}' };
  expect(JSON.parse(JSON.stringify(event))).toMatchObject(shown);
  expect(inspect(event)).toMatch(/^LedgerEvent \{\n {2}sequence: 1,/);
  expect(inspect(event)).toContain(`payload: '{"n":1,"t":"\\\\u001b"}'`);
});

test('the receipt has the position of the event', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: placedBy('to'), partitions: ['herring', 'cod'] });
  await engine.emit({ to: 'cod' });
  const receipt = await engine.emit({ to: 'cod', n: 2 });
  expect(receipt).toMatchObject({ sequence: 2, partition: 'cod', offset: 1, isDuplicate: false });
  expect(storedEvents(ledger)[1]).toMatchObject({ sequence: 2, partition: 'cod', offset: 1, time: receipt.time });
});

test('a list is committed together, in its order', async () => {
  const engine = await openEngine();
  const receipts = await engine.emit([{ n: 1 }, '{"n":2}', Buffer.from('{"n":3}')]);
  expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect((await engine.inspect()).commits).toBe(1);
  expect(await engine.emit([])).toEqual([]);
});

test('a text that is no JSON is refused with how it becomes a JSON string', async () => {
  const engine = await openEngine();
  for (const text of ['hello', '{"n":1']) {
    const { hint } = await failureOf(() => engine.emit(text), 'BAD_LINE');
    expect(hint).toBe(
      'fix the event, then repeat the whole call; a text is taken as JSON, and JSON.stringify(text) makes a JSON string of it',
    );
  }
  await engine.emit(JSON.stringify('hello'));
  expect((await engine.event(1)).text()).toBe('"hello"');
});

test('a list with a bad event stores none of it and names which', async () => {
  const engine = await openEngine({ routing: hashOf('k') });
  const error = await failureOf(() => engine.emit([{ k: 1 }, { k: 2 }, { no: 'key' }, { k: 3 }]), 'BAD_LINE');
  expect(error.message).toMatch(/^emit\(\): event 3, byte 1: .*; nothing of this call is stored$/);
  expect(error.hint).toBe('fix the event, then repeat the whole call');
  expect(error.details).toMatchObject({ source: 'emit()', line: 3, byte: 1 });
  expect((await engine.head()).sequence).toBe(0);
});

test.each(['', ' ', '{', '1 2', '{"a":1}\n{"a":2}', 'undefined', '\ud800'])('the text %j is no event', async (text) => {
  const engine = await openEngine();
  await failureOf(() => engine.emit(text), 'BAD_LINE');
  expect((await engine.head()).sequence).toBe(0);
});

test.each([[undefined], [() => 1], [Symbol('s')]])('a value without JSON is refused: %s', async (value) => {
  const engine = await openEngine();
  await failureOf(() => engine.emit(value as never), 'BAD_LINE');
  expect((await engine.head()).sequence).toBe(0);
});

test.each([
  [{ tenant: 12n }],
  [Promise.resolve({ n: 1 })],
  [
    {
      toJSON: () => {
        throw new Error('not today');
      },
    },
  ],
])('a value that JSON.stringify refuses is a bad line, with its reason', async (value) => {
  const engine = await openEngine();
  const error = await failureOf(() => engine.emit([1, value]), 'BAD_LINE');
  expect(error.message).toMatch(/^emit\(\): event 2 has no JSON: ./);
  expect(error.cause).toBeInstanceOf(Error);
  expect((await engine.head()).sequence).toBe(0);
});

test('calls at the same time share commits', async () => {
  const engine = await openEngine();
  const receipts = await Promise.all(Array.from({ length: 500 }, (_, n) => engine.emit({ n })));
  expect(receipts.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
  expect((await engine.inspect()).commits).toBeLessThan(10);
  expect(await payloadsOf(engine.replay())).toEqual(Array.from({ length: 500 }, (_, n) => `{"n":${n}}`));
});

test('calls one after the other have a commit each', async () => {
  const engine = await openEngine();
  for (let n = 0; n < 5; n++) await engine.emit({ n });
  expect((await engine.inspect()).commits).toBe(5);
});

test('a bad event among calls at the same time fails its own call alone', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: hashOf('k') });
  const calls = [
    engine.emit({ k: 1 }),
    engine.emit([{ k: 2 }, { bad: 2 }]),
    engine.emit({ bad: 3 }),
    engine.emit([{ k: 4 }, { k: 5 }]),
  ];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(storedEvents(ledger).map(({ payload }) => payload)).toEqual(['{"k":1}', '{"k":4}', '{"k":5}']);
  await failureOf(() => calls[2] as Promise<unknown>, 'BAD_LINE');
});

test('a duplicate answers with the receipt of the first, and other bytes are a conflict', async () => {
  const engine = await openEngine({ unique: 'id' });
  const first = await engine.emit({ id: 'a', v: 1 });
  await engine.emit({ id: 'b' });
  expect(await engine.emit({ id: 'a', v: 1 })).toEqual({ ...first, isDuplicate: true });
  const conflict = await failureOf(() => engine.emit([{ id: 'c' }, { id: 'a', v: 2 }]), 'ID_CONFLICT');
  expect(conflict.message).toContain('event 2, byte 1: ');
  expect(conflict.message).toContain('another payload: "a" is at sequence 1; nothing');
  expect(conflict.details).toMatchObject({ id: 'a', sequence: 1, line: 2 });
  const id = `\u001b[31m${'x'.repeat(200)}`;
  const own = await failureOf(() => engine.emit([{ id }, { id: 'e' }, { id, v: 2 }]), 'ID_CONFLICT');
  expect(own.message).toContain(`another payload: "\\u001b[31m${'x'.repeat(75)}…" is 2 before`);
  expect(own.details).toMatchObject({ id, sequence: null, line: 3 });
  const [, other] = await Promise.allSettled([engine.emit({ id: 'f', v: 1 }), engine.emit({ id: 'f', v: 2 })]);
  expect(other).toMatchObject({
    reason: { message: expect.stringContaining('"f" is in another call at the same time') },
  });
  expect((await engine.head()).sequence).toBe(3);
});

test('duplicates within calls at the same time are found too', async () => {
  const engine = await openEngine({ unique: 'id' });
  const [one, two, three] = await Promise.all([
    engine.emit({ id: 1 }),
    engine.emit({ id: 1 }),
    engine.emit([{ id: 2 }, { id: 1 }, { id: 2 }]),
  ]);
  expect([one?.sequence, two?.sequence]).toEqual([1, 1]);
  expect(three?.map(({ sequence, isDuplicate }) => [sequence, isDuplicate])).toEqual([
    [2, false],
    [1, true],
    [2, true],
  ]);
  expect([one?.isDuplicate, two?.isDuplicate]).toEqual([false, true]);
  const clash = await Promise.allSettled([engine.emit({ id: 9, v: 1 }), engine.emit({ id: 9, v: 2 })]);
  expect(clash.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('a stream of lines is committed and reported', async () => {
  const engine = await openEngine({ routing: hashOf('properties.net'), time: 'properties.time' });
  const report = await engine.emit(createReadStream(EARTHQUAKES));
  expect(report).toMatchObject({
    lines: 1707,
    events: 1707,
    firstSequence: 1,
    lastSequence: 1707,
    late: 0,
    duplicates: 0,
    rejected: 0,
    isComplete: true,
  });
  expect(report.head).toEqual(await engine.head());
});

test('a stream without events has no sequences and no head', async () => {
  const engine = await openEngine();
  const nothing = { events: 0, commits: 0, firstSequence: null, lastSequence: null, head: null, isComplete: true };
  expect(await engine.emit(pieces('\n'))).toMatchObject({ lines: 1, ...nothing });
  expect(await engine.emit(pieces(), { atomic: true })).toMatchObject({ lines: 0, ...nothing });
});

test('a stream may come in any pieces, as text or bytes', async () => {
  const engine = await openEngine();
  await engine.emit(
    pieces('{"a"', ':"', Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1), '"}\n', '', '2'),
  );
  expect(await payloadsOf(engine.replay())).toEqual(['{"a":"ü"}', '2']);
});

test('a stream may be cut between the halves of a character, whether it is stored whole or as it comes', async () => {
  const face = '\u{1f600}';
  for (const atomic of [false, true]) {
    const engine = await openEngine();
    await engine.emit(pieces(`"a${face[0]}`, `${face[1]}"\n"b${face[0]}`, '', `${face[1]}"\n`), { atomic });
    expect(await payloadsOf(engine.replay())).toEqual([`"a${face}"`, `"b${face}"`]);
    // half a character is none, and is neither lost nor put elsewhere
    await failureOf(() => engine.emit(pieces(`1${face[0]}`), { atomic }), 'BAD_LINE');
    await failureOf(() => engine.emit(pieces(`1${face[0]}`, Buffer.from('\n'), '"b"'), { atomic }), 'BAD_LINE');
  }
});

test('a stream stops at a bad line, and the error holds the report of what is committed', async () => {
  const engine = await openEngine();
  const error = await failureOf(() => engine.emit(pieces('1\n2\nbad\n4\n')), 'BAD_LINE');
  expect(error.details).toMatchObject({ source: 'stream', line: 3, byte: 1, report: { events: 2, lastSequence: 2 } });
  expect((await engine.head()).sequence).toBe(2);
});

test('onReject keeps bad lines and continues, onCommit reports each commit', async () => {
  const engine = await openEngine();
  const rejected: string[] = [];
  const committed: number[] = [];
  const report = await engine.emit(pieces('1\nbad\n3\n'), {
    onReject: ({ line, text }) => void rejected.push(`${line} ${text}`),
    onCommit: ({ count }) => void committed.push(count),
  });
  expect(report).toMatchObject({ events: 2, rejected: 1 });
  expect(rejected).toEqual(['2 bad']);
  expect(committed).toEqual([2]);
});

test('a stream that fails passes on its error, and what came before is kept', async () => {
  const engine = await openEngine();
  async function* failing(): AsyncGenerator<string> {
    yield '1\n';
    await engine.head();
    throw new Error('the source broke');
  }
  await expect(engine.emit(failing())).rejects.toThrow('the source broke');
  expect((await engine.head()).sequence).toBeLessThanOrEqual(1);
  await engine.emit('2');
});

test.each([{ n: 2 }, 2, false, new ArrayBuffer(2)])(
  'a stream of values that are neither text nor bytes is refused: %j',
  async (value) => {
    for (const atomic of [false, true]) {
      const engine = await openEngine();
      const error = await failureOf(
        () => engine.emit(Readable.from(['1\n', value, '3\n']), { atomic }),
        'INVALID_ARGUMENT',
      );
      expect(error.hint).toContain('JSON.stringify');
    }
  },
);

test('an atomic stream is stored whole or not at all', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const error = await failureOf(() => engine.emit(pieces('1\n', 'bad\n'), { atomic: true }), 'BAD_LINE');
  expect(error.details).toMatchObject({
    line: 2,
    report: { lines: 2, events: 0, bytes: 0, commits: 0, firstSequence: null, lastSequence: null, head: null },
  });
  expect(storedEvents(ledger)).toEqual([]);
  expect(await engine.emit(pieces('1\n', '2\n'), { atomic: true })).toMatchObject({ events: 2, commits: 1 });
  await expectSoundLedger(ledger);
});

test('a producer continues after what it has stored', async () => {
  const engine = await openEngine();
  await engine.emit(pieces('1\n2\n'), { producer: 'log' });
  expect(await engine.emit(pieces('1\n2\n3\n'), { producer: 'log' })).toMatchObject({ events: 1, firstSequence: 3 });
  await failureOf(() => engine.emit(pieces('9\n'), { producer: 'log' }), 'PRODUCER_CONFLICT');
});

/** A line at every turn of the event loop, without end. */
async function* trickle(): AsyncGenerator<string> {
  for (let n = 0; ; n++) {
    yield `${n}\n`;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a stream that never pauses is committed as it comes, and an abort keeps that', async () => {
  const engine = await openEngine();
  const controller = new AbortController();
  const report = await engine.emit(trickle(), {
    signal: controller.signal,
    onCommit: () => controller.abort(),
  });
  expect(report.isComplete).toBe(false);
  // two mebibytes would be some 300,000 of these lines
  expect(report.events).toBeLessThan(100_000);
  expect(report.lastSequence).toBe((await engine.head()).sequence);
});

test('keys of payloads do not reach the prototype of anything', async () => {
  const engine = await openEngine({ routing: hashOf('constructor.prototype'), partitions: 2 });
  const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":"k","polluted":1}}';
  await engine.emit(evil);
  await engine.emit(pieces(`${evil}\n`));
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect((await engine.event(1)).key).toBe('k');
  expect(await payloadsOf(engine.replay())).toEqual([evil, evil]);
  const byProto = await openEngine({ routing: hashOf('__proto__') });
  await failureOf(() => byProto.emit({ a: 1 }), 'BAD_LINE');
  expect((await byProto.emit('{"__proto__":"x"}')).sequence).toBe(1);
});

describe('what is given with a call', () => {
  test('is the key of its events, or the partition they go to', async () => {
    const engine = await openEngine({ routing: hashOf('tenant'), partitions: 16 });
    const { partition } = await engine.emit({ tenant: 'acme' });
    expect((await engine.emit({ n: 1 }, { key: 'acme' })).partition).toBe(partition);
    expect(await engine.emit([{ n: 2 }, { n: 3 }], { to: 'p5' })).toMatchObject([
      { partition: 'p5' },
      { partition: 'p5' },
    ]);
    await engine.emit(pieces('{"n":4}\n'), { key: 'acme', to: 'p6' });
    const events: unknown[] = [];
    for await (const { key, partition: place } of engine.replay()) events.push([key, place]);
    expect(events).toEqual([
      ['acme', partition],
      ['acme', partition],
      [null, 'p5'],
      [null, 'p5'],
      ['acme', 'p6'],
    ]);
  });

  test('keeps calls at the same time apart where it differs, each in its order', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: stickyBy('s'), partitions: 4 });
    const keys = ['a', 'b', undefined, 'a', 'a', 'b', undefined];
    const receipts = await Promise.all(keys.map((key, n) => engine.emit({ s: 'own', n }, { key })));
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const places = new Map(receipts.map(({ partition }, n) => [keys[n], partition]));
    expect(receipts.map(({ partition }) => partition)).toEqual(keys.map((key) => places.get(key)));
    expect(new Set(places.values()).size).toBe(3);
    await expectSoundLedger(ledger);
  });

  test.each([
    [{ to: 'p8' }, 'UNKNOWN_PARTITION'],
    [{ key: '' }, 'INVALID_ARGUMENT'],
  ] as const)('is refused where it cannot be: %j', async (given, code) => {
    const engine = await openEngine({ routing: hashOf('k') });
    const good = engine.emit({ k: 1 });
    await failureOf(() => engine.emit({ k: 1 }, given), code);
    await failureOf(() => engine.emit(pieces('{"k":1}\n'), given), code);
    expect((await good).sequence).toBe(1);
    expect((await engine.head()).sequence).toBe(1);
  });
});

test('what a hook fails with after a commit carries what was committed', async () => {
  for (const atomic of [false, true]) {
    const engine = await openEngine();
    const onCommit = () => {
      throw new LedgerError('IO_FAILED', { message: 'no room' });
    };
    const error = await failureOf(() => engine.emit(pieces('1\n2\n'), { atomic, onCommit }), 'IO_FAILED');
    expect(error.details['report']).toMatchObject({ events: 2, firstSequence: 1, lastSequence: 2, commits: 1 });
    expect((await engine.head()).sequence).toBe(2);
  }
});

test('a stream that the system fails to read carries what was committed before', async () => {
  const engine = await openEngine();
  async function* failing(): AsyncGenerator<string> {
    yield '1\n';
    while ((await engine.head()).sequence === 0) await nextTurn();
    throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
  }
  const error = await failureOf(() => engine.emit(failing()), 'INPUT_UNREADABLE');
  expect(error.details['report']).toMatchObject({ events: 1, lastSequence: 1 });
});

test('an atomic stream cannot have rejected lines', async () => {
  const engine = await openEngine();
  await failureOf(() => engine.emit(pieces('1\nbad\n'), { atomic: true, onReject: () => {} }), 'INVALID_ARGUMENT');
  expect((await engine.head()).sequence).toBe(0);
});

test('an input that cannot be opened is named, with what is committed of those before it', async () => {
  const engine = await openEngine();
  const sources = [
    { name: 'first', open: () => pieces('1\n2\n') },
    {
      name: 'second',
      open: () => {
        throw Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES', syscall: 'open' });
      },
    },
  ];
  const error = await failureOf(() => engine.ingest(sources), 'PERMISSION_DENIED');
  expect(error.message).toBe('second cannot be read: EACCES');
  expect(error.hint).toBe('check the owner and the mode of the file and of its directory');
  expect(error.details['report']).toMatchObject({ events: 2, lastSequence: 2 });
});
