/** Reads a context of the `nats` tool: a file of JSON with the address and the credentials of a server (ADR-21). */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { invalidArgument } from '../../model/ledger-error.ts';
import { quoted } from '../../model/text/quoting.ts';
import { CONTEXT_NAME, DOMAIN_NAME } from './location.ts';
import {
  authenticationOf,
  type NatsEnvironment,
  type ReadText,
  type SettingsLayer,
  serversLayer,
  tlsOf,
} from './settings-layer.ts';

/** @throws LedgerError INVALID_ARGUMENT */
export async function contextLayer(
  name: string,
  variables: NatsEnvironment['variables'],
  readText: ReadText,
): Promise<SettingsLayer> {
  if (!CONTEXT_NAME.test(name))
    throw invalidArgument(`${quoted(name)} is not the name of a context`, 'list them: nats context ls');
  const home = variables['HOME'] || homedir();
  const path = join(variables['XDG_CONFIG_HOME'] || join(home, '.config'), 'nats/context', `${name}.json`);
  const text = await readText(path);
  if (text === null)
    throw invalidArgument(`there is no context ${quoted(name)} at ${path}`, 'list them: nats context ls');
  const fields = parsed(text, path);
  const field = (key: string) => textField(fields, key, path);
  for (const unsupported of ['nsc', 'socks_proxy', 'jetstream_api_prefix'])
    if (field(unsupported) !== undefined)
      throw invalidArgument(
        `the context ${quoted(name)} uses ${unsupported}, which is not supported here`,
        'name a context without it, or give NATS_URL and NATS_CREDS',
      );
  const servers = serversLayer(field('url'), path);
  const file = (key: string) => field(key)?.replace(/^~(?=\/)/, home);
  const authentication =
    authenticationOf({
      user: field('user'),
      password: field('password'),
      token: field('token'),
      creds: file('creds'),
      nkey: file('nkey'),
      jwt: field('user_jwt'),
      seed: field('user_seed'),
    }) ?? servers.authentication;
  const [domain, inboxPrefix] = [field('jetstream_domain'), field('inbox_prefix')];
  if (domain !== undefined && !DOMAIN_NAME.test(domain))
    throw invalidArgument(`${path}: jetstream_domain is not a name`, 'use letters, digits, _ and -');
  return {
    ...servers,
    ...(authentication === undefined ? {} : { authentication }),
    tls: tlsOf({ ca: file('ca'), cert: file('cert'), key: file('key') }),
    ...(Object.hasOwn(fields, 'tls_first') ? { isTlsFirst: fields['tls_first'] === true } : {}),
    ...(domain === undefined ? {} : { domain }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  };
}

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // the message of JSON.parse quotes the text, which has credentials
  }
  throw invalidArgument(`${path} is not a JSON object`, 'show it: nats context show');
}

/** An empty text counts as none. */
function textField(fields: Record<string, unknown>, key: string, path: string): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalidArgument(`${path}: ${key} is not a text`, 'show it: nats context show');
  return value;
}
