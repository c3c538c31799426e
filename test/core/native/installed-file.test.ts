/** Tests where a file of an installed package is found: in the nearest folder above that has it, as Node does. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { installedFile } from '../../../src/core/native/installed-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const FILE = '@scope/package/package.json';

function install(directory: string): string {
  const path = join(directory, 'node_modules', FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{ "version": "1.0.0" }');
  return path;
}

/** Where it is found from the command's folder, by us and by Node, which remembers what it has found. */
function found(root: string): (string | null)[] {
  const below = join(root, 'node_modules/completengine/dist/cli');
  mkdirSync(below, { recursive: true });
  return [installedFile(FILE, below), createRequire(join(below, 'verbs.cjs')).resolve(FILE)];
}

it('is that beside the package', () => {
  const root = tempDir();
  const beside = install(root);
  // a folder without the file is passed over
  mkdirSync(join(root, 'node_modules/completengine/node_modules/@scope/package'), { recursive: true });
  expect(found(root)).toEqual([beside, beside]);
});

it('is that inside the package before the one beside it', () => {
  const root = tempDir();
  install(root);
  const inside = install(join(root, 'node_modules/completengine'));
  expect(found(root)).toEqual([inside, inside]);
});

it('is null where no folder above has it', () => {
  expect(installedFile(`completengine-no-such-package/${FILE}`)).toBeNull();
});
