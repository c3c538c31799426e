/** Hashes all inputs of a build: sources, kernel, scripts, settings, locked packages, and the version of Node. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const INPUTS = ['src', 'kernel', 'scripts', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** Written by the build, beside the module that loads it. */
const OUTPUTS = new Set(['kernel.wasm', 'kernel-shared.wasm'].map((file) => join('src', 'core', 'kernel', file)));

export function inputHash(root) {
  const hash = createHash('sha256');
  hash.update(`${process.version} ${process.platform} ${process.arch}\n`);
  for (const file of INPUTS.flatMap((input) => filesOf(root, input)).sort()) {
    if (OUTPUTS.has(file)) continue;
    const content = readFileSync(join(root, file));
    hash.update(`${file} ${content.length}\n`);
    hash.update(content);
  }
  return hash.digest('hex');
}

function filesOf(root, input) {
  if (input.includes('.')) return [input];
  const entries = readdirSync(join(root, input), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(join(root, '/').length));
}
