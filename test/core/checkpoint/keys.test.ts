/** Keys as `openssl` and `ssh-keygen` write them, and what is none. */

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPublicKeys, readSigningKey, type SigningKey, verifierKey } from '../../../src/core/checkpoint/keys.ts';
import { formatSignature } from '../../../src/core/checkpoint/note.ts';
import { kindOfSignature, signText, verifySignature } from '../../../src/core/checkpoint/signatures.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { needs } from '../../support/fault-tools.ts';
import { tempDir } from '../../support/temp-dir.ts';

const failure = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    const { code, message, hint } = error as LedgerError;
    expect(code).toBe('INVALID_ARGUMENT');
    expect(hint).toBeTruthy();
    return message;
  }
  throw new Error('it was read');
};

async function expectPair(key: SigningKey, publicText: string): Promise<void> {
  const [trusted] = readPublicKeys(publicText, 'pub');
  if (trusted === undefined) throw new Error('no key');
  expect(trusted.raw).toEqual(key.raw);
  const signature = signText('text\n', 'any', key);
  expect(kindOfSignature(signature, trusted)).toBe('log');
  expect(await verifySignature('text\n', signature, 'log', trusted)).toBe(true);
  expect(formatSignature(signature)).toMatch(/^— any [A-Za-z0-9+/=]+\n$/);
}

test('PKCS#8 and SPKI in PEM, as openssl writes them', async (context) => {
  needs(context, 'openssl', 'version');
  const file = join(tempDir(), 'log.pem');
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file]);
  const publicText = execFileSync('openssl', ['pkey', '-in', file, '-pubout']).toString();
  await expectPair(readSigningKey(readFileSync(file, 'utf8'), file), publicText);
});

test('keys of OpenSSH; with a passphrase they are refused by name', async (context) => {
  needs(context, 'sh', '-c', 'command -v ssh-keygen');
  const file = join(tempDir(), 'id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'who it is', '-f', file]);
  const text = readFileSync(file, 'utf8');
  await expectPair(readSigningKey(text, file), readFileSync(`${file}.pub`, 'utf8'));
  const lines = text.split('\n');
  expect(failure(() => readSigningKey([...lines.slice(0, 3), ...lines.slice(4)].join('\n'), 'id'))).toMatch(
    /the key id cannot be used: it (?:is damaged|does not hold)/,
  );
  expect(failure(() => readSigningKey(lines.slice(0, 3).join('\n'), 'id'))).toContain('it is not whole');
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', file]);
  expect(failure(() => readSigningKey(readFileSync(file, 'utf8'), 'id'))).toContain('it is encrypted');
  const other = join(tempDir(), 'ecdsa');
  execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', other]);
  expect(failure(() => readSigningKey(readFileSync(other, 'utf8'), 'id'))).toContain('not an Ed25519 key');
  expect(failure(() => readPublicKeys(readFileSync(`${other}.pub`, 'utf8'), 'p'))).toContain('not an Ed25519 key');
});

test('what is no key of the right kind is named, and no error quotes a key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const secret = pem.split('\n')[1] as string;
  const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
  const messages = [
    failure(() => readSigningKey(encrypted.toString(), 'k')),
    failure(() => readSigningKey(spki, 'k')),
    failure(() => readSigningKey(rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'k')),
    failure(() => readSigningKey(pem.replace(secret, secret.slice(5)), 'k')),
    failure(() => readSigningKey('', 'k')),
    failure(() => readSigningKey(secret, 'k')),
    failure(() => readPublicKeys(pem, 'k')),
    failure(() => readPublicKeys(rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'k')),
    failure(() => readPublicKeys('# none\n', 'k')),
    failure(() => readPublicKeys(secret, 'k')),
    failure(() => readPublicKeys('ssh-ed25519 AAAA', 'k')),
  ];
  expect(messages.map((message) => message.replace('the key k cannot be used: ', ''))).toEqual([
    'it is encrypted, and no passphrase is asked for: take a key without one',
    'it is a public key, and signing takes the private one',
    'it is not an Ed25519 key',
    'it is not a private key in PKCS#8',
    'it is neither PEM nor a key of OpenSSH',
    'it is neither PEM nor a key of OpenSSH',
    'it is a private key, which nobody but its owner should have: give the public one',
    'it is not an Ed25519 key',
    'it is empty',
    'it is neither PEM, nor of OpenSSH, nor NAME+ID+KEY',
    'it is damaged',
  ]);
  for (const message of messages) expect(message).not.toContain(secret.slice(8, 20));
});

test('a file may hold several keys, one a line; a verifier key trusts its name and type alone', () => {
  const { raw } = readSigningKey(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    'k',
  );
  const text = `# of our logs\n\n${verifierKey('a', 1, raw)}\r\n${verifierKey('b', 4, raw)}\n`;
  const keys = readPublicKeys(text, 'k');
  expect(keys.map(({ name, type }) => [name, type])).toEqual([
    ['a', 1],
    ['b', 4],
  ]);
});
