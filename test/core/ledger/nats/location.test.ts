/** Locations on NATS: what they say, what is refused, and that a password is never quoted. */

import { describe, expect, it } from 'vitest';
import { parseNatsLocation } from '../../../../src/core/ledger/nats/location.ts';
import { refusalOf } from '../../../support/refusals.ts';

describe('a location on NATS', () => {
  it.each([
    ['nats://h/a', { isTls: false, hosts: ['h:4222'], name: 'a', display: 'nats://h:4222/a' }],
    ['tls://H:7000/a', { isTls: true, hosts: ['h:7000'], name: 'a', display: 'tls://h:7000/a' }],
    [
      'nats://h1,h2:4223,h1/A_b-9',
      { hosts: ['h1:4222', 'h2:4223'], name: 'A_b-9', display: 'nats://h1:4222,h2:4223/A_b-9' },
    ],
    ['nats://[::1]:4223,127.0.0.1/a', { hosts: ['[::1]:4223', '127.0.0.1:4222'] }],
    ['nats:///a', { hosts: [], display: 'nats:///a' }],
    ['NATS://h/a', { isTls: false, hosts: ['h:4222'] }],
    ['nats://user:p%40ss%2F@h/a', { user: 'user', password: 'p@ss/', display: 'nats://h:4222/a' }],
    ['nats://t0ken@h/a', { token: 't0ken', display: 'nats://h:4222/a' }],
    ['nats://h/a?replicas=3&context=ngs.prod&domain=hub', { replicas: 3, context: 'ngs.prod', domain: 'hub' }],
    ['nats://h/a?monitor=http://h:8222/', { monitor: 'http://h:8222' }],
    ['nats://h/a?monitor=http%3A%2F%2Fh%3A8222', { monitor: 'http://h:8222' }],
    [`nats://h/${'n'.repeat(64)}`, { name: 'n'.repeat(64) }],
  ])('%s', (location, expected) => {
    expect(parseNatsLocation(location)).toMatchObject(expected);
  });

  it.each([
    ['nats://h', 'names no ledger'],
    ['nats://h/', 'names no ledger'],
    ['nats://h/a/b', '"a/b"'],
    ['nats://h/a.b', '"a.b"'],
    ['nats://h/a*', '"a*"'],
    ['nats://h/é', 'cannot name a ledger'],
    [`nats://h/${'n'.repeat(65)}`, 'cannot name a ledger'],
    ['nats://h/a#part', 'is not the location of a ledger on NATS'],
    ['http://h/a', 'is not the location of a ledger on NATS'],
    ['nats:h/a', 'is not the location of a ledger on NATS'],
    ['nats://h,/a', '"" in'],
    ['nats://h:0/a', '"h:0"'],
    ['nats://h:65536/a', '"h:65536"'],
    ['nats://h:x/a', '"h:x"'],
    ['nats://h e/a', '"h e"'],
    ['nats://:pw@h/a', 'is empty'],
    ['nats://u:@h/a', 'is empty'],
    ['nats://@h/a', 'is empty'],
    ['nats://u:%zz@h/a', 'wrong % sequence'],
    ['nats://h/a?', 'an option ""'],
    ['nats://h/a?replica=3', 'an option "replica"'],
    ['nats://h/a?replicas=3&replicas=3', 'twice'],
    ['nats://h/a?replicas', 'not a number of 1 to 5'],
    ['nats://h/a?replicas=0', 'not a number of 1 to 5'],
    ['nats://h/a?replicas=6', 'not a number of 1 to 5'],
    ['nats://h/a?replicas=3x', 'not a number of 1 to 5'],
    ['nats://h/a?context=../x', 'is not a name'],
    ['nats://h/a?context=', 'is not a name'],
    ['nats://h/a?domain=a.b', 'is not a name'],
    ['nats://h/a?monitor=h:8222', "is not the address of a server's monitoring"],
    ['nats://h/a?monitor=http://u:p@h', "is not the address of a server's monitoring"],
    ['nats://h/a\u001b[31m', 'cannot name a ledger'],
  ])('%j is refused', (location, message) => {
    const refused = refusalOf(() => parseNatsLocation(location));
    expect(refused.code).toBe('INVALID_ARGUMENT');
    expect(refused.message).toContain(message);
    expect(refused.message).not.toMatch(/\p{Cc}/u);
    expect(refused.hint).toBeTruthy();
  });

  it('suggests the option that was probably meant', () => {
    expect(refusalOf(() => parseNatsLocation('nats://h/a?replica=3')).hint).toBe('write ?replicas=..');
  });
});
