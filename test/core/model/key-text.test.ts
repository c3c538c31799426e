/** Keys as callers write them, which are routed like events with the same key. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatKey, keyParts } from '../../../src/core/model/routing/key-text.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { lineOfKey } from '../../../src/core/router/key-line.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { refusalOf } from '../../support/refusals.ts';
import { inForce, routed } from '../../support/routed.ts';

const composite = parseRoutingSpec('composite:a+b');

describe('a key', () => {
  it('of one field is its text, whatever stands in it', () => {
    for (const text of ['', 'a+b', '["a","b"]', '"quoted"', 'a\n\u0000b'])
      expect(keyParts(parseRoutingSpec('hash:a'), text)).toEqual([text]);
    expect(formatKey(['a+b'])).toBe('a+b');
  });

  it('of a composite is written with a plus, or as the list that envelopes show', () => {
    expect(keyParts(composite, 'acme+billing')).toEqual(['acme', 'billing']);
    expect(keyParts(composite, '"a+b"+c.d')).toEqual(['a+b', 'c.d']);
    expect(keyParts(composite, '["a+b","c"]')).toEqual(['a+b', 'c']);
    expect(keyParts(composite, ['a', 'b'])).toEqual(['a', 'b']);
    expect(formatKey(['a', 'b'])).toBe('["a","b"]');
  });

  it.each([
    ['a key of 1 part does not fit this routing', 'acme'],
    ['a key of 3 parts does not fit this routing', 'a+b+c'],
    ["the key '[1,2]' is not a JSON list of strings", '[1,2]'],
    ["the key '[' is not a JSON list of strings", '['],
    [`the key '"a+b' cannot be read: a quote is not closed`, '"a+b'],
  ])('of a composite is refused: %s', (message, text) => {
    expect(refusalOf(() => keyParts(composite, text)).message).toBe(message);
  });

  it('is none of a hash over the whole payload', () => {
    expect(refusalOf(() => keyParts(parseRoutingSpec('hash'), 'a')).message).toBe(
      'a hash over the whole payload has no keys',
    );
  });
});

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom('p0', '"', '\\', '1', '1e3', '2026-01-01T00:00:00Z'),
);

describe('a key given by hand goes where an event with that key goes', () => {
  it.each(['hash:a', 'manual:a', 'range:a=b,m', 'range:a=2026-01-01T00:00:00Z'])('under %s', (spec) => {
    const routing = inForce({
      spec: parseRoutingSpec(spec),
      partitionIds: spec.startsWith('range:a=2') ? [0, 1] : [2, 0, 1],
    });
    const router = makeRouter(routing);
    fc.assert(
      fc.property(text, (key) => {
        const line = lineOfKey(routing.epoch.spec, keyParts(routing.epoch.spec, key));
        expect({ to: router.route(line), key: router.keyOf(line) }).toEqual(
          routed(routing)(JSON.stringify({ a: key })),
        );
      }),
    );
  });

  it('under a composite, and its parts come back from the key that envelopes show', () => {
    const routing = inForce({ spec: composite, partitionIds: [2, 0, 1] });
    const router = makeRouter(routing);
    fc.assert(
      fc.property(text, text, (a, b) => {
        const byEvent = routed(routing)(JSON.stringify({ a, b }));
        const line = lineOfKey(composite, keyParts(composite, byEvent.key as string));
        expect({ to: router.route(line), key: router.keyOf(line) }).toEqual(byEvent);
      }),
    );
  });

  it('as a number among bounds that are numbers', () => {
    const routing = inForce({ spec: parseRoutingSpec('range:a=-1,2.5'), partitionIds: [2, 0, 1] });
    const router = makeRouter(routing);
    fc.assert(
      fc.property(
        fc.oneof(fc.integer().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
        (key) => {
          expect(router.route(lineOfKey(routing.epoch.spec, [key]))).toBe(routed(routing)(`{"a":${key}}`).to);
        },
      ),
    );
    expect(router.route(lineOfKey(routing.epoch.spec, ['2.5.1']))).toBe('key-not-comparable');
  });
});

describe('a key that was placed', () => {
  const spec = parseRoutingSpec('manual:a,missing=p0');
  const route = routed(
    inForce({
      spec,
      partitionIds: [0, 1],
      placements: new Map([
        ['squid', 1],
        ['p0', 1],
        ['', 1],
        ['7', 1],
      ]),
    }),
  );

  it('goes there before the rule is asked, also where the rule would refuse it', () => {
    expect(route('{"a":"squid"}').to).toBe(1);
    expect(route('{"a":"p0"}').to).toBe(1);
    expect(route('{"a":"p1"}').to).toBe(1);
    expect(route('{"a":"eel"}').to).toBe('unknown-partition');
  });

  it('is found by the text of the field, as every key is', () => {
    expect(route('{"a":7.0}').to).toBe(1);
    expect(route('{"a":"s\\u0071uid"}').to).toBe(1);
    expect(route('{"a":""}').to).toBe(1);
  });

  it('is not the lack of a key', () => {
    expect(route('{"a":null}').to).toBe(0);
    expect(route('{}').to).toBe(0);
  });
});
