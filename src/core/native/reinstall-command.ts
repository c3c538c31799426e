/** The command that reinstalls the native modules, for the way this package was installed. */

import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'completengine';
/** pnpm keeps packages in a store and links to them: per project, or one store for all global packages. */
const PNPM_STORE = /[/\\](\.pnpm|pnpm|v\d+[/\\]links)[/\\]/;

export function reinstallCommand(from = dirname(fileURLToPath(import.meta.url))): string {
  const root = packageRoot(from);
  if (existsSync(join(root, 'scripts', 'setup.js'))) return 'npm run setup';
  const flags = isInProject(root) ? '--force' : '-g --force';
  return PNPM_STORE.test(root) ? `pnpm add ${flags} ${NAME}` : `npm install ${flags} ${NAME}`;
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
