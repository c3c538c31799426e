/** Starts the command line. Our own verbs load no plugins: they would be a third of the time a small command takes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config, flush, handle, run } from '@oclif/core';

/** `root`: the directory of package.json. */
export async function main(root: string, argv: string[]): Promise<void> {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (isOwnVerb(root, argv[0])) pjson.oclif.plugins = [];
  const config = await Config.load({ root, pjson });
  try {
    await run(argv, config);
    await flush();
  } catch (error) {
    await handle(error as Error);
  }
}

function isOwnVerb(root: string, verb: string | undefined): boolean {
  if (verb === undefined) return false;
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as { commands: object };
  return Object.keys(manifest.commands).some((id) => id.split(':')[0] === verb);
}
