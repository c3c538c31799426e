/** Pairs of Ed25519 keys in PEM. */

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

/** Writes a new pair as `NAME.pem` and `NAME.pub`. */
export function keyFiles(directory: string, name: string): { readonly key: string; readonly publicKey: string } {
  const { privateKey, publicKey } = newKeyPair();
  const files = { key: join(directory, `${name}.pem`), publicKey: join(directory, `${name}.pub`) };
  writeFileSync(files.key, privateKey, { mode: 0o600 });
  writeFileSync(files.publicKey, publicKey);
  return files;
}
