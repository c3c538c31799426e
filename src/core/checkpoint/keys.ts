/** Ed25519 keys: private ones as PKCS#8 PEM or of OpenSSH, public ones as PEM, of OpenSSH, or as the verifier keys of signed notes. No key is ever part of a message. */

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { invalidArgument, type LedgerError } from '../model/ledger-error.ts';
import { decodeBase64, isKeyName, isVerifierKey, VERIFIER_KEY } from './note.ts';
import { isOpensshPrivateKey, isOpensshPublicKey, readOpensshPrivateKey, readOpensshPublicKey } from './openssh-key.ts';

/** Types of signatures: of a log over the text, and of a witness over a time and the text. */
export const SIGNATURE_TYPES = { log: 0x01, witness: 0x04 } as const;
export type SignatureType = (typeof SIGNATURE_TYPES)[keyof typeof SIGNATURE_TYPES];

export interface SigningKey {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  /** The public key, 32 bytes. */
  readonly raw: Buffer;
}

export interface TrustedKey {
  /** Null: of any name, as in a PEM file, which has none. */
  readonly name: string | null;
  /** Null: of any type. */
  readonly type: SignatureType | null;
  readonly key: KeyObject;
  readonly raw: Buffer;
}

const RAW_BYTES = 32;
/** What DER has before the 32 bytes of a key: RFC 8410. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const ENCRYPTED = /^-----BEGIN (?:ENCRYPTED PRIVATE KEY-----|[A-Z ]*PRIVATE KEY-----\r?\nProc-Type: 4,ENCRYPTED)/;

/** Ids by type and name: in a file of checkpoints they are always the same, and hashing them for each took a third of a signature's time. */
const knownIds = new WeakMap<Buffer, Map<string, number>>();
/** Names come from files. */
const KNOWN_MAX = 100;

/** The first four bytes of SHA-256 over name, line feed, type and public key. */
export function keyIdOf(name: string, type: SignatureType, raw: Buffer): number {
  const known = knownIds.get(raw) ?? new Map<string, number>();
  knownIds.set(raw, known);
  const found = known.get(`${type} ${name}`);
  if (found !== undefined) return found;
  const hash = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([type]))
    .update(raw);
  const id = hash.digest().readUInt32BE();
  if (known.size < KNOWN_MAX) known.set(`${type} ${name}`, id);
  return id;
}

/** `NAME+ID+KEY`, with which other tools verify signed notes. */
export function verifierKey(name: string, type: SignatureType, raw: Buffer): string {
  const id = keyIdOf(name, type, raw).toString(16).padStart(8, '0');
  return `${name}+${id}+${Buffer.concat([Buffer.from([type]), raw]).toString('base64')}`;
}

/** `source`: what the key is called in errors, such as its file. @throws LedgerError INVALID_ARGUMENT */
export function readSigningKey(text: string, source: string): SigningKey {
  const trimmed = text.trim();
  if (ENCRYPTED.test(trimmed))
    throw badKey(source, 'it is encrypted, and no passphrase is asked for: take a key without one');
  if (isOpensshPrivateKey(trimmed)) {
    const seed = readOpensshPrivateKey(trimmed);
    if (typeof seed === 'string') throw badKey(source, seed);
    return signingKey(createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }));
  }
  if (isPublic(trimmed)) throw badKey(source, 'it is a public key, and signing takes the private one');
  if (!trimmed.startsWith('-----BEGIN ')) throw badKey(source, 'it is neither PEM nor a key of OpenSSH');
  const key = attempt(() => createPrivateKey({ key: trimmed, format: 'pem' }));
  if (key === null) throw badKey(source, 'it is not a private key in PKCS#8');
  if (key.asymmetricKeyType !== 'ed25519') throw badKey(source, 'it is not an Ed25519 key');
  return signingKey(key);
}

/**
 * The keys in a text: one in PEM, or a line for each, of OpenSSH or as a verifier key. Empty lines, and those that begin with `#`, are passed over.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function readPublicKeys(text: string, source: string): TrustedKey[] {
  const trimmed = text.trim();
  if (/PRIVATE (?:KEY|\+KEY\+)/.test(trimmed.slice(0, 100)))
    throw badKey(source, 'it is a private key, which nobody but its owner should have: give the public one');
  if (trimmed.startsWith('-----BEGIN ')) {
    const key = attempt(() => createPublicKey({ key: trimmed, format: 'pem' }));
    if (key === null) throw badKey(source, 'it is not a public key in PEM');
    if (key.asymmetricKeyType !== 'ed25519') throw badKey(source, 'it is not an Ed25519 key');
    return [{ name: null, type: null, key, raw: rawOf(key) }];
  }
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw badKey(source, 'it is empty');
  return lines.map((line) => readLine(line.trim(), source));
}

function readLine(line: string, source: string): TrustedKey {
  if (isOpensshPublicKey(line)) {
    const raw = readOpensshPublicKey(line);
    if (typeof raw === 'string') throw badKey(source, raw);
    return { name: null, type: null, key: publicKeyOf(raw), raw };
  }
  const key = readVerifierKey(line);
  if (typeof key === 'string') throw badKey(source, key);
  return key;
}

/** The key, or the fault in one clause. */
export function readVerifierKey(text: string): TrustedKey | string {
  const [, name = '', id, encoded = ''] = VERIFIER_KEY.exec(text) ?? [];
  if (id === undefined || !isKeyName(name)) return 'it is neither PEM, nor of OpenSSH, nor NAME+ID+KEY';
  const bytes = decodeBase64(encoded);
  if (bytes === null || bytes.length !== 1 + RAW_BYTES) return 'the key in it is not one of Ed25519';
  const type = bytes[0] as number;
  if (type !== SIGNATURE_TYPES.log && type !== SIGNATURE_TYPES.witness)
    return `its signature type ${type} is neither 1 (of a log) nor 4 (of a witness)`;
  const raw = bytes.subarray(1);
  if (keyIdOf(name, type, raw) !== Number.parseInt(id, 16)) return 'its id is not that of its name and key';
  return { name, type, key: publicKeyOf(raw), raw };
}

function signingKey(key: KeyObject): SigningKey {
  const publicKey = createPublicKey(key);
  return { key, publicKey, raw: rawOf(publicKey) };
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

function rawOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-RAW_BYTES);
}

function isPublic(text: string): boolean {
  return text.startsWith('-----BEGIN PUBLIC KEY-----') || isOpensshPublicKey(text) || isVerifierKey(text);
}

/** OpenSSL's errors say nothing of use to anybody who gave the wrong file. */
function attempt(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function badKey(source: string, fact: string): LedgerError {
  return invalidArgument(
    `the key ${source} cannot be used: ${fact}`,
    'make a pair: openssl genpkey -algorithm ed25519 -out log.pem, then openssl pkey -in log.pem -pubout -out log.pub',
  );
}
