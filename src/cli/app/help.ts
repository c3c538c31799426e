/** Renders the help as oclif does, without repetitions and with the groups of flags in our order. */

import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';

type Groups = ReturnType<CommandHelp['groupFlags']>;

const GLOBAL_GROUP = 'GLOBAL';
/** Of everything below a heading. */
const INDENT = 2;

const FIRST_STEPS = `$ <%= config.bin %> init --routing hash:tenant --time created_at
$ <%= config.bin %> emit events.jsonl
$ <%= config.bin %> tail --follow
$ <%= config.bin %> replay --from 2026-04-12`;

class LedgerCommandHelp extends CommandHelp {
  /** Without the summary, which is printed above. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  /** Lists with the flags above their texts are rendered two columns too wide. */
  override renderList(...[input, options]: Parameters<CommandHelp['renderList']>): string {
    const list = super.renderList(input, options);
    const room = this.opts.maxWidth - INDENT;
    if (list.split('\n').every((line) => line.length <= room)) return list;
    return super.renderList(input, { ...options, multiline: true, indentation: options.indentation + INDENT });
  }

  /** Orders the groups as the command declares them, with GLOBAL last; oclif sorts them by name. */
  protected override groupFlags(flags: Command.Flag.Any[]): Groups {
    const { mainFlags, flagGroups } = super.groupFlags(flags);
    const named = Object.values(this.command.flags).flatMap(({ helpGroup }) => helpGroup ?? []);
    const order = [...new Set(named.filter((group) => group !== GLOBAL_GROUP)), GLOBAL_GROUP];
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

  /** A topic that is also a command is listed under the commands only. */
  protected override get sortedTopics(): Help['_topics'] {
    return super.sortedTopics.filter(({ name }) => this.config.findCommand(name) === undefined);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(this.section('FIRST STEPS', FIRST_STEPS));
  }
}
