/** Runs the command line with all of oclif and its plugins: help, and unknown verbs. */

import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { nearName } from '../../index.ts';
import { ledgersNamed, refuseTakenFiles } from '../state/taken-files.ts';
import { guardOutput } from '../terminal/guard-output.ts';
import { defaultLedger } from './default-ledger.ts';
import { printFailure } from './failure.ts';
import { unknownVerb } from './parser-errors.ts';
import { asksForHelp } from './request.ts';
import { UsageError } from './usage-error.ts';

/** `root`: the directory of package.json. Never calls process.exit(): that would truncate output that is still queued for a pipe. */
export async function main(root: string, argv: string[]): Promise<void> {
  guardOutput();
  try {
    refuseTakenFiles({ ledgers: ledgersNamed(argv, defaultLedger()) });
    // plugins of the user, of which there are none, would be looked for in a home that may be another user's
    const config = await Config.load({ root, userPlugins: false });
    const verbs = config.commandIDs.map((id) => id.replaceAll(':', ' '));
    refuseUnknownVerb(argv, verbs);
    await run(argv, config);
  } catch (error) {
    printFailure(error);
  }
}

/** oclif would name it with colons, and in two ways. @throws UsageError */
function refuseUnknownVerb(argv: readonly string[], verbs: readonly string[]): void {
  const isHelp = argv[0] === 'help';
  const given = isHelp ? argv.slice(1) : argv;
  const [first] = given;
  if (first === undefined || (first.startsWith('-') && asksForHelp(given))) return;
  if (first.startsWith('-')) throw unknownRootFlag(first);
  const end = given.findIndex((word) => word.startsWith('-'));
  const words = end === -1 ? given : given.slice(0, end);
  const isVerb = [2, 1].some((count) => verbs.includes(words.slice(0, count).join(' ')));
  // behind a verb come its arguments, and behind `help` only verbs
  if (isVerb && (!isHelp || verbs.includes(words.join(' ')))) return;
  const two = words.slice(0, 2).join(' ');
  const isTwo =
    isVerb ||
    nearName(
      two,
      verbs.filter((verb) => verb.includes(' ')),
    ) !== null;
  throw unknownVerb(isTwo ? two : first, verbs);
}

function unknownRootFlag(flag: string): UsageError {
  const near = nearName(flag, ['--help', '--version']);
  return new UsageError(`there is no flag ${flag} before a command`, near ?? 'completengine --help');
}
