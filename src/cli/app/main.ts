/** Runs the command line with all of oclif and its plugins: help, completion, and unknown verbs. */

import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { guardOutput } from '../terminal/guard-output.ts';
import { printFailure } from './failure.ts';
import { rootHint } from './usage-hint.ts';

/** `root`: the directory of package.json. Never calls process.exit(): that would truncate output that is still queued for a pipe. */
export async function main(root: string, argv: string[]): Promise<void> {
  guardOutput();
  let verbs: string[] = [];
  try {
    const config = await Config.load(root);
    verbs = config.commandIDs.filter((id) => !id.includes(':'));
    await run(argv, config);
  } catch (error) {
    const word = argv.find((each) => each !== 'help') ?? '';
    printFailure(error, rootHint(word, verbs));
  }
}
