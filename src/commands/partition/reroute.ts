/** `completengine partition reroute`: changes the routing rule, effective from the next commit. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { changeRouting, dryRunFlags } from '../../cli/partition/change.ts';
import { readPartitions } from '../../cli/partition/partitions-flag.ts';
import { parseRoutingSpec, withMissing } from '../../index.ts';

export default class PartitionReroute extends BaseCommand {
  static override summary = 'Change the routing rule, effective from the next commit.';
  static override description =
    `Existing events stay where they are, and their replay does not change. No partition is ever removed; missing ones are created.
--dry-run routes the existing events by both rules and reports how many would move. It writes nothing.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> SPEC [-l LEDGER] [--partitions N|NAMES] [--dry-run]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> hash:tenant --partitions 16',
    '<%= config.bin %> <%= command.id %> range:amount=100,1000 --partitions low,mid,high --dry-run',
    '<%= config.bin %> <%= command.id %> composite:tenant+topic --dry-run --sample 100000',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    spec: Args.string({ description: 'routing rule, as in init --routing', required: true, ignoreStdin: true }),
  };
  static override flags = {
    partitions: Flags.string({
      description:
        'number of partitions for keys, or their names separated by commas; default: the current ones, or for a range as many as its bounds define',
      helpValue: 'N|NAME,..',
    }),
    missing: Flags.string({
      description: 'partition for events without a key; default: reject them as bad lines',
      helpValue: 'PARTITION',
    }),
    ...dryRunFlags,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(PartitionReroute);
    const routing = withMissing(parseRoutingSpec(args.spec), flags.missing);
    const partitions = readPartitions(flags.partitions);
    return changeRouting(
      flags,
      {
        change: (partitioning) => partitioning.reroute(routing, { partitions }),
        preview: (partitioning, events) => partitioning.previewReroute(routing, { partitions, ...events }),
      },
      (text) => this.log(text),
    );
  }
}
