/** `completengine group reset`: resets the offsets of a consumer group. Prints a plan, and applies it on request. */

import * as Args from '@oclif/core/args';
import { mayApply } from '../../cli/app/apply-plan.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { planFlags } from '../../cli/group/plan-flags.ts';
import { partitionFlag } from '../../cli/range/arguments.ts';
import { startFlags, zoneFlag } from '../../cli/range/range-flags.ts';

export default class GroupReset extends BaseCommand {
  static override summary = 'Reset the offsets of a group: its members receive everything from there on.';
  static override description =
    `Without --yes it prints the plan. Members continue from the new place to the head, so a reset has no end. Failure counts restart; parked events stay parked.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> GROUP --from PLACE | --from-sequence N [-p PARTITION] [--yes] [--force]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer --from yesterday',
    '<%= config.bin %> <%= command.id %> mailer --from-sequence 901 --yes',
    '<%= config.bin %> <%= command.id %> mailer --from end -p p3 --yes',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
  };
  static override flags = { ...startFlags, ...zoneFlag, ...partitionFlag, ...planFlags };

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(GroupReset);
    const decision = { yes: flags.yes, force: flags.force, isJson: this.jsonEnabled() };
    const { checkStart, resetGroup } = await import('../../cli/group/reset.ts');
    checkStart(flags);
    return withLedger(flags, mayApply(decision) ? 'write' : 'read', (engine, { signal }) =>
      resetGroup(
        engine,
        {
          group: args.group,
          partitions: flags.partition ?? [],
          start: flags,
          decision,
          print: (text) => this.log(text),
          report: (note) => this.logToStderr(note),
        },
        signal,
      ),
    );
  }
}
