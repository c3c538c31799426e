/** The help of the command line: groups of flags in the order in which their command names them, those of all commands last. */

import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';

type Groups = ReturnType<CommandHelp['groupFlags']>;

const OF_ALL_COMMANDS = 'GLOBAL';

class OrderedCommandHelp extends CommandHelp {
  /** The flags come in the order of the alphabet. */
  protected override groupFlags(flags: Command.Flag.Any[]): Groups {
    const { mainFlags, flagGroups } = super.groupFlags(flags);
    const named = Object.values(this.command.flags).flatMap(({ helpGroup }) => helpGroup ?? []);
    const order = [...new Set(named.filter((group) => group !== OF_ALL_COMMANDS)), OF_ALL_COMMANDS];
    return { mainFlags, flagGroups: Object.fromEntries(order.flatMap((group) => (flagGroups[group] === undefined ? [] : [[group, flagGroups[group]]]))) };
  }
}

export default class OrderedHelp extends Help {
  protected override CommandHelpClass = OrderedCommandHelp;
}
