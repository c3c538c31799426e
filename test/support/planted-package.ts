/** The built package, installed in a separate project whose dependencies can be damaged; the others are links to this tree. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPTIMIZE_LATER } from './node-flags.ts';
import { tempDir } from './temp-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Paths of the binaries of better-sqlite3 (both versions) and BLAKE3. */
const BINARIES = {
  'better-sqlite3': ['build/Release/better_sqlite3.node', `prebuilds/${process.platform}-${process.arch}.node`],
  '@napi-rs/blake-hash-linux-x64-gnu': ['blake.linux-x64-gnu.node'],
} as const;

export type Native = keyof typeof BINARIES;

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export class PlantedPackage {
  readonly project: string;
  readonly #modules: string;

  /** `project`: an empty directory. `isCompiled`: with the code that the build has cached, as in a clone; a command without it takes twice as long. */
  constructor({
    project = tempDir(),
    isCompiled = false,
  }: { readonly project?: string; readonly isCompiled?: boolean } = {}) {
    this.project = project;
    this.#modules = join(project, 'node_modules');
    const left = isCompiled ? /\.(d\.ts|map)$/ : /\.(code|d\.ts|map)$/;
    const own = join(this.#modules, 'completengine');
    mkdirSync(join(own, 'dist'), { recursive: true });
    writeFileSync(join(this.project, 'package.json'), '{ "type": "module" }');
    for (const part of ['bin', 'dist/cli', 'dist/lib', 'package.json', 'oclif.manifest.json'])
      cpSync(join(ROOT, part), join(own, part), {
        recursive: true,
        filter: (path) => !left.test(path),
      });
    this.restore();
  }

  /** Makes the dependencies whole again and removes the other files of the project. The package stays. */
  restore(): void {
    removeAllBut(this.project, ['node_modules', 'package.json']);
    removeAllBut(this.#modules, ['completengine']);
    this.#linkAll(join(ROOT, 'node_modules'), this.#modules);
    mkdirSync(join(this.#modules, '@napi-rs'));
    this.#linkAll(join(ROOT, 'node_modules/@napi-rs'), join(this.#modules, '@napi-rs'));
    this.#copy('better-sqlite3');
    this.#copy('@napi-rs/blake-hash');
    this.#copy('@napi-rs/blake-hash-linux-x64-gnu');
  }

  remove(name: string): void {
    rmSync(join(this.#modules, name), { recursive: true });
  }

  binaryOf(name: Native): string {
    const found = BINARIES[name].map((file) => join(this.#modules, name, file)).find((file) => existsSync(file));
    if (found === undefined) throw new Error(`${name} has no binary here`);
    return found;
  }

  setVersion(name: string, version: string): void {
    const file = join(this.#modules, name, 'package.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), version }));
  }

  /** Runs the installed command. */
  command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
    return this.#node([join(this.#modules, 'completengine/bin/run.js'), ...args], env);
  }

  /** Runs a program that imports the library. */
  program(code: string, env: Readonly<Record<string, string>> = {}): Outcome {
    const file = join(this.project, 'program.mjs');
    writeFileSync(file, code);
    return this.#node([...OPTIMIZE_LATER, file], env);
  }

  #node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
    const options = { cwd: this.project, encoding: 'utf8', env: { ...process.env, ...env } } as const;
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, options);
    return { code: status, signal, out: stdout, err: stderr };
  }

  /** The module itself, without the files needed only to build it. */
  #copy(name: string): void {
    const target = join(this.#modules, name);
    rmSync(target);
    // a link to the module would be copied as one, and what a test breaks would be the module itself
    cpSync(realpathSync(join(ROOT, 'node_modules', name)), target, {
      recursive: true,
      filter: (path) => !/\/(deps|src|obj|obj\.target|test_extension\.node|sqlite3\.a)$/.test(path),
    });
  }

  #linkAll(from: string, to: string): void {
    for (const name of readdirSync(from))
      if (!name.startsWith('.') && name !== '@napi-rs') symlinkSync(join(from, name), join(to, name));
  }
}

function removeAllBut(directory: string, kept: readonly string[]): void {
  for (const name of readdirSync(directory))
    if (!kept.includes(name)) rmSync(join(directory, name), { recursive: true });
}
