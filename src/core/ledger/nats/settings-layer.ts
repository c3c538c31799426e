/** One source of settings: what it says of hosts, authentication and TLS. No I/O. */

import { invalidArgument } from '../../model/ledger-error.ts';
import { withoutCredentials } from '../../model/location.ts';
import { quoted } from '../../model/text/quoting.ts';
import { readCredentials, readHost } from './location.ts';

export type Authentication =
  | { readonly kind: 'user'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** A file of credentials, or of the seed of an nkey. */
  | { readonly kind: 'creds' | 'nkey'; readonly file: string }
  | { readonly kind: 'jwt'; readonly jwt: string; readonly seed: string };

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What one source says. */
export interface SettingsLayer {
  readonly hosts?: readonly string[];
  readonly isTls?: boolean;
  readonly authentication?: Authentication;
  readonly tls?: TlsFiles;
  /** The server expects TLS before its greeting. */
  readonly isTlsFirst?: boolean;
  readonly domain?: string;
  readonly inboxPrefix?: string;
  readonly context?: string;
}

/** Variables of the environment, and the text of a file; null if there is no such file. */
export interface NatsEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly readText: ReadText;
}
export type ReadText = (path: string) => Promise<string | null>;

/** Hosts and credentials of a list such as `nats://a:4222,tls://u:p@b`. `where`: for messages. */
export function serversLayer(list: string | undefined, where: string): SettingsLayer {
  if (list === undefined) return {};
  const servers = list.split(',').map((text) => readServer(text.trim(), where));
  const authentication = authenticationOf(servers.find(({ credentials }) => credentials !== null)?.credentials ?? {});
  return {
    hosts: [...new Set(servers.map(({ host }) => host))],
    isTls: servers.some(({ isTls }) => isTls),
    ...(authentication === null ? {} : { authentication }),
  };
}

function readServer(text: string, where: string) {
  const form = /^(?:(nats|tls):\/\/)?(?:([^/?#]*)@)?([^/?#@]+)\/?$/i.exec(text);
  if (form === null)
    throw invalidArgument(
      `${where} has ${quoted(withoutCredentials(text))}, which is not the address of a server`,
      'write nats://HOST:PORT, several with commas',
    );
  const [, scheme = 'nats', credentials, host = ''] = form;
  return {
    isTls: scheme.toLowerCase() === 'tls',
    host: readHost(host, where),
    credentials: credentials === undefined ? null : readCredentials(credentials, where),
  };
}

/** The strongest that is given. A user without a password is a token, as in the `nats` tool. */
export function authenticationOf(given: {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly jwt?: string | undefined;
  readonly seed?: string | undefined;
}): Authentication | null {
  const { user, password, token, creds, nkey, jwt, seed } = given;
  if (creds !== undefined) return { kind: 'creds', file: creds };
  if (jwt !== undefined && seed !== undefined) return { kind: 'jwt', jwt, seed };
  if (nkey !== undefined) return { kind: 'nkey', file: nkey };
  if (user !== undefined && password !== undefined) return { kind: 'user', user, password };
  const onlyToken = token ?? user;
  return onlyToken === undefined ? null : { kind: 'token', token: onlyToken };
}

export function tlsOf(files: { readonly [Name in keyof TlsFiles]: string | undefined }): TlsFiles {
  return Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined));
}
