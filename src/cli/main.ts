/** Starts the command line. Our own verbs load no plugins: they would be a third of the time a small command takes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { printFailure } from './failure.ts';
import { guardOutput } from './guard-output.ts';

/** `root`: the directory of package.json. Never ends the process: what is still on its way to a pipe would be cut off. */
export async function main(root: string, argv: string[]): Promise<void> {
  guardOutput();
  try {
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    if (isOwnVerb(root, argv[0])) pjson.oclif.plugins = [];
    await run(argv, await Config.load({ root, pjson }));
  } catch (error) {
    printFailure(error);
  }
}

function isOwnVerb(root: string, verb: string | undefined): boolean {
  if (verb === undefined) return false;
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as { commands: object };
  return Object.keys(manifest.commands).some((id) => id.split(':')[0] === verb);
}
