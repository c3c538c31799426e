/**
 * Reads a location `nats://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]]/NAME[?OPTIONS]`. Strict: an unknown option is an error. A message never quotes what
 * stands before an `@`, because that is a password. No I/O.
 */

import { invalidArgument } from '../../model/ledger-error.ts';
import { withoutCredentials } from '../../model/location.ts';
import { nearName } from '../../model/options/near-name.ts';
import { quoted } from '../../model/text/quoting.ts';
import { LEDGER_NAME } from './names.ts';

export interface NatsLocation {
  readonly isTls: boolean;
  /** `HOST:PORT`, each once; none: those of the environment. */
  readonly hosts: readonly string[];
  /** Credentials: user and password, or a token. */
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly name: string;
  /** Copies of a new ledger, 1 to 5. */
  readonly replicas?: number;
  /** A context of the `nats` tool. */
  readonly context?: string;
  /** Monitoring address of a server, to learn its settings. */
  readonly monitor?: string;
  /** JetStream domain. */
  readonly domain?: string;
  /** The location without credentials and options, for people. */
  readonly display: string;
}

const DEFAULT_PORT = 4222;
const FORM = /^(nats|tls):\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/;
const OPTIONS = ['replicas', 'context', 'monitor', 'domain'];
export const CONTEXT_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/;
export const DOMAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const EXAMPLE = 'write nats://HOST[:PORT][,HOST[:PORT]]/NAME';

/** @throws LedgerError INVALID_ARGUMENT */
export function parseNatsLocation(location: string): NatsLocation {
  const shown = quoted(withoutCredentials(location));
  const form = FORM.exec(location);
  if (form === null) throw invalidArgument(`${shown} is not the location of a ledger on NATS`, EXAMPLE);
  const [, scheme = '', credentials, hostList = '', name = '', query] = form;
  if (!LEDGER_NAME.test(name))
    throw invalidArgument(
      name === '' ? `${shown} names no ledger` : `${quoted(name)} in ${shown} cannot name a ledger on NATS`,
      'end the location with a name of 1 to 64 letters, digits, _ and -: nats://HOST/NAME',
    );
  const hosts = hostList === '' ? [] : [...new Set(hostList.split(',').map((host) => readHost(host, shown)))];
  const isTls = scheme.toLowerCase() === 'tls';
  return {
    isTls,
    hosts,
    ...(credentials === undefined ? {} : readCredentials(credentials, shown)),
    name,
    ...readOptions(query, shown),
    display: `${isTls ? 'tls' : 'nats'}://${hosts.join(',')}/${name}`,
  };
}

/** `HOST:PORT`. `shown`: where it stands, for the message. @throws LedgerError INVALID_ARGUMENT */
export function readHost(text: string, shown: string): string {
  const [, host = '', port = String(DEFAULT_PORT)] = HOST.exec(text) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65_535)
    throw invalidArgument(`${quoted(text)} in ${shown} is not a host, or its port is not one of 1 to 65535`, EXAMPLE);
  return `${host.toLowerCase()}:${Number(port)}`;
}

/** Of `USER:PASSWORD` or `TOKEN`. @throws LedgerError INVALID_ARGUMENT */
export function readCredentials(text: string, shown: string): Pick<NatsLocation, 'user' | 'password' | 'token'> {
  const at = text.indexOf(':');
  const [user, password] = (at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]).map((part) => decoded(part));
  if (user === null || user === '' || password === null || password === '')
    throw invalidArgument(
      `the user or the password in ${shown} is empty or has a wrong % sequence`,
      'write both before the host, special characters as %XX, or give a file of credentials in NATS_CREDS',
    );
  return password === undefined ? { token: user as string } : { user: user as string, password };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function readOptions(query: string | undefined, shown: string) {
  const options: { replicas?: number; context?: string; monitor?: string; domain?: string } = {};
  for (const part of query === undefined ? [] : query.split('&')) {
    const at = part.indexOf('=');
    const option = at < 0 ? part : part.slice(0, at);
    const value = at < 0 ? null : decoded(part.slice(at + 1));
    if (!OPTIONS.includes(option)) {
      const near = nearName(option, OPTIONS);
      throw invalidArgument(
        `${shown} has an option ${quoted(option)} that a ledger on NATS does not have`,
        near === null ? `its options are ${OPTIONS.join(', ')}` : `write ?${near}=..`,
      );
    }
    if (Object.hasOwn(options, option)) throw invalidArgument(`${shown} gives ?${option} twice`, 'give it once');
    if (option === 'replicas') options.replicas = readReplicas(value, shown);
    else if (option === 'monitor') options.monitor = readMonitor(value, shown);
    else options[option as 'context' | 'domain'] = readToken(option as 'context' | 'domain', value, shown);
  }
  return options;
}

function readReplicas(value: string | null, shown: string): number {
  if (value === null || !/^[1-5]$/.test(value))
    throw invalidArgument(`?replicas in ${shown} is not a number of 1 to 5`, 'use 3 in production: ?replicas=3');
  return Number(value);
}

function readToken(option: 'context' | 'domain', value: string | null, shown: string): string {
  if (value === null || !(option === 'context' ? CONTEXT_NAME : DOMAIN_NAME).test(value))
    throw invalidArgument(`?${option} in ${shown} is not a name`, 'use up to 64 letters, digits, _ and -');
  return value;
}

function readMonitor(value: string | null, shown: string): string {
  const url = value !== null && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw invalidArgument(
      `?monitor in ${shown} is not the address of a server's monitoring`,
      'write ?monitor=http://HOST:8222',
    );
  return url.href.replace(/\/$/, '');
}
