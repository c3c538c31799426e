/** `completengine partition reroute`: changes the routing rule, effective from the next commit. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { countFlag } from '../../cli/app/flag-kinds.ts';
import { withLedger } from '../../cli/app/session.ts';
import { readPartitions } from '../../cli/partition/partitions-flag.ts';
import { previewText } from '../../cli/partition/preview-text.ts';
import { changeText } from '../../cli/partition/routing-text.ts';
import { printOnOutputFailure } from '../../cli/terminal/guard-output.ts';
import { parseRoutingSpec, withMissing } from '../../index.ts';
import { reroutePreviewDocument, routingChangeDocument } from '../../views/routing-document.ts';

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
    'dry-run': Flags.boolean({ description: 'only report what would change' }),
    sample: countFlag({
      description: 'use only the last N events; default: all events',
      dependsOn: ['dry-run'],
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(PartitionReroute);
    const routing = withMissing(parseRoutingSpec(args.spec), flags.missing);
    const partitions = readPartitions(flags.partitions);
    if (!flags['dry-run']) {
      return withLedger(flags, 'write', async (engine) => {
        const change = routingChangeDocument(await engine.partitioning.reroute(routing, { partitions }));
        printOnOutputFailure('the change was made');
        this.log(changeText(change));
        return change;
      });
    }
    return withLedger(flags, 'read', async (engine, { signal }) => {
      const preview = reroutePreviewDocument(
        await engine.partitioning.previewReroute(routing, { partitions, sample: flags.sample, signal }),
      );
      this.log(await previewText(preview));
      return preview;
    });
  }
}
