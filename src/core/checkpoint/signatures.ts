/** Signs the texts of notes and verifies signatures: of logs over the text (type 1), of witnesses over a time and the text (type 4, https://c2sp.org/tlog-cosignature). */

import { sign, verify } from 'node:crypto';
import { keyIdOf, SIGNATURE_TYPES, type SigningKey, type TrustedKey } from './keys.ts';
import type { NoteSignature } from './note.ts';

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** The signature of a log. `text` ends with a line feed. */
export function signText(text: string, name: string, { key, raw }: Pick<SigningKey, 'key' | 'raw'>): NoteSignature {
  const keyId = keyIdOf(name, SIGNATURE_TYPES.log, raw);
  return { name, keyId, signature: sign(null, Buffer.from(text), key) };
}

/** The cosignature of a witness at a time, in seconds since the epoch. */
export function cosignText(
  text: string,
  name: string,
  { key, raw }: Pick<SigningKey, 'key' | 'raw'>,
  seconds: number,
): NoteSignature {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(null, cosigned(text, String(seconds)), key);
  return { name, keyId: keyIdOf(name, SIGNATURE_TYPES.witness, raw), signature: Buffer.concat([time, signature]) };
}

/** Of what kind a signature must be if a trusted key has made it; null if it is of another key, which says nothing. */
export function kindOfSignature({ name, keyId }: NoteSignature, trusted: TrustedKey): 'log' | 'witness' | null {
  if (trusted.name !== null && trusted.name !== name) return null;
  for (const kind of ['log', 'witness'] as const) {
    const type = SIGNATURE_TYPES[kind];
    if (trusted.type !== null && trusted.type !== type) continue;
    if (keyIdOf(name, type, trusted.raw) === keyId) return kind;
  }
  return null;
}

/** Whether the key has signed the text. On a thread: a thousand of them take a tenth of a second. */
export function verifySignature(
  text: string,
  { signature }: NoteSignature,
  kind: 'log' | 'witness',
  { key }: TrustedKey,
): Promise<boolean> {
  const isCosignature = kind === 'witness';
  if (signature.length !== SIGNATURE_BYTES + (isCosignature ? TIME_BYTES : 0)) return Promise.resolve(false);
  const message = isCosignature ? cosigned(text, String(signature.readBigUInt64BE())) : Buffer.from(text);
  return new Promise((resolve, reject) =>
    verify(null, message, key, signature.subarray(-SIGNATURE_BYTES), (error, holds) =>
      error === null ? resolve(holds) : reject(error),
    ),
  );
}

function cosigned(text: string, seconds: string): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}
