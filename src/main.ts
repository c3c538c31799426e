/**
 * Entry point of our own verbs: one bundle whose compiled code is cached, because compiling took half the time of a small command.
 * Help and plugins take the slower way through `cli/app/main.ts`.
 */

import type { Config } from '@oclif/core/config';
import { printFailure } from './cli/app/failure.ts';
import { asksForHelp, asksForVersion } from './cli/app/request.ts';
import { VerbConfig } from './cli/app/verb-config.ts';
import { keepTerminalMode } from './cli/terminal/terminal-mode.ts';
import Archive from './commands/archive.ts';
import Backup from './commands/backup.ts';
import Bench from './commands/bench.ts';
import Compact from './commands/compact.ts';
import Completion from './commands/completion.ts';
import Diff from './commands/diff.ts';
import Emit from './commands/emit.ts';
import GroupDelete from './commands/group/delete.ts';
import Group from './commands/group/index.ts';
import GroupParked from './commands/group/parked.ts';
import GroupReset from './commands/group/reset.ts';
import GroupShow from './commands/group/show.ts';
import GroupSkip from './commands/group/skip.ts';
import Init from './commands/init.ts';
import Inspect from './commands/inspect.ts';
import PartitionAdd from './commands/partition/add.ts';
import PartitionExplain from './commands/partition/explain.ts';
import Partition from './commands/partition/index.ts';
import PartitionPlace from './commands/partition/place.ts';
import PartitionReroute from './commands/partition/reroute.ts';
import Proof from './commands/proof.ts';
import Replay from './commands/replay.ts';
import Tail from './commands/tail.ts';

const VERBS = new Map<string, { id: string; start(argv: string[], config: Config): Promise<unknown> }>([
  ['archive', Archive],
  ['backup', Backup],
  ['bench', Bench],
  ['compact', Compact],
  ['completion', Completion],
  ['diff', Diff],
  ['emit', Emit],
  ['group', Group],
  ['group delete', GroupDelete],
  ['group parked', GroupParked],
  ['group reset', GroupReset],
  ['group show', GroupShow],
  ['group skip', GroupSkip],
  ['init', Init],
  ['inspect', Inspect],
  ['partition', Partition],
  ['partition add', PartitionAdd],
  ['partition explain', PartitionExplain],
  ['partition place', PartitionPlace],
  ['partition reroute', PartitionReroute],
  ['proof', Proof],
  ['replay', Replay],
  ['tail', Tail],
]);

export { printFailure };

/** Returns false, and does nothing, if the arguments name none of our verbs or ask for help or the version. `root`: the directory of package.json. */
export async function main(root: string, argv: readonly string[]): Promise<boolean> {
  keepTerminalMode();
  const words = VERBS.has(argv.slice(0, 2).join(' ')) ? 2 : 1;
  const verb = argv.slice(0, words).join(' ');
  const command = VERBS.get(verb);
  const rest = argv.slice(words);
  if (command === undefined || asksForHelp(argv) || asksForVersion(argv)) return false;
  try {
    // oclif sets the id only of commands that it discovers itself
    command.id = verb;
    await command.start(rest, new VerbConfig(root, [...VERBS.keys()]));
  } catch (error) {
    printFailure(error);
  }
  return true;
}
