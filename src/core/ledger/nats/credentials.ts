/** Reads the files by which a client and a server prove who they are, and checks them before a connection is tried. */

import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { invalidArgument } from '../../model/ledger-error.ts';
import { quoted } from '../../model/text/quoting.ts';
import type { NatsSettings } from './settings.ts';
import type { Authentication } from './settings-layer.ts';

type Client = typeof import('./client.ts');
type Authenticator = ReturnType<Client['nkeyAuthenticator']>;

/** Options of the client. @throws LedgerError INVALID_ARGUMENT */
export async function authenticationOptions(client: Client, { authentication }: NatsSettings) {
  if (authentication === null) return {};
  switch (authentication.kind) {
    case 'user':
      return { user: authentication.user, pass: authentication.password };
    case 'token':
      return { token: authentication.token };
    default:
      return { authenticator: await authenticatorOf(client, authentication) };
  }
}

async function authenticatorOf(
  client: Client,
  authentication: Extract<Authentication, { kind: 'creds' | 'nkey' | 'jwt' }>,
): Promise<Authenticator> {
  if (authentication.kind === 'jwt') {
    const seed = Buffer.from(authentication.seed);
    return checked(client.jwtAuthenticator(authentication.jwt, seed), 'user_seed of the context');
  }
  const { kind, file } = authentication;
  const isNkey = kind === 'nkey';
  const text = await readSecret(file, isNkey ? 'nkey' : 'credentials');
  const authenticator = isNkey
    ? client.nkeyAuthenticator(Buffer.from(seedIn(text)))
    : client.credsAuthenticator(Buffer.from(text));
  return checked(authenticator, `the ${isNkey ? 'nkey' : 'credentials'} file ${quoted(file)}`);
}

/** The client reads them while it connects, and takes what is wrong with them for a reason to try again. */
function checked(authenticator: Authenticator, source: string): Authenticator {
  if (isUsable(authenticator)) return authenticator;
  throw invalidArgument(`${source} does not hold what it should`, 'make it again: nsc generate creds, or nk -gen user');
}

/** Why not is left out: it may quote a secret. */
function isUsable(authenticator: Authenticator): boolean {
  try {
    authenticator('nonce');
    return true;
  } catch {
    return false;
  }
}

/** The seed among the comments of its file. */
function seedIn(text: string): string {
  return /^\s*(S[A-Z2-7]{20,})\s*$/m.exec(text)?.[1] ?? text.trim();
}

/** Options of the client: none where TLS is left to the server. @throws LedgerError INVALID_ARGUMENT */
export async function tlsOptions({ isTls, isTlsFirst, tls, hosts }: NatsSettings) {
  const files = Object.entries(tls) as [string, string][];
  const read = await Promise.all(files.map(async ([name, path]) => [name, await readSecret(path, `TLS ${name}`)]));
  const addresses = hosts.map((host) => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
  const identity = { checkServerIdentity: identityCheck(addresses) };
  if (isTls || isTlsFirst || files.length > 0)
    return { tls: { ...Object.fromEntries(read), ...identity, ...(isTlsFirst ? { handshakeFirst: true } : {}) } };
  return {};
}

/** Of a server named by its address the client says `localhost`: its certificate must be for one of the addresses that were given. */
function identityCheck(hosts: readonly string[]) {
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const names = host === 'localhost' && !hosts.includes(host) ? addresses : [host];
    const faults = names.map((name) => checkServerIdentity(name, certificate));
    return faults.includes(undefined) ? undefined : faults[0];
  };
}

/** @throws LedgerError INVALID_ARGUMENT */
async function readSecret(path: string, kind: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException;
    throw invalidArgument(`the ${kind} file ${quoted(path)} cannot be read (${code})`, 'check its path and mode');
  }
}
