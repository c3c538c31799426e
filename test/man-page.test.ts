/** The manual page: made of the manifest, valid roff, and with every command and flag. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error a script, without types
import { manPage } from '../scripts/man-page.js';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'));
const PAGE = at('dist/man/completengine.1');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

test('the package installs the page that the build makes', () => {
  // npm 11 links the page of an array, and none of a string
  expect(readJson('package.json').man).toEqual(['./dist/man/completengine.1']);
  expect(readFileSync(PAGE, 'utf8')).toMatch(/^\.TH COMPLETENGINE 1 "\d{4}-\d\d-\d\d"/);
});

test.skipIf(!has('man'))('man -l shows every command and flag, without a warning', () => {
  const env = { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: '' };
  const { stdout, stderr, status } = spawnSync('man', ['--warnings', '-l', PAGE], { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const manifest = readJson('oclif.manifest.json') as { commands: Record<string, { flags: object }> };
  for (const [id, { flags }] of Object.entries(manifest.commands)) {
    expect(stdout).toContain(`completengine ${id.replaceAll(':', ' ')}`);
    for (const flag of Object.keys(flags)) expect(stdout).toContain(`--${flag}`);
  }
  expect(stdout).toContain('COMPLETENGINE_LEDGER');
});

test.skipIf(!has('mandoc'))('mandoc finds nothing to warn of', () => {
  const { stdout, status } = spawnSync('mandoc', ['-Tlint', '-Wwarning', PAGE], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test.skipIf(!has('man'))('a text cannot be taken for a macro, an escape or a dash', () => {
  const text = '.TH x\n\'y \\fBz --flag `a` ^~ "q"';
  const manifest = { commands: { tail: { summary: text, args: {}, flags: {}, examples: [text] } } };
  const page = manPage(manifest, { name: 'completengine', version: '1.0.0', description: 'A.' }, '2026-01-01');
  const shown = execFileSync('man', ['-l', '-'], {
    input: page,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  for (const line of ['.TH x', '\'y \\fBz --flag `a` ^~ "q"']) expect(shown).toContain(line);
});
