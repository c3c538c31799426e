/** Which settings of a stream are those of a ledger. */

import { describe, expect, it } from 'vitest';
import { configDifference, logConfig } from '../../../../src/core/ledger/nats/stream-config.ts';

const wanted = logConfig('a', { replicas: 3, bytesMax: -1, isAtomic: false }, true);

describe('the settings of a stream', () => {
  it.each([
    ['as they were asked for', {}],
    [
      'with more or fewer copies, a limit, a place, a name and compression',
      { num_replicas: 1, max_bytes: 5, placement: { tags: ['x'] }, description: 'd', compression: 's2' },
    ],
    [
      'with what servers add and leave off',
      {
        sealed: false,
        consumer_limits: {},
        first_seq: 0,
        mirror: null,
        sources: [],
        template_owner: '',
        allow_msg_ttl: false,
      },
    ],
    ['with notes of servers and tools', { metadata: { 'completengine.format': '1', '_nats.level': '1' } }],
    ['without our note, of a server that had none', { metadata: undefined }],
  ])('are accepted %s', (_, change) => {
    expect(configDifference({ ...wanted, ...change }, wanted)).toBeNull();
  });

  it.each([
    ['max_age', 1],
    ['first_seq', 5],
    ['sealed', true],
    ['mirror', { name: 'other' }],
    ['sources', [{ name: 'other' }]],
    ['subject_transform', { src: '>', dest: 'x.>' }],
    ['subjects', ['cdex.a.>', 'cdex.b.>']],
    ['a_field_of_later', 'on'],
    ['metadata', { 'completengine.format': '2' }],
  ])('are refused with another %s', (field, value) => {
    expect(configDifference({ ...wanted, [field]: value }, wanted)).toMatchObject({ field });
    expect(configDifference(wanted, { ...wanted, [field]: value })).toMatchObject({ field });
  });

  it('name what was found and what is needed', () => {
    expect(configDifference({ ...wanted, discard: 'old' }, wanted)).toEqual({
      field: 'discard',
      found: '"old"',
      wanted: '"new"',
    });
    expect(configDifference({ ...wanted, deny_purge: false }, wanted)).toEqual({
      field: 'deny_purge',
      found: 'not set',
      wanted: 'true',
    });
  });
});
