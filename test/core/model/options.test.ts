import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { describeValue } from '../../../src/core/model/options/describe-value.ts';
import {
  flag,
  group,
  limit,
  listOf,
  millis,
  type OptionTable,
  oneOf,
  required,
  sequence,
  signal,
  text,
  texts,
  time,
} from '../../../src/core/model/options/option-kinds.ts';
import { readArgument, readOptions } from '../../../src/core/model/options/options.ts';
import { refusalOf } from '../../support/refusals.ts';

interface Options {
  readonly name: string;
  readonly batch?: number | undefined;
  readonly follow?: boolean | undefined;
  readonly from?: string | Date | undefined;
  readonly partitions?: readonly string[] | undefined;
  readonly until?: { readonly idleMs?: number | undefined } | undefined;
}

const TABLE: OptionTable<Options> = {
  name: required(text),
  batch: limit,
  follow: flag,
  from: time,
  partitions: texts,
  until: group({ idleMs: millis }),
};

const read = (given: unknown) => readOptions<Options>('call()', given, TABLE);

describe('options are refused', () => {
  it.each([
    [{ bacth: 3 }, `call(): there is no option "bacth"; the nearest is batch`, { option: 'bacth', nearest: 'batch' }],
    [{ zebra: 3 }, `call(): there is no option "zebra"`, { option: 'zebra', nearest: null }],
    [{ '\u001b[2J': 1 }, String.raw`call(): there is no option "\u001b[2J"`, { option: '\u001b[2J' }],
    [JSON.parse('{"__proto__":{"name":"x"}}'), 'call(): there is no option "__proto__"', { option: '__proto__' }],
    [{ name: 7 }, 'call(): the option name is 7; expected a string', { option: 'name', expected: 'a string' }],
    [{ name: null }, 'call(): the option name is null; expected a string', { option: 'name' }],
    [{}, 'call(): the option name is missing; expected a string', { option: 'name' }],
    [undefined, 'call(): the option name is missing; expected a string', { option: 'name' }],
    [
      { name: 'n', batch: '3' },
      'call(): the option batch is "3"; expected a whole number from 1, or Infinity',
      { option: 'batch' },
    ],
    [
      { name: 'n', batch: Number.NaN },
      'call(): the option batch is NaN; expected a whole number from 1, or Infinity',
      { option: 'batch' },
    ],
    [
      { name: 'n', batch: 3n },
      'call(): the option batch is 3n; expected a whole number from 1, or Infinity',
      { option: 'batch' },
    ],
    [{ name: 'n', follow: 'yes' }, 'call(): the option follow is "yes"; expected true or false', { option: 'follow' }],
    [
      { name: 'n', from: new Date(Number.NaN) },
      'call(): the option from is an invalid Date; expected a time as a string or a valid Date',
      { option: 'from' },
    ],
    [
      { name: 'n', partitions: 'p0' },
      'call(): the option partitions is "p0"; expected a list of strings',
      { option: 'partitions' },
    ],
    [
      { name: 'n', partitions: ['p0', 1] },
      'call(): the option partitions is a list; expected a list of strings',
      { option: 'partitions' },
    ],
    [
      { name: 'n', until: { idlems: 1 } },
      'call(), the option until: there is no option "idlems"; the nearest is idleMs',
      { option: 'idlems', nearest: 'idleMs' },
    ],
    [
      { name: 'n', until: { idleMs: -1 } },
      'call(), the option until: the option idleMs is -1; expected a number of milliseconds from 0',
      { option: 'idleMs' },
    ],
    ['n', 'call(): the options argument is "n"; expected an object', {}],
    [null, 'call(): the options argument is null; expected an object', {}],
    [['n'], 'call(): the options argument is a list; expected an object', {}],
  ])('%#', (given, message, details) => {
    const refusal = refusalOf(() => read(given));
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', message });
    expect(refusal.details).toMatchObject(details);
    expect(refusal.hint).toMatch(/^(write|give|the options are) /);
  });

  it('that are inherited: they would be left out in silence', () => {
    class Hooks {
      name = 'n';
      get batch(): number {
        return 3;
      }
    }
    expect(refusalOf(() => read(new Hooks())).message).toBe(
      'call(): the option batch is inherited; expected a property of the object itself',
    );
  });
});

describe('options are read', () => {
  it('once each, into an object of their own', () => {
    let reads = 0;
    const partitions = ['p0'];
    const from = new Date(5);
    const given = {
      get name() {
        reads++;
        return `read ${reads}`;
      },
      from,
      partitions,
    };
    const options = read(given);
    partitions.push('p1');
    from.setTime(6);
    expect({ ...options }).toEqual({ name: 'read 1', from: new Date(5), partitions: ['p0'] });
    expect(reads).toBe(1);
  });

  it('without what is undefined, whatever its name', () => {
    expect(Object.keys(read({ name: 'n', batch: undefined, bacth: undefined }))).toEqual(['name']);
  });

  it('and not from a polluted prototype of all objects', () => {
    const prototype = Object.prototype as { follow?: boolean };
    prototype.follow = true;
    onTestFinished(() => {
      delete prototype.follow;
    });
    const options = read({ name: 'n' });
    expect(options.follow).toBeUndefined();
    expect(Object.getPrototypeOf(options)).toBeNull();
  });

  it('not where they are symbols, or hidden', () => {
    const given = Object.defineProperty({ name: 'n', [Symbol('batch')]: 3 }, 'zebra', { value: 1, enumerable: false });
    expect({ ...read(given) }).toEqual({ name: 'n' });
  });

  it('of objects, Dates and lists of another realm, too', () => {
    const options = read(runInNewContext("({ name: 'n', from: new Date(7), partitions: ['p0'] })"));
    expect((options.from as Date).getTime()).toBe(7);
    expect(options.partitions).toEqual(['p0']);
  });
});

test('a value of any kind is described without running any of it', () => {
  const hostile = {
    toString: () => expect.fail('it was run'),
    get [Symbol.toStringTag]() {
      return expect.fail('it was run');
    },
  };
  expect(describeValue(hostile)).toBe('an object');
  expect(describeValue('x'.repeat(1000))).toHaveLength(83);
  expect(describeValue(10n ** 500n)).toHaveLength(82);
  expect([new Map(), new Set(), Promise.resolve(), Symbol('s'), () => {}].map(describeValue)).toEqual([
    'a Map',
    'a Set',
    'a promise that was not awaited',
    'a symbol',
    'a function',
  ]);
});

test('an argument by itself is read the same way', () => {
  const kind = listOf(sequence, 'a list of sequences');
  expect(readArgument('call()', 'sequences', [1, 2], kind)).toEqual([1, 2]);
  for (const wrong of [1, [0], [1.5], [1, undefined], new Array(2)]) {
    expect(refusalOf(() => readArgument('call()', 'sequences', wrong, kind)).message).toMatch(
      /the argument sequences is .*; expected a list of sequences$/,
    );
  }
  expect(readArgument('call()', 'mode', 'read', oneOf('read', 'write'))).toBe('read');
  expect(refusalOf(() => readArgument('call()', 'signal', { aborted: false }, signal)).message).toContain(
    'expected an AbortSignal',
  );
});
