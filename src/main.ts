/**
 * Entry point of our own verbs: one bundle whose compiled code is cached, because compiling took half the time of a small command.
 * Help and plugins take the slower way through `cli/app/main.ts`.
 */

import type { Config } from '@oclif/core/config';
import { printFailure } from './cli/app/failure.ts';
import { asksForHelp, asksForVersion } from './cli/app/request.ts';
import { VerbConfig } from './cli/app/verb-config.ts';
import { isOutputWritten } from './cli/terminal/guard-output.ts';
import { keepTerminalMode } from './cli/terminal/terminal-mode.ts';

interface Verb {
  id: string;
  start(argv: string[], config: Config): Promise<unknown>;
}

type LoadVerb = () => Promise<{ readonly default: Verb }>;

/** Each with all that it needs: most of that is of no use to another one. */
const VERBS = new Map<string, LoadVerb>([
  ['archive', () => import('./commands/archive.ts')],
  ['backup', () => import('./commands/backup.ts')],
  ['bench', () => import('./commands/bench.ts')],
  ['compact', () => import('./commands/compact.ts')],
  ['completion', () => import('./commands/completion.ts')],
  ['diff', () => import('./commands/diff.ts')],
  ['emit', () => import('./commands/emit.ts')],
  ['group', () => import('./commands/group/index.ts')],
  ['group delete', () => import('./commands/group/delete.ts')],
  ['group parked', () => import('./commands/group/parked.ts')],
  ['group reset', () => import('./commands/group/reset.ts')],
  ['group show', () => import('./commands/group/show.ts')],
  ['group skip', () => import('./commands/group/skip.ts')],
  ['init', () => import('./commands/init.ts')],
  ['inspect', () => import('./commands/inspect.ts')],
  ['partition', () => import('./commands/partition/index.ts')],
  ['partition add', () => import('./commands/partition/add.ts')],
  ['partition explain', () => import('./commands/partition/explain.ts')],
  ['partition place', () => import('./commands/partition/place.ts')],
  ['partition reroute', () => import('./commands/partition/reroute.ts')],
  ['proof', () => import('./commands/proof.ts')],
  ['replay', () => import('./commands/replay.ts')],
  ['tail', () => import('./commands/tail.ts')],
]);

export { isOutputWritten, printFailure };

/** Returns false, and does nothing, if the arguments name none of our verbs or ask for help. `root`: the directory of package.json. */
export async function main(root: string, argv: readonly string[]): Promise<boolean> {
  keepTerminalMode();
  const words = VERBS.has(argv.slice(0, 2).join(' ')) ? 2 : 1;
  const verb = argv.slice(0, words).join(' ');
  const load = VERBS.get(verb);
  const rest = argv.slice(words);
  const isVersion = asksForVersion(argv);
  if (asksForHelp(argv) || (load === undefined && !isVersion)) return false;
  try {
    if (isVersion) {
      (await import('./cli/app/version.ts')).printVersion(root, argv);
      return true;
    }
    const { default: command } = await (load as LoadVerb)();
    // oclif sets the id only of commands that it discovers itself
    command.id = verb;
    await command.start(rest, new VerbConfig(root, [...VERBS.keys()]));
  } catch (error) {
    printFailure(error);
  }
  return true;
}
