/** `completengine group parked`: lists the parked events of a group, redelivers them, or drops them. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { mayApply } from '../../cli/app/apply-plan.ts';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { limitFlag, shownZoneFlag } from '../../cli/range/range-flags.ts';
import { outputFlags } from '../../cli/terminal/output-flags.ts';

export default class GroupParked extends BaseCommand {
  static override summary = 'List the parked events of a group (dead letters), redeliver them, or drop them.';
  static override description =
    `In a pipe, or with --json, each parked event is a line of JSON with reason, attempts and, last, the payload byte for byte. With -o it prints the events alone, in that format.
--redeliver has the members that hold their partitions deliver them once more. --drop discards them, which is final: without --yes it prints how many.`;
  static override strict = false;
  static override usage = [
    '<%= command.id %> GROUP [--json | -o FORMAT] [--limit N]',
    '<%= command.id %> GROUP --redeliver [SEQUENCE...|all]',
    '<%= command.id %> GROUP --drop SEQUENCE...|all [--yes]',
  ];
  static override examples = [
    '<%= config.bin %> <%= command.id %> mailer',
    "<%= config.bin %> <%= command.id %> mailer | jq -c '[.sequence, .reason]'",
    '<%= config.bin %> <%= command.id %> mailer -o payload > poison.jsonl',
    '<%= config.bin %> <%= command.id %> mailer --redeliver all',
    '<%= config.bin %> <%= command.id %> mailer --drop 901 907 --yes',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    group: Args.string({ description: 'name of the group', required: true, ignoreStdin: true }),
    sequence: Args.string({
      description: 'with --redeliver and --drop: sequences, or all',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...outputFlags(),
    ...limitFlag('only the first N parked events'),
    ...shownZoneFlag(),
    json: Flags.boolean({
      description: 'print JSON lines, as in a pipe',
      exclusive: ['output', 'redeliver', 'drop'],
    }),
    redeliver: Flags.boolean({ description: 'deliver them once more: these sequences, or all' }),
    drop: Flags.boolean({ description: 'discard these sequences, or all', exclusive: ['redeliver'] }),
    yes: Flags.boolean({ description: 'drop them; without it, only their number is printed', dependsOn: ['drop'] }),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(GroupParked);
    const [name = '', ...given] = argumentsInOrder(raw);
    const { redeliver, drop, yes } = flags;
    const decision = { yes, force: false, isJson: false };
    const { listParked, redeliverParked } = await import('../../cli/group/parked.ts');
    const isWriter = redeliver || (drop && mayApply(decision));
    await withLedger(flags, isWriter ? 'write' : 'read', async (engine, { signal }) => {
      if (redeliver) return this.logToStderr(await redeliverParked(engine, name, given));
      if (drop) {
        const { dropParked } = await import('../../cli/group/drop-parked.ts');
        const print = (text: string) => this.log(text);
        const report = (note: string) => this.logToStderr(note);
        return dropParked(engine, { group: name, given, decision, print, report }, signal);
      }
      await listParked(engine, name, flags, signal);
    });
  }
}
