/** Routers over real scanned lines: which key they read, its partition, and what they reject. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPartition } from '../../../src/core/model/routing/murmur2.ts';
import { partitionNames } from '../../../src/core/model/routing/partition.ts';
import { jsonLine } from '../../support/json-lines.ts';
import { routing } from '../../support/routed.ts';

const kafkaPartition = (key: string, count: number) =>
  hashPartition(Buffer.from(key), 0, Buffer.byteLength(key), count);

describe('a hash over a field', () => {
  const route = routing('hash:tenant', partitionNames(8));

  it('sends a key where a Kafka topic of as many partitions has it', () => {
    // toPositive(murmur2("foobar")) % 8, from Kafka's published vector
    expect(route('{"tenant":"foobar"}')).toEqual({ to: (-790_332_482 & 0x7fffffff) % 8, key: 'foobar' });
    expect(route('{"tenant":"21"}').to).toBe((-973_932_308 & 0x7fffffff) % 8);
  });

  it('takes any string, number or boolean as the key of its text', () => {
    const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(scalar, (tenant) => {
        expect(route(JSON.stringify({ tenant }))).toEqual({
          to: kafkaPartition(String(tenant), 8),
          key: String(tenant),
        });
      }),
    );
  });

  it('knows one key whatever its spelling', () => {
    const spellings = ['"a/ä"', '"\\u0061/ä"', '"a\\/\\u00e4"', '"a\\/\\u00E4"'];
    const reached = spellings.map((spelling) => route(`{"tenant":${spelling}}`));
    expect(new Set(reached.map(({ to }) => to)).size).toBe(1);
    expect(reached.map(({ key }) => key)).toEqual(spellings.map(() => 'a/ä'));
  });

  it('does not mind blanks, the place of the field and what else is in the line', () => {
    const { to } = route('{"tenant":"north"}');
    expect(route(' { "a" : [1, {"tenant":"x"}] , "tenant" :\t"north" , "z":{"tenant":"y"} } ').to).toBe(to);
  });

  it('reads nested fields', () => {
    const nested = routing('hash:properties.net', partitionNames(8));
    expect(nested('{"net":"x","properties":{"properties":{"net":"y"},"net":"uw"}}')).toEqual({
      to: kafkaPartition('uw', 8),
      key: 'uw',
    });
  });

  it.each(['{}', '{"Tenant":"a"}', '[{"tenant":"a"}]', '"tenant"', '{"a":{"tenant":"a"}}'])(
    'misses the key of %s',
    (line) => {
      expect(route(line)).toEqual({ to: 'key-missing', key: null });
    },
  );

  it.each(['{"tenant":null}', '{"tenant":{}}', '{"tenant":{"a":1}}', '{"tenant":[]}', '{"tenant":["a"]}'])(
    'finds no key in %s',
    (line) => {
      expect(route(line)).toEqual({ to: 'key-not-scalar', key: null });
    },
  );

  it('takes an empty string as a key like others', () => {
    expect(route('{"tenant":""}')).toEqual({ to: kafkaPartition('', 8), key: '' });
  });
});

describe('a hash over the whole payload', () => {
  it('reads no key and depends on every byte of the payload, blanks included', () => {
    const route = routing('hash', partitionNames(256));
    fc.assert(
      fc.property(jsonLine, (line) => {
        expect(route(line)).toEqual({ to: kafkaPartition(line, 256), key: null });
      }),
    );
  });
});

describe('a placement by hand', () => {
  const route = routing('manual:shoal', ['north', 'south', '7', 'true']);

  it('follows the name in the event', () => {
    expect(route('{"shoal":"south"}')).toEqual({ to: 1, key: 'south' });
    expect(route('{"shoal":"\\u006eorth"}')).toEqual({ to: 0, key: 'north' });
    expect(route('{"shoal":7}').to).toBe(2);
    expect(route('{"shoal":7.0}').to).toBe(2);
    expect(route('{"shoal":true}').to).toBe(3);
  });

  it.each(['"east"', '""', '"North"', '"north "', '"__proto__"', '"constructor"', '0'])(
    'refuses %s, which is no partition',
    (name) => {
      expect(route(`{"shoal":${name}}`).to).toBe('unknown-partition');
    },
  );

  it('refuses an event without a name, and one with what can be no name', () => {
    expect(route('{"place":"north"}').to).toBe('key-missing');
    expect(route('{"shoal":["north"]}').to).toBe('key-not-scalar');
    expect(route('{"shoal":null}').to).toBe('key-not-scalar');
  });
});
