/** Laws of locations on NATS. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseNatsLocation } from '../../../../src/core/ledger/nats/location.ts';
import { keyOfRecord, recordKeyOf, topicOf } from '../../../../src/core/ledger/nats/names.ts';
import { withoutCredentials } from '../../../../src/core/model/location.ts';
import { LedgerError } from '../../../../src/index.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const host = fc.oneof(
  fc.domain().filter((text) => /^[a-z0-9.-]+$/.test(text)),
  fc.ipV4(),
  fc
    .ipV6()
    .filter((text) => /^[0-9a-f:]+$/.test(text))
    .map((address) => `[${address}]`),
);
const port = fc.integer({ min: 1, max: 65_535 });
const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());

it('a location is read as it was written', () => {
  const parts = fc.record({
    hosts: fc.uniqueArray(fc.tuple(host, port), { minLength: 1, maxLength: 4, selector: String }),
    credentials: fc.option(fc.tuple(secret, secret)),
    replicas: fc.option(fc.integer({ min: 1, max: 5 })),
    name,
  });
  fc.assert(
    fc.property(parts, ({ hosts, credentials, replicas, ...rest }) => {
      const before = credentials === null ? '' : `${credentials.map(encodeURIComponent).join(':')}@`;
      const list = hosts.map(([each, at]) => `${each}:${at}`);
      const query = replicas === null ? '' : `?replicas=${replicas}`;
      const parsed = parseNatsLocation(`nats://${before}${list.join(',')}/${rest.name}${query}`);
      expect(parsed.hosts).toEqual(list);
      expect(parsed.name).toBe(rest.name);
      expect([parsed.user, parsed.password]).toEqual(credentials ?? [undefined, undefined]);
      expect(parsed.replicas).toBe(replicas ?? undefined);
      expect(parsed.display).toBe(`nats://${list.join(',')}/${rest.name}`);
      expect(parseNatsLocation(parsed.display).display).toBe(parsed.display);
    }),
  );
});

it('any text is read or refused with INVALID_ARGUMENT, without what stands before an @', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('nats://', 'tls://', '@', ':', '/', ',', '?', '&', '=', '%', '[', 'replicas', 'h', '\n'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, fc.stringMatching(/^[a-z0-9]{12}$/), (around, password) => {
      const location = `nats://u:${password}@${around}`;
      let shown: string;
      try {
        shown = parseNatsLocation(location).display;
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        expect(error.code).toBe('INVALID_ARGUMENT');
        shown = `${error.message} ${error.hint}`;
      }
      expect(shown).not.toContain(password);
      expect(shown).not.toMatch(/[\p{Cc}]/u);
      expect(withoutCredentials(location)).not.toContain(password);
    }),
  );
});

it('the key of a record is made of tokens, and read back', () => {
  const part = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/),
    secret.filter((each) => !each.includes('.')),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const key = recordKeyOf(parts.join('.'));
      expect(key).toMatch(/^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/);
      expect(keyOfRecord(key)).toBe(parts.join('.'));
    }),
  );
});

it('a topic is found in the subjects of its ledger alone', () => {
  const topic = fc.array(name, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join('.'));
  fc.assert(
    fc.property(name, name, topic, fc.string(), (ledger, other, wanted, noise) => {
      expect(topicOf(ledger, `cdex.${ledger}.${wanted}`)).toBe(wanted);
      if (other !== ledger) expect(topicOf(ledger, `cdex.${other}.${wanted}`)).toBe('');
      expect(topicOf(ledger, noise)).toBe('');
      expect(topicOf(ledger, `cdex.${ledger}.${wanted}.`)).toBe('');
    }),
  );
});
