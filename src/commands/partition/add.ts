/** `completengine partition add`: adds partitions, effective from the next commit. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { changeText } from '../../cli/partition/routing-text.ts';
import { printOnOutputFailure } from '../../cli/terminal/guard-output.ts';
import { routingChangeDocument } from '../../views/routing-document.ts';

export default class PartitionAdd extends BaseCommand {
  static override summary = 'Add partitions, effective from the next commit.';
  static override description =
    `Existing events stay where they are. With a hash or composite rule most keys then move to another partition, as on a Kafka topic that grows. With a manual
rule events can use the new names. A range rule needs one more bound per partition: see partition reroute.`;
  static override enableJsonFlag = true;
  static override strict = false;
  static override usage = '<%= command.id %> NAME... [-l LEDGER]';
  static override examples = ['<%= config.bin %> <%= command.id %> p8 p9'];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    name: Args.string({ description: 'names of the new partitions', required: true, ignoreStdin: true }),
  };

  async run(): Promise<object> {
    const { flags, raw } = await this.parse(PartitionAdd);
    return withLedger(flags, 'write', async (engine) => {
      const change = routingChangeDocument(await engine.partitioning.add(argumentsInOrder(raw)));
      printOnOutputFailure('the change was made');
      this.log(changeText(change));
      return change;
    });
  }
}
