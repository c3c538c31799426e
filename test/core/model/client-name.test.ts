/** Names of groups, members and producers: host names are valid, and nothing that a terminal, a path or a shell could take for more. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLIENT_NAME_MAX, checkClientName, isClientName } from '../../../src/core/model/client-name.ts';
import { refusalOf } from '../../support/refusals.ts';

const LABELS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-'];
const label = fc
  .string({ unit: fc.constantFrom(...LABELS), minLength: 1, maxLength: 63 })
  .filter((text) => !text.startsWith('-') && !text.endsWith('-'));

it('any host name is valid', () => {
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), (labels) => {
      const host = labels.join('.').slice(0, CLIENT_NAME_MAX);
      expect(checkClientName('member', host)).toBe(host);
    }),
  );
});

it.each(['Mailer', 'ip-10-0-0-7.eu-west-1.compute.internal', 'Build_42', '0', 'x'.repeat(CLIENT_NAME_MAX)])(
  '%s is valid',
  (name) => {
    expect(isClientName(name)).toBe(true);
  },
);

it.each([
  '',
  '.',
  '..',
  '-g',
  '_g',
  '.hidden',
  'a b',
  'a/b',
  'a\n',
  'a\0',
  'ä',
  'a:b',
  '$(x)',
  "a'b",
  'x'.repeat(CLIENT_NAME_MAX + 1),
])('refuses %j', (name) => {
  const refusal = refusalOf(() => checkClientName('producer', name));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', details: { kind: 'producer', name } });
  expect(refusal.message).toBe(`invalid producer name '${name.slice(0, 80)}'`);
});
