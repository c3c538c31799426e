import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formats, timeZone } from '../../../src/index.ts';
import { delivered } from '../../support/delivered.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { quick } from '../../support/test-size.ts';

const templated = (format: string) => formats.template.with?.({ format }) ?? formats.template;

test('each token is the fact of its event, each escape a character', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 1, time: 't' });
  await engine.emit(['{"k":"é","t":1700000000.25, "o":{"x":"a\\tb"}}', '{"k":"","t":1700000001}']);
  const text = async (format: string) => (await delivered(engine, templated(format))).toString('latin1');
  expect(await text(String.raw`%s %p %o %t %T %K %V\n`)).toBe(
    '1 p0 0 2023-11-14T22:13:20.250000Z 1700000000250 2 46\n2 p0 1 2023-11-14T22:13:21.000000Z 1700000001000 0 23\n',
  );
  expect(await text(String.raw`%k|%v|%{o.x}|%{sequence}%%\t\r\0\\\xfF`)).toBe(
    Buffer.concat([
      Buffer.from('é|{"k":"é","t":1700000000.25, "o":{"x":"a\\tb"}}|a\tb|1%\t\r\0\\'),
      Buffer.from([0xff]),
      Buffer.from('|{"k":"","t":1700000001}||2%\t\r\0\\'),
      Buffer.from([0xff]),
    ]).toString('latin1'),
  );
  const inZone = templated('%t ').inZone?.(await timeZone('America/New_York')) ?? templated('');
  expect((await delivered(engine, inZone)).toString()).toMatch(/^2023-11-14T17:13:20.250000-05:00 /);
});

test('nothing in a key or a payload is interpreted', async () => {
  const hostile = fc.string({ unit: fc.constantFrom('%', 's', '\\', 'n', '{', '}', '"', '\u001b', 'x', '0') });
  const engine = await openEngine({ routing: 'hash:k', partitions: 1 });
  await fc.assert(
    fc.asyncProperty(hostile, async (key) => {
      const fromSequence = (await engine.head()).sequence + 1;
      const line = JSON.stringify({ k: key });
      await engine.emit([line]);
      expect((await delivered(engine, templated('%k %v %{k}'), { fromSequence })).toString()).toBe(
        `${key} ${line} ${key}`,
      );
    }),
    { numRuns: quick(20, 200) },
  );
});

test('a wrong template is refused with what is wrong', async () => {
  for (const [format, fact] of [
    ['', 'empty'],
    ['%q', '%q'],
    ['a%', 'no token %'],
    ['%s %{mag', '%{mag has no closing }'],
    ['%{', '%{'],
    ['%{a..b}', 'a..b'],
    ['\\q', '\\q'],
    ['\\', 'no escape \\'],
    ['\\x4', '\\x'],
    ['%constructor', '%c'],
  ] as const) {
    const { message } = await failureOf(async () => templated(format), 'INVALID_ARGUMENT');
    expect(message).toContain(fact);
  }
});
