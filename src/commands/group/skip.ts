/** `completengine group skip`: moves a group past one event. Prints a plan, and applies it on request. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { mayApply } from '../../cli/app/apply-plan.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { planFlags } from '../../cli/group/plan-flags.ts';
import { shownZoneFlag } from '../../cli/range/range-flags.ts';
import { shownClock } from '../../cli/terminal/shown-clock.ts';

export default class GroupSkip extends BaseCommand {
  static override summary = 'Move a group past the next event of a partition, which it cannot take.';
  static override description =
    `Without --yes it shows the event. --yes needs --sequence, or a place such as p3/1324, which pins that event: if the group is elsewhere by then, the run is refused, and nothing is skipped. The event is not parked: the group does not get it again unless its offsets are reset. To have events set aside after some failures, use tail --max-deliver.`;
  static override enableJsonFlag = true;
  static override usage =
    '<%= command.id %> GROUP PARTITION|PLACE|SEQUENCE [--sequence N] [--yes] [--force] [--tz ZONE]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer p3',
    '<%= config.bin %> <%= command.id %> mailer p3 --sequence 901 --yes',
    '<%= config.bin %> <%= command.id %> mailer p3/1324 --yes',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
    partition: Args.string({
      description: 'name of the partition; or the event: p3/1324, or its sequence',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...planFlags,
    ...shownZoneFlag(),
    sequence: Flags.integer({
      description: 'skip this event alone, which has to be the next one',
      min: 1,
      helpValue: 'N',
    }),
  };

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(GroupSkip);
    const decision = { yes: flags.yes, force: flags.force, isJson: this.jsonEnabled() };
    const clock = await shownClock(flags.tz);
    const { skipEvent } = await import('../../cli/group/skip.ts');
    return withLedger(flags, mayApply(decision) ? 'write' : 'read', (engine, { signal }) =>
      skipEvent(
        engine,
        {
          group: args.group,
          place: args.partition,
          sequence: flags.sequence,
          clock,
          decision,
          print: (text) => this.log(text),
          report: (note) => this.logToStderr(note),
        },
        signal,
      ),
    );
  }
}
