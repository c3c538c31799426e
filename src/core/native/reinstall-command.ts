/** The commands that reinstall the native modules or add one, for the way this package was installed. */

import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const NAME = 'completengine';
const HERE = import.meta.dirname;
/** pnpm keeps packages in a store and links to them: per project, or one store for all global packages. */
const PNPM_STORE = /[/\\](\.pnpm|pnpm|v\d+[/\\]links)[/\\]/;

export function reinstallCommand(from?: string): string {
  return isClone(from) ? 'npm run setup' : installCommand(NAME, from, '--force');
}

/** The command that adds a package where this one can load it. */
export function installCommand(name: string, from = HERE, ...flags: readonly string[]): string {
  const root = packageRoot(from);
  const manager = PNPM_STORE.test(root) ? 'pnpm add' : 'npm install';
  const isGlobal = !isClone(from) && !isInProject(root);
  return [manager, ...(isGlobal ? ['-g'] : []), ...flags, name].join(' ');
}

function isClone(from = HERE): boolean {
  return existsSync(join(packageRoot(from), 'scripts', 'setup.js'));
}

/** The nearest parent directory with a package.json. */
function packageRoot(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json')) || directory === dirname(directory)) return directory;
  }
}

/** A global installation is in a node_modules that belongs to no project. */
function isInProject(root: string): boolean {
  const [project] = root.split(`${sep}node_modules${sep}`);
  return project !== undefined && existsSync(join(project, 'package.json'));
}
