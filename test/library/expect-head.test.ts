/** `expectHead`: an append on the condition that nothing was committed since. */

import { expect, test } from 'vitest';
import { formatHead, LedgerError } from '../../src/index.ts';
import { failureOf, openEngine } from '../support/engines.ts';

test('of concurrent calls that expect one head exactly one is stored, whole, and the others get the head', async () => {
  const engine = await openEngine();
  await engine.emit('0');
  for (let round = 0; round < 5; round++) {
    const before = await engine.head();
    const expectHead = formatHead(before);
    const calls = Array.from({ length: 10 }, (_, nth) =>
      engine.emit([`"${round} ${nth}"`, '1'], { expectHead }).catch((error: unknown) => error as LedgerError),
    );
    const answers = await Promise.all(calls);
    const refused = answers.filter((answer) => answer instanceof LedgerError);
    expect(refused).toHaveLength(9);
    const head = await engine.head();
    expect(head.sequence).toBe(before.sequence + 2);
    for (const { code, details } of refused) {
      expect(code).toBe('HEAD_CONFLICT');
      expect(details).toEqual({ expected: expectHead, head: formatHead(head) });
    }
  }
});

test('calls that expect nothing are not affected by one that fails', async () => {
  const engine = await openEngine();
  const expectHead = formatHead(await engine.head());
  const [first, second, third] = await Promise.allSettled([
    engine.emit('1'),
    engine.emit('2', { expectHead }),
    engine.emit('3'),
  ]);
  expect([first?.status, second?.status, third?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await engine.head()).sequence).toBe(2);
});

test('a list without events, a stream and a bad head', async () => {
  const engine = await openEngine();
  const expectHead = formatHead(await engine.head());
  expect(await engine.emit([], { expectHead })).toEqual([]);
  await engine.emit('1');
  await failureOf(() => engine.emit([], { expectHead }), 'HEAD_CONFLICT');
  await failureOf(() => engine.emit('1', { expectHead: '7' }), 'INVALID_ARGUMENT');
  const stream = async function* () {
    yield '\n1\n2\n';
  };
  await failureOf(() => engine.emit(stream(), { expectHead }), 'HEAD_CONFLICT');
  await failureOf(() => engine.emit(stream(), { expectHead, producer: 'p' }), 'INVALID_ARGUMENT');
  const report = await engine.emit(stream(), { expectHead: formatHead(await engine.head()) });
  expect(report.lastSequence).toBe(3);
});

test('a head is expected as head() and inspect() give it, too', async () => {
  const engine = await openEngine();
  const before = await engine.head();
  await engine.emit('1', { expectHead: before });
  await engine.emit('2', { expectHead: (await engine.inspect()).head });
  await engine.verify({ expectHead: await engine.head() });
  await failureOf(() => engine.emit('3', { expectHead: before }), 'HEAD_CONFLICT');
  await failureOf(() => engine.verify({ expectHead: { sequence: 1, hash: '0'.repeat(64) } }), 'HEAD_MISMATCH');
  for (const expectHead of [
    {},
    { sequence: '1', hash: '' },
    { sequence: 1.5, hash: '' },
    { sequence: -1, hash: '0'.repeat(64) },
    7,
    null,
  ])
    await failureOf(() => engine.verify({ expectHead: expectHead as never }), 'INVALID_ARGUMENT');
});
