/** Dotted paths: what they name, what is refused, and that their text reads back. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatFieldPath, parseFieldPath } from '../../../src/core/model/field-path.ts';
import { refusalOf } from '../../support/refusals.ts';

it('reads the keys from the root down', () => {
  expect(parseFieldPath('id')).toEqual(['id']);
  expect(parseFieldPath('properties.net')).toEqual(['properties', 'net']);
  expect(parseFieldPath('größe.キー.__proto__.0. ')).toEqual(['größe', 'キー', '__proto__', '0', ' ']);
});

it.each(['', '.', 'a.', '.a', 'a..b'])('refuses %j, where a name is missing', (text) => {
  const refusal = refusalOf(() => parseFieldPath(text));
  expect(refusal.code).toBe('INVALID_ARGUMENT');
  expect(refusal.message).toContain(`'${text}'`);
});

it('reads back what it writes', () => {
  const key = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('.'));
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), (path) => {
      expect(parseFieldPath(formatFieldPath(path))).toEqual(path);
    }),
  );
});
