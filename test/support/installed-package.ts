/** Installs the packed package in a separate project, and compiles sources against it. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { OPTIMIZE_LATER } from './node-flags.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The strictest compiler options. */
const COMPILER_OPTIONS = {
  target: 'es2022',
  // without the DOM, which a program for Node need not have
  lib: ['es2022'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  declaration: true,
  // the package itself must reference Node's types
  types: [],
  rootDir: '.',
  outDir: 'out',
};

export interface InstalledPackage {
  /** The packed files, by path. */
  readonly files: readonly string[];
  /** Compiles these sources, by name, without errors. Returns the directory of the programs. */
  compile(sources: Readonly<Record<string, string>>): string;
  remove(): void;
}

/** Packs the build. */
export function installPackage(): InstalledPackage {
  const home = mkdtempSync(join(tmpdir(), 'completengine-package-'));
  const packing = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', home], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [{ filename, files }] = JSON.parse(packing.stdout) as [{ filename: string; files: { path: string }[] }];
  const modules = join(home, 'node_modules');
  const own = join(modules, 'completengine');
  for (const directory of [own, join(modules, '@types')]) mkdirSync(directory, { recursive: true });
  expect(spawnSync('tar', ['xzf', join(home, filename), '-C', own, '--strip-components=1']).status).toBe(0);
  // its dependencies are below it, where the project cannot import them
  symlinkSync(join(ROOT, 'node_modules'), join(own, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/@types/node'), join(modules, '@types/node'));
  return {
    files: files.map(({ path }) => path),
    compile: (sources) => compile(mkdtempSync(join(home, 'project-')), sources),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function compile(directory: string, sources: Readonly<Record<string, string>>): string {
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: Object.keys(sources) }),
  );
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(directory, name), text);
  const { status, stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], {
    cwd: directory,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  return join(directory, 'out');
}

/** Runs a program that must end by itself. */
export function run(
  program: string,
  directory: string,
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...OPTIMIZE_LATER, program], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}
