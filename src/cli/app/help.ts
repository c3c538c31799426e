/** The help of the command line, as oclif writes it, but for what it would say twice or in another order. */

import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';

type Groups = ReturnType<CommandHelp['groupFlags']>;

const OF_ALL_COMMANDS = 'GLOBAL';

const FIRST_STEPS = `$ <%= config.bin %> init --partition hash:tenant --time created_at
$ <%= config.bin %> emit events.jsonl
$ <%= config.bin %> tail --follow
$ <%= config.bin %> replay --from 2026-04-12`;

class LedgerCommandHelp extends CommandHelp {
  /** The summary stands above already. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  /** Groups come as the command names them, with the flags of all commands last; they are given in the order of the alphabet. */
  protected override groupFlags(flags: Command.Flag.Any[]): Groups {
    const { mainFlags, flagGroups } = super.groupFlags(flags);
    const named = Object.values(this.command.flags).flatMap(({ helpGroup }) => helpGroup ?? []);
    const order = [...new Set(named.filter((group) => group !== OF_ALL_COMMANDS)), OF_ALL_COMMANDS];
    return {
      mainFlags,
      flagGroups: Object.fromEntries(
        order.flatMap((group) => (flagGroups[group] === undefined ? [] : [[group, flagGroups[group]]])),
      ),
    };
  }
}

export default class LedgerHelp extends Help {
  protected override CommandHelpClass = LedgerCommandHelp;

  /** A topic that is a command, too, is told among the commands. */
  protected override get sortedTopics(): Help['_topics'] {
    return super.sortedTopics.filter(({ name }) => this.config.findCommand(name) === undefined);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(this.section('FIRST STEPS', FIRST_STEPS));
  }
}
