/** `completengine group skip`: moves a group past one event. Prints a plan, and applies it on request. */

import * as Args from '@oclif/core/args';
import { mayApply } from '../../cli/app/apply-plan.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { planFlags } from '../../cli/group/plan-flags.ts';

export default class GroupSkip extends BaseCommand {
  static override summary = 'Move a group past the next event of a partition, which it cannot take.';
  static override description =
    `Without --yes it shows the event. The event is not parked: the group does not get it again unless its offsets are reset. To have events set aside after some failures, use tail --max-deliver.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> GROUP PARTITION [--yes] [--force]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer p3',
    '<%= config.bin %> <%= command.id %> mailer p3 --yes',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
    partition: Args.string({ description: 'name of the partition', required: true, ignoreStdin: true }),
  };
  static override flags = planFlags;

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(GroupSkip);
    const decision = { yes: flags.yes, force: flags.force, isJson: this.jsonEnabled() };
    const { skipEvent } = await import('../../cli/group/skip.ts');
    return withLedger(flags, mayApply(decision) ? 'write' : 'read', (engine, { signal }) =>
      skipEvent(
        engine,
        {
          group: args.group,
          partition: args.partition,
          decision,
          print: (text) => this.log(text),
          report: (note) => this.logToStderr(note),
        },
        signal,
      ),
    );
  }
}
