import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reinstallCommand } from '../../../src/core/native/reinstall-command.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A package at this place below a new directory, and the directory of its compiled modules. */
function packageAt(place: string, home = tempDir()): string {
  const modules = join(home, place, 'dist/lib/core/native');
  mkdirSync(modules, { recursive: true });
  writeFileSync(join(home, place, 'package.json'), '{}');
  return modules;
}

function inProject(place: string): string {
  const home = tempDir();
  writeFileSync(join(home, 'package.json'), '{}');
  return packageAt(place, home);
}

it('names the command that fits the way of the installation', () => {
  expect(reinstallCommand()).toBe('npm run setup');
  expect(reinstallCommand(packageAt('lib/node_modules/completengine'))).toBe('npm install -g --force completengine');
  expect(reinstallCommand(inProject('node_modules/completengine'))).toBe('npm install --force completengine');
  expect(reinstallCommand(inProject('node_modules/.pnpm/completengine@0.1.0/node_modules/completengine'))).toBe(
    'pnpm add --force completengine',
  );
  expect(reinstallCommand(packageAt('store/v11/links/@/completengine/0.1.0/abc/node_modules/completengine'))).toBe(
    'pnpm add -g --force completengine',
  );
});
