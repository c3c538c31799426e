import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from '../../src/cli/state/atomic-file.ts';
import { fileIn } from '../support/ledger-cli.ts';
import { refusalOf } from '../support/refusals.ts';
import { tempDir } from '../support/temp-dir.ts';

test('a symbolic link at a predictable name does not redirect the write', () => {
  const directory = tempDir();
  const victim = fileIn(tempDir(), 'victim', 'untouched');
  symlinkSync(victim, join(directory, `.cursor.${process.pid}`));
  writeAtomically(join(directory, 'cursor'), 'new');
  expect(readFileSync(victim, 'utf8')).toBe('untouched');
  expect(readFileSync(join(directory, 'cursor'), 'utf8')).toBe('new');
});

test('replaces the file with mode 0600, and leaves no temporary file, even on failure', () => {
  const directory = tempDir();
  for (const text of ['one', 'two']) writeAtomically(join(directory, 'x'.repeat(255)), text);
  expect(readFileSync(join(directory, 'x'.repeat(255)), 'utf8')).toBe('two');
  expect(statSync(join(directory, 'x'.repeat(255))).mode & 0o777).toBe(0o600);
  mkdirSync(join(directory, 'taken'));
  expect(refusalOf(() => writeAtomically(join(directory, 'taken'), 'x')).code).toBe('IO_FAILED');
  expect(readdirSync(directory)).toEqual(['taken', 'x'.repeat(255)]);
});
