/** docs/CHECKPOINTS.md describes checkpoints completely: a verifier in another language, with openssl, accepts what `--verify --checkpoint` accepts. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { needs, runProgram } from '../support/fault-tools.ts';
import { newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';

const VERIFIER = fileURLToPath(new URL('verify_checkpoints.py', import.meta.url));

it('verifies notes by openssl, and the chain by what FORMAT.md says', async (context) => {
  needs(context, 'python3', '-c', 'import sqlite3, sys; sys.exit(sqlite3.sqlite_version_info < (3, 37))');
  needs(context, 'zstd', '--version');
  needs(context, 'sh', '-c', 'openssl pkeyutl -help 2>&1 | grep -q rawin');
  const directory = tempDir();
  const [{ key, publicKey }, other] = [keyFiles(directory, 'log'), keyFiles(directory, 'other')];
  const [ledger, file, copy] = [await newLedger(), join(directory, 'checkpoints'), join(directory, 'copy.codex')];
  const sign = (path: string) => succeed(['inspect', '-l', path, '--sign', key, '--checkpoint', file]);
  const emit = (path: string, from: number, through: number) =>
    succeed(['emit', '-q', '-l', path], { input: numbers(from, through) });
  const verify = async (path: string, by: string) => {
    const { stdout, stderr, code } = await runProgram('python3', [VERIFIER, path, file, by]);
    return { code, stdout: stdout.toString(), stderr: stderr.trim() };
  };
  await sign(ledger);
  await emit(ledger, 1, 3);
  await sign(ledger);
  copyFileSync(ledger, copy);
  await succeed(['partition', 'add', '-l', ledger, 'extra']);
  await sign(ledger);
  await emit(ledger, 4, 6);
  await sign(ledger);
  await succeed(['archive', '-l', ledger, '--limit', '3', '--yes']);
  await sign(ledger);
  expect(await verify(ledger, publicKey)).toEqual({ code: 0, stdout: '0\n3\n3\n6\n6\n', stderr: '' });

  expect((await verify(ledger, other.publicKey)).stderr).toContain('the checkpoint at 0 is not signed by this key');
  await emit(copy, 7, 9);
  expect((await verify(copy, publicKey)).stderr).toContain('the ledger does not extend the checkpoint at 3');
  const notes = readFileSync(file, 'utf8');
  writeFileSync(file, notes.replace('\n3\n', '\n2\n'));
  expect((await verify(ledger, publicKey)).stderr).toContain('the checkpoint at 2 is not signed by this key');
  const all = notes.split(/(?<=\n)(?=completengine\/[0-9a-f-]{36}\n)/);
  writeFileSync(file, all.filter((_, nth) => nth !== 1).join(''));
  expect((await verify(ledger, publicKey)).stderr).toContain('the checkpoint before the one at 3 was removed');
});
