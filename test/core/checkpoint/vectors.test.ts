/** Published vectors: of golang.org/x/mod/sumdb/note, of the tests of transparency-dev/formats, and a real checkpoint of a log with cosignatures of real witnesses. */

import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { readVerifierKey, type TrustedKey, verifierKey } from '../../../src/core/checkpoint/keys.ts';
import { formatNote, parseNote, type SignedNote } from '../../../src/core/checkpoint/note.ts';
import { cosignText, kindOfSignature, signText, verifySignature } from '../../../src/core/checkpoint/signatures.ts';

const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
/** Of the published private key `PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALV..`: its 32 bytes. */
const PETER_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const NOTE = `${TEXT}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
`;
const ARCHE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const ARCHE_LOG = 'arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f';
const WITNESSES = [
  'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  'witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv',
  'transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM',
  'witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO',
];
const SIGNERS = [PETER, ENOCH, 'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6', ARCHE_LOG, ...WITNESSES];

const parsed = (note: string) => parseNote(note) as SignedNote;
const trusted = (text: string) => readVerifierKey(text) as TrustedKey;

/** What the trusted key has to do with each signature of a note: null if it has not made it. */
async function heldBy({ text, signatures }: SignedNote, key: TrustedKey): Promise<(boolean | null)[]> {
  return Promise.all(
    signatures.map((signature) => {
      const kind = kindOfSignature(signature, key);
      return kind && verifySignature(text, signature, kind, key);
    }),
  );
}

test('a note of the Go implementation is read, written and verified', async () => {
  const note = parsed(NOTE);
  expect(note.text).toBe(TEXT);
  expect(note.signatures.map(({ name, keyId }) => [name, keyId.toString(16)])).toEqual([
    ['PeterNeumann', 'c74f20a3'],
    ['EnochRoot', 'af0cfe78'],
  ]);
  expect(formatNote(note)).toBe(NOTE);
  expect(await heldBy(note, trusted(PETER))).toEqual([true, null]);
  expect(await heldBy(note, trusted(ENOCH))).toEqual([null, true]);
  expect(await heldBy({ ...note, text: TEXT.replace('answer', 'Answer') }, trusted(PETER))).toEqual([false, null]);
});

test('signs what the Go implementation has signed, byte for byte', () => {
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), PETER_SEED]),
    format: 'der',
    type: 'pkcs8',
  });
  const signature = signText(TEXT, 'PeterNeumann', { key, raw: trusted(PETER).raw });
  expect(formatNote({ text: TEXT, signatures: [signature] })).toBe(NOTE.split('— EnochRoot')[0]);
});

test('a checkpoint of a real log is verified, and the cosignatures of four witnesses', async () => {
  const note = parsed(ARCHE);
  expect(formatNote(note)).toBe(ARCHE);
  expect(await heldBy(note, trusted(ARCHE_LOG))).toEqual([null, true, null, null, null, null]);
  for (const witness of WITNESSES) {
    const held = await heldBy(note, trusted(witness));
    expect(held.filter((it) => it !== null)).toEqual([true]);
    const other = { ...note, text: note.text.replace('1432088532', '42') };
    expect((await heldBy(other, trusted(witness))).filter((it) => it !== null)).toEqual([false]);
  }
});

test('a cosignature has its time in it', async () => {
  const { raw } = trusted(PETER);
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), PETER_SEED]),
    format: 'der',
    type: 'pkcs8',
  });
  const cosignature = cosignText(TEXT, 'w', { key, raw }, 1_679_315_147);
  expect(cosignature.signature.readBigUInt64BE()).toBe(1_679_315_147n);
  const witness = trusted(verifierKey('w', 4, raw));
  expect(await heldBy({ text: TEXT, signatures: [cosignature] }, witness)).toEqual([true]);
  cosignature.signature.writeUInt8(1, 7);
  expect(await heldBy({ text: TEXT, signatures: [cosignature] }, witness)).toEqual([false]);
});

test.each(SIGNERS)('the verifier key %s is read and written', (text) => {
  const { name, type, raw } = trusted(text);
  expect(verifierKey(name as string, type as 1, raw)).toBe(text);
});

test('a verifier key that is changed anywhere is refused', () => {
  for (let at = 0; at < PETER.length; at++) {
    const changed = PETER.slice(0, at) + String.fromCharCode(PETER.charCodeAt(at) + 1) + PETER.slice(at + 1);
    expect(readVerifierKey(changed), changed).toBeTypeOf('string');
    expect(readVerifierKey(PETER.slice(0, at)), PETER.slice(0, at)).toBeTypeOf('string');
    expect(readVerifierKey(PETER.slice(at + 1)), PETER.slice(at + 1)).toBeTypeOf('string');
  }
  expect(readVerifierKey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toContain('type 101');
});
