/** `completengine group show`: shows one consumer group. */

import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { groupsText } from '../../cli/group/groups-text.ts';
import { namedGroup } from '../../cli/group/named-group.ts';
import { shownZoneFlag } from '../../cli/range/range-flags.ts';
import { shownClock } from '../../cli/terminal/shown-clock.ts';
import { systemClock } from '../../index.ts';
import { groupDocument } from '../../views/group-document.ts';

export default class GroupShow extends BaseCommand {
  static override summary = 'Show a consumer group: lag, members, and its place in each partition.';
  static override description =
    `failures above 0: the next event of that partition fails, and is retried with growing pauses. A line below the table says why: the last failure, its time and its member. token is the fencing token of the lease.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> GROUP [-l LEDGER] [--json] [--tz ZONE]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer',
    '<%= config.bin %> <%= command.id %> mailer --json | jq .lag',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
  };

  static override flags = shownZoneFlag();

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(GroupShow);
    const clock = await shownClock(flags.tz);
    return withLedger(flags, 'read', async (engine) => {
      const group = groupDocument(await namedGroup(engine, args.group), systemClock.nowMicros());
      this.log(await groupsText({ groups: [group] }, clock));
      return group;
    });
  }
}
