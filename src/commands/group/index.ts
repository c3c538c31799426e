/** `completengine group`: lists the consumer groups of a ledger. */

import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { groupsText, NO_GROUPS_OF_A_SEGMENT } from '../../cli/group/groups-text.ts';
import { shownZoneFlag } from '../../cli/range/range-flags.ts';
import { shownClock } from '../../cli/terminal/shown-clock.ts';
import { systemClock } from '../../index.ts';
import { groupsDocument } from '../../views/group-document.ts';

export default class Group extends BaseCommand {
  static override summary = 'List the consumer groups: lag, members, leases, parked events.';
  static override description =
    'A group is created by its first member: tail --group NAME. inspect --watch shows the same figures live, with their rates.';
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> [-l LEDGER] [--json] [--tz ZONE]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.groups[] | [.name, .lag] | @tsv'",
  ];

  static override flags = shownZoneFlag();

  async run(): Promise<object> {
    const { flags } = await this.parse(Group);
    const clock = await shownClock(flags.tz);
    return withLedger(flags, 'read', async (engine) => {
      const groups = groupsDocument(await engine.groups(), systemClock.nowMicros());
      this.log(engine.identity.isSegment ? NO_GROUPS_OF_A_SEGMENT : await groupsText(groups, clock));
      return groups;
    });
  }
}
