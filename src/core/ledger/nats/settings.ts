/**
 * How to reach the servers of a location: hosts, authentication and TLS, each of the first layer that says something of it. The layers are the caller's
 * options, the location, `COMPLETENGINE_NATS_*`, `NATS_*`, and a context of the `nats` tool, so what works with that tool works here.
 */

import { invalidArgument } from '../../model/ledger-error.ts';
import { contextLayer } from './context.ts';
import type { NatsLocation } from './location.ts';
import {
  type Authentication,
  authenticationOf,
  type NatsEnvironment,
  type SettingsLayer,
  serversLayer,
  type TlsFiles,
  tlsOf,
} from './settings-layer.ts';

export interface NatsSettings {
  readonly hosts: readonly [string, ...string[]];
  readonly isTls: boolean;
  readonly authentication: Authentication | null;
  readonly tls: TlsFiles;
  readonly isTlsFirst: boolean;
  readonly domain: string | null;
  readonly inboxPrefix: string | null;
}

/** @throws LedgerError INVALID_ARGUMENT */
export async function resolveSettings(
  location: NatsLocation,
  { variables, readText }: NatsEnvironment,
  options: SettingsLayer = {},
): Promise<NatsSettings> {
  const named = [
    options,
    locationLayer(location),
    variablesLayer(variables, 'COMPLETENGINE_NATS_'),
    variablesLayer(variables, 'NATS_'),
  ];
  const context = named.find((layer) => layer.context !== undefined)?.context;
  const layers = context === undefined ? named : [...named, await contextLayer(context, variables, readText)];
  const first = <Field extends keyof SettingsLayer>(field: Field): SettingsLayer[Field] | undefined =>
    layers.find((layer) => layer[field] !== undefined)?.[field];
  const [host, ...others] = first('hosts') ?? [];
  if (host === undefined)
    throw invalidArgument(
      `${location.display} names no server, and neither NATS_URL nor a context does`,
      'write nats://HOST/NAME, or set NATS_URL',
    );
  return {
    hosts: [host, ...others],
    isTls: layers.some(({ isTls }) => isTls === true),
    authentication: first('authentication') ?? null,
    tls: checkedTls(Object.assign({}, ...layers.map(({ tls }) => tls).reverse())),
    isTlsFirst: first('isTlsFirst') ?? false,
    domain: first('domain') ?? null,
    inboxPrefix: first('inboxPrefix') ?? null,
  };
}

function locationLayer({ hosts, isTls, user, password, token, domain, context }: NatsLocation): SettingsLayer {
  const authentication = authenticationOf({ user, password, token });
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    isTls,
    ...(authentication === null ? {} : { authentication }),
    ...(domain === undefined ? {} : { domain }),
    ...(context === undefined ? {} : { context }),
  };
}

/** An empty variable counts as none. */
function variablesLayer(variables: NatsEnvironment['variables'], prefix: string): SettingsLayer {
  const value = (name: string) => variables[`${prefix}${name}`] || undefined;
  const context = value('CONTEXT');
  const servers = serversLayer(value('URL'), `${prefix}URL`);
  const authentication =
    authenticationOf({
      user: value('USER'),
      password: value('PASSWORD'),
      token: value('TOKEN'),
      creds: value('CREDS'),
      nkey: value('NKEY'),
    }) ?? servers.authentication;
  return {
    ...servers,
    ...(authentication === undefined ? {} : { authentication }),
    tls: tlsOf({ ca: value('CA'), cert: value('CERT'), key: value('KEY') }),
    ...(context === undefined ? {} : { context }),
  };
}

function checkedTls(files: TlsFiles): TlsFiles {
  if ((files.cert === undefined) !== (files.key === undefined))
    throw invalidArgument(
      `a TLS ${files.cert === undefined ? 'key is given without its certificate' : 'certificate is given without its key'}`,
      'give both: NATS_CERT and NATS_KEY',
    );
  return files;
}
