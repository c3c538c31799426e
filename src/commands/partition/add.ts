/** `completengine partition add`: adds partitions, effective from the next commit. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { changeRouting, dryRunFlags } from '../../cli/partition/change.ts';

export default class PartitionAdd extends BaseCommand {
  static override summary = 'Add partitions, effective from the next commit.';
  static override description =
    `Existing events stay where they are. With a hash or composite rule most keys then move to another partition, as on a Kafka topic that grows. With a manual
rule events can use the new names. A range rule needs one more bound per partition: see partition reroute. No partition is ever removed.
--dry-run routes the existing events by both routings and reports how many would move. It writes nothing.`;
  static override enableJsonFlag = true;
  static override strict = false;
  static override usage = '<%= command.id %> NAME... [-l LEDGER] [--dry-run]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> p8 p9',
    '<%= config.bin %> <%= command.id %> p8 p9 --dry-run',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    name: Args.string({ description: 'names of the new partitions', required: true, ignoreStdin: true }),
  };
  static override flags = dryRunFlags;

  async run(): Promise<object> {
    const { flags, raw } = await this.parse(PartitionAdd);
    const names = argumentsInOrder(raw);
    return changeRouting(
      flags,
      {
        change: (partitioning) => partitioning.add(names),
        preview: (partitioning, events) => partitioning.previewAdd(names, events),
      },
      (text) => this.log(text),
    );
  }
}
