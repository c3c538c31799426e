/** `completengine partition reroute`: another rule, from the next commit on. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { readPartitions } from '../../cli/partition/partitions-flag.ts';
import { previewDocument, previewText } from '../../cli/partition/preview-text.ts';
import { changeDocument, changeText } from '../../cli/partition/routing-text.ts';
import { sayOnOutputFailure } from '../../cli/terminal/guard-output.ts';
import { parseRoutingSpec, withMissing } from '../../index.ts';

export default class PartitionReroute extends BaseCommand {
  static override summary = 'Route by another rule, from the next commit on.';
  static override description =
    `Old events stay where they are, and a replay tells what it told before. No partition is ever removed; those that are named and not there are made.
--dry-run routes the events there are by both rules, tells how many would go elsewhere, and writes nothing.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> SPEC [-l FILE] [--partitions N|NAMES] [--dry-run]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> hash:tenant --partitions 16',
    '<%= config.bin %> <%= command.id %> range:amount=100,1000 --partitions low,mid,high --dry-run',
    '<%= config.bin %> <%= command.id %> composite:tenant+topic --dry-run --sample 100000',
  ];
  // without ignoreStdin oclif takes what is piped in for the argument
  static override args = {
    spec: Args.string({ description: 'routing, as init --partition takes it', required: true, ignoreStdin: true }),
  };
  static override flags = {
    partitions: Flags.string({
      description:
        'how many partitions keys go to, or their names separated by commas; default: those of now, for a range as many as its bounds make',
      helpValue: 'N|NAME,..',
    }),
    missing: Flags.string({
      description: 'partition for events without a key; default: such an event is a bad line',
      helpValue: 'NAME',
    }),
    'dry-run': Flags.boolean({ description: 'only tell what would change' }),
    sample: Flags.integer({
      description: 'look at so many of the last events; default: all of history',
      helpValue: 'N',
      dependsOn: ['dry-run'],
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(PartitionReroute);
    const routing = withMissing(parseRoutingSpec(args.spec), flags.missing);
    const partitions = readPartitions(flags.partitions);
    if (!flags['dry-run']) {
      return withLedger(flags, 'write', async (engine) => {
        const change = await engine.partitioning.reroute(routing, { partitions });
        sayOnOutputFailure('the change was made');
        this.log(changeText(change));
        return changeDocument(change);
      });
    }
    return withLedger(flags, 'read', async (engine, { signal }) => {
      const preview = await engine.partitioning.previewReroute(routing, { partitions, sample: flags.sample, signal });
      this.log(await previewText(preview));
      return previewDocument(preview);
    });
  }
}
