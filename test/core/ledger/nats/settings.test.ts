/** How the servers of a location are reached: which of location, environment and context decides. */

import { describe, expect, it } from 'vitest';
import { parseNatsLocation } from '../../../../src/core/ledger/nats/location.ts';
import { type NatsSettings, resolveSettings } from '../../../../src/core/ledger/nats/settings.ts';
import type { SettingsLayer } from '../../../../src/core/ledger/nats/settings-layer.ts';
import { rejectionOf } from '../../../support/refusals.ts';

const HOME = { HOME: '/home/u' };
const contextPath = (name: string) => `/home/u/.config/nats/context/${name}.json`;

function resolve(
  location: string,
  variables: Record<string, string> = {},
  files: Record<string, unknown> = {},
  options: SettingsLayer = {},
): Promise<NatsSettings> {
  const readText = async (path: string) => {
    const found = files[path];
    if (found === undefined) return null;
    return typeof found === 'string' ? found : JSON.stringify(found);
  };
  return resolveSettings(parseNatsLocation(location), { variables: { ...HOME, ...variables }, readText }, options);
}

const refused = (...args: Parameters<typeof resolve>) => rejectionOf(resolve(...args));

describe('settings', () => {
  it('come from the location alone where nothing else is set', async () => {
    expect(await resolve('nats://u:p@h/a')).toEqual({
      hosts: ['h:4222'],
      isTls: false,
      authentication: { kind: 'user', user: 'u', password: 'p' },
      tls: {},
      isTlsFirst: false,
      domain: null,
      inboxPrefix: null,
    });
  });

  it('come from the options, the location, our variables, those of NATS and the context, in this order', async () => {
    const layers: [SettingsLayer, string, Record<string, string>, Record<string, unknown>] = [
      { authentication: { kind: 'token', token: 'option' }, hosts: ['o:1'], domain: 'option' },
      'nats://location@l:1/a?context=c&domain=location',
      {
        COMPLETENGINE_NATS_TOKEN: 'ours',
        COMPLETENGINE_NATS_URL: 'nats://ours:1',
        NATS_TOKEN: 'theirs',
        NATS_URL: 'nats://theirs:1',
        NATS_CA: '/ca.pem',
      },
      {
        [contextPath('c')]: {
          token: 'context',
          url: 'nats://context:1',
          jetstream_domain: 'context',
          ca: '/c.pem',
          cert: '~/cert',
          key: '~/key',
        },
      },
    ];
    const [options, location, variables, files] = layers;
    const tls = { ca: '/ca.pem', cert: '/home/u/cert', key: '/home/u/key' };
    const found = async (...args: Parameters<typeof resolve>) => {
      const { hosts, authentication, domain, tls: files } = await resolve(...args);
      return [hosts[0], authentication?.kind === 'token' && authentication.token, domain, files];
    };
    expect(await found(location, variables, files, options)).toEqual(['o:1', 'option', 'option', tls]);
    expect(await found(location, variables, files)).toEqual(['l:1', 'location', 'location', tls]);
    const bare = 'nats:///a?context=c';
    expect(await found(bare, variables, files)).toEqual(['ours:1', 'ours', 'context', tls]);
    const { COMPLETENGINE_NATS_TOKEN: _, COMPLETENGINE_NATS_URL: __, ...theirs } = variables;
    expect(await found(bare, theirs, files)).toEqual(['theirs:1', 'theirs', 'context', tls]);
    expect(await found(bare, {}, files)).toEqual(['context:1', 'context', 'context', { ...tls, ca: '/c.pem' }]);
  });

  it.each([
    [
      { NATS_USER: 'u', NATS_PASSWORD: 'p' },
      { kind: 'user', user: 'u', password: 'p' },
    ],
    [{ NATS_USER: 'u' }, { kind: 'token', token: 'u' }],
    [{ NATS_TOKEN: 't' }, { kind: 'token', token: 't' }],
    [
      { NATS_CREDS: '/c', NATS_USER: 'u', NATS_PASSWORD: 'p' },
      { kind: 'creds', file: '/c' },
    ],
    [{ NATS_NKEY: '/n' }, { kind: 'nkey', file: '/n' }],
    [{ NATS_URL: 'nats://u:p@other:1' }, { kind: 'user', user: 'u', password: 'p' }],
    [{ NATS_TOKEN: '' }, null],
    [{}, null],
  ] as const)('authenticate with %o', async (variables, expected) => {
    expect((await resolve('nats://h/a', variables)).authentication).toEqual(expected);
  });

  it('take several servers of NATS_URL, with and without a scheme', async () => {
    const settings = await resolve('nats:///a', { NATS_URL: 'tls://a:1, b ,nats://c:3/' });
    expect(settings).toMatchObject({ hosts: ['a:1', 'b:4222', 'c:3'], isTls: true });
  });

  it('take a context by NATS_CONTEXT, and the directory of XDG_CONFIG_HOME', async () => {
    const files = { '/x/nats/context/c.json': { url: 'nats://c:1', user_jwt: 'j', user_seed: 's', tls_first: true } };
    expect(await resolve('nats:///a', { NATS_CONTEXT: 'c', XDG_CONFIG_HOME: '/x' }, files)).toMatchObject({
      hosts: ['c:1'],
      authentication: { kind: 'jwt', jwt: 'j', seed: 's' },
      isTlsFirst: true,
    });
  });

  it.each([
    ['no server at all', 'nats:///a', {}, {}, 'names no server'],
    ['a context that is missing', 'nats://h/a?context=c', {}, {}, 'there is no context "c"'],
    ['a context that is no name', 'nats://h/a', { NATS_CONTEXT: '../c' }, {}, 'is not the name of a context'],
    [
      'a context that is no JSON',
      'nats://h/a?context=c',
      {},
      { [contextPath('c')]: '{"token":"s3cret"' },
      'is not a JSON object',
    ],
    ['a context that is a list', 'nats://h/a?context=c', {}, { [contextPath('c')]: '[]' }, 'is not a JSON object'],
    [
      'a field that is no text',
      'nats://h/a?context=c',
      {},
      { [contextPath('c')]: { token: 7 } },
      'token is not a text',
    ],
    ['what is not supported', 'nats://h/a?context=c', {}, { [contextPath('c')]: { nsc: 'nsc://s3cret' } }, 'uses nsc'],
    [
      'a domain that is no name',
      'nats://h/a?context=c',
      {},
      { [contextPath('c')]: { jetstream_domain: 'a.b' } },
      'jetstream_domain',
    ],
    ['a wrong server', 'nats:///a', { NATS_URL: 'ws://u:s3cret@h' }, {}, 'NATS_URL has "ws://h"'],
    ['half a certificate', 'nats://h/a', { NATS_CERT: '/c' }, {}, 'certificate is given without its key'],
  ])('are refused with %s', async (_, location, variables, files, message) => {
    const { code, message: found, hint } = await refused(location, variables as Record<string, string>, files);
    expect([code, found]).toEqual(['INVALID_ARGUMENT', expect.stringContaining(message)]);
    expect(`${found} ${hint}`).not.toContain('s3cret');
  });
});
