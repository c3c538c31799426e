/** `completengine group delete`: deletes a consumer group. Prints a plan, and applies it on request. */

import * as Args from '@oclif/core/args';
import { mayApply } from '../../cli/app/apply-plan.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { planFlags } from '../../cli/group/plan-flags.ts';

export default class GroupDelete extends BaseCommand {
  static override summary = 'Delete a group, with its offsets and its parked events.';
  static override description =
    `Without --yes it prints the plan. No event of the ledger is deleted. A member that joins under the name afterwards makes a new group. It is refused while members have not left, also expired ones: their processes may only be paused.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> GROUP [--yes] [--force]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer',
    '<%= config.bin %> <%= command.id %> mailer --yes',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
  };
  static override flags = planFlags;

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(GroupDelete);
    const decision = { yes: flags.yes, force: flags.force, isJson: this.jsonEnabled() };
    const { deleteGroup } = await import('../../cli/group/delete.ts');
    return withLedger(flags, mayApply(decision) ? 'write' : 'read', (engine, { signal }) =>
      deleteGroup(
        engine,
        {
          group: args.group,
          decision,
          print: (text) => this.log(text),
          report: (note) => this.logToStderr(note),
        },
        signal,
      ),
    );
  }
}
