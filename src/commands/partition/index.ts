/** `completengine partition`: the partitions of a ledger. */

import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { reachDocuments, reachTable } from '../../cli/partition/partition-table.ts';
import { epochDocument, epochText, placementDocuments } from '../../cli/partition/routing-text.ts';

export default class Partition extends BaseCommand {
  static override summary = 'List the partitions, how keys reach them, and how events spread over them.';
  static override description =
    `skew is a partition's events against an even share of those that keys lead to: x1.00 is even, x2.00 twice as many.
What is stored is marked with ~ where it is reckoned from a sample, because there are too many commits to look at each.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> [-l FILE]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.partitions[].name'",
  ];

  async run(): Promise<object> {
    const { flags } = await this.parse(Partition);
    return withLedger(flags, 'read', async (engine) => {
      const { routing, partitions } = await engine.partitioning.list();
      const columns = process.stdout.isTTY ? process.stdout.columns : null;
      this.log(
        `routing ${epochText(routing.epoch, routing.partitionNames)}\n\n${await reachTable(partitions, columns)}`,
      );
      return {
        ...epochDocument(routing.epoch, routing.partitionNames),
        placements: placementDocuments(routing),
        partitions: reachDocuments(partitions),
      };
    });
  }
}
