import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cursorKey,
  eventOfKey,
  groupKey,
  groupOfKey,
  parkedKey,
  partitionOfKey,
} from '../../../../src/core/ledger/log/groups/record-keys.ts';
import {
  CURSOR,
  type CursorValue,
  formatValue,
  GROUP,
  type GroupValue,
  PARKED,
  type ParkedValue,
  parseValue,
  type RecordCodec,
} from '../../../../src/core/ledger/log/groups/record-values.ts';
import { LedgerError } from '../../../../src/index.ts';
import { anyCharacter } from '../../../support/any-character.ts';

const natural = fc.maxSafeNat();
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
const partition = fc.nat(255);
const text = fc.string({ unit: anyCharacter });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const position = fc.record({ nextOffset: natural, nextSequence: positive });
const event = fc.record({
  partition,
  offset: natural,
  sequence: positive,
  reason: text,
  details: text,
  attempts: natural,
  parkedAt: time,
  redeliveryDue: fc.boolean(),
});
const failure = fc.record({
  sequence: fc.option(positive),
  attempts: natural,
  failedAt: time,
  member: name,
  reason: text,
});
const byPartition = <Row extends { readonly partition: number }>(rows: fc.Arbitrary<Row>) =>
  fc
    .uniqueArray(rows, { selector: ({ partition: of }) => of, maxLength: 8 })
    .map((list) => list.sort((one, other) => one.partition - other.partition));

const cursor: fc.Arbitrary<CursorValue> = fc.record({
  nextOffset: natural,
  nextSequence: positive,
  attempts: natural,
  failure: fc.option(failure),
  token: natural,
  isHeld: fc.boolean(),
  parking: fc.option(fc.record({ id: text, revision: positive, event })),
});
const parked: fc.Arbitrary<ParkedValue> = fc.record({
  event: fc.option(event),
  parking: fc.option(fc.record({ id: text, token: natural, event })),
});
const member = fc.record({
  name,
  token: natural,
  partitions: fc.option(fc.array(partition)),
  ttl: natural,
  expiresAt: time,
});
const group: fc.Arbitrary<GroupValue> = fc.record({
  writes: natural,
  createdAt: time,
  generation: natural,
  partitions: natural,
  members: fc
    .uniqueArray(member, { selector: (each) => each.name, maxLength: 8 })
    .map((list) => list.sort((one, other) => (one.name < other.name ? -1 : 1))),
  leases: byPartition(fc.record({ partition, member: name, token: natural })),
  fences: byPartition(
    fc.record({
      partition,
      token: natural,
      isHeld: fc.boolean(),
      position: fc.option(position),
      attempts: natural,
      failure: fc.option(failure),
    }),
  ),
  due: byPartition(fc.record({ partition, since: time })),
});

const KINDS: readonly [string, RecordCodec<object>, fc.Arbitrary<object>][] = [
  ['a group', GROUP, group],
  ['a cursor', CURSOR, cursor],
  ['a parked event', PARKED, parked],
];

/** A JSON text that is a value in all but one place of it: a field is missing, added, or holds something else. */
const mutated = (values: fc.Arbitrary<object>) =>
  fc
    .tuple(
      values,
      fc.nat(),
      fc.constantFrom('delete', 'add', 'replace'),
      fc.jsonValue(),
      fc.constantFrom('__proto__', 'x', 'constructor'),
    )
    .map(([value, at, how, other, added]) => {
      const whole = JSON.parse(formatValue(value, 'b')) as Record<string, unknown>;
      const fields = Object.keys(whole);
      const field = fields[at % fields.length] as string;
      if (how === 'delete') delete whole[field];
      if (how === 'replace') whole[field] = other;
      const json = JSON.stringify(whole);
      return how === 'add' ? json.replace('{', `{${JSON.stringify(added)}:${JSON.stringify(other)},`) : json;
    });

describe.each(KINDS)('the value of %s', (_, codec, values) => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(values, fc.string(), (value, by) => {
        expect(parseValue(codec, 'key', formatValue(value, by))).toEqual({ by, value });
      }),
    );
  });

  it('is read as itself or refused with its key, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(values), fc.json(), fc.string()), (json) => {
        let read: ReturnType<typeof parseValue<object>>;
        try {
          read = parseValue(codec, 'c.61.0', json);
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerError);
          expect(error).toMatchObject({ code: 'DAMAGED_LEDGER', details: { key: 'c.61.0' } });
          expect((error as Error).message).toContain('c.61.0');
          return;
        }
        // what was not refused has all fields, none more, each once, and no other prototype
        expect(JSON.parse(formatValue(read.value, read.by))).toEqual(JSON.parse(json));
        expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype);
      }),
    );
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

it('refuses rows twice, out of order, with impossible partitions and names, and another version', () => {
  const value: GroupValue = {
    writes: 1,
    createdAt: 0,
    generation: 1,
    partitions: 2,
    members: [],
    leases: [],
    fences: [],
    due: [],
  };
  const lease = (of: number) => ({ partition: of, member: 'one', token: 1 });
  const one = { name: 'one', token: 1, partitions: null, ttl: 1, expiresAt: 1 };
  const faults: readonly [string, object][] = [
    ['leases', { leases: [lease(1), lease(1)] }],
    ['leases', { leases: [lease(1), lease(0)] }],
    ['partition', { leases: [lease(256)] }],
    ['partition', { leases: [lease(-1)] }],
    ['partition', { leases: [lease(0.5)] }],
    ['members', { members: [one, one] }],
    ['name', { members: [{ ...one, name: 'not a name!' }] }],
    ['partitions', { members: [{ ...one, partitions: [0, 999] }] }],
    ['generation', { generation: Number.MAX_SAFE_INTEGER + 2 }],
    ['version', { v: 2 }],
  ];
  for (const [named, fault] of faults)
    expect(() => parseValue(GROUP, 'g.61', formatValue({ ...value, ...fault }, 'b')), named).toThrow(named);
});

it('writes a name into a key from which it can be read, and reads nothing else', () => {
  fc.assert(
    fc.property(name, partition, positive, (of, at, sequence) => {
      expect(groupOfKey(groupKey(of))).toBe(of);
      expect(groupKey(of)).toMatch(/^g\.[0-9a-f]+$/);
      expect(partitionOfKey(cursorKey(of, at))).toBe(at);
      expect(eventOfKey(parkedKey(of, at, sequence))).toEqual({ partition: at, sequence });
    }),
  );
  for (const key of ['g.', 'g.zz', 'g.6', 'g.20', 'g.61.0', 'g.C3A9'])
    expect(() => groupOfKey(key), key).toThrow(LedgerError);
  for (const key of ['c.61.', 'c.61.256', 'c.61.01', 'c.61.-1', 'c.61.1.2', 'c.61.1e2', 'c.61'])
    expect(() => partitionOfKey(key), key).toThrow(LedgerError);
  for (const key of ['k.61.0.0', 'k.61.0.', 'k.61.0.1.2', 'k.61.x.1', 'k.61.0.9007199254740993'])
    expect(() => eventOfKey(key), key).toThrow(LedgerError);
  expect(() => groupOfKey(`g.\u001b[31m${'x'.repeat(500)}`)).toThrow(/^the record "g\.\\u001b\[31mx{233}" of/);
});
