/** `completengine partition`: lists the partitions of a ledger. */

import { BaseCommand } from '../../cli/app/base-command.ts';
import { withLedger } from '../../cli/app/session.ts';
import { reachTable } from '../../cli/partition/partition-table.ts';
import { epochText } from '../../cli/partition/routing-text.ts';
import { partitionListDocument } from '../../views/partition-document.ts';

export default class Partition extends BaseCommand {
  static override summary = 'List the partitions, how keys reach them, and how evenly events are spread.';
  static override description =
    `skew compares a partition with an even share of all partitions that keys can reach: x1.00 is even, x2.00 has twice as many events.
~ marks an estimate from a sample of the commits.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> [-l LEDGER]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.partitions[].name'",
  ];

  async run(): Promise<object> {
    const { flags } = await this.parse(Partition);
    return withLedger(flags, 'read', async (engine) => {
      const { routing, partitions } = await engine.partitioning.list();
      const list = partitionListDocument(routing, partitions);
      const columns = process.stdout.isTTY ? process.stdout.columns : null;
      this.log(`routing ${epochText(list.routing)}\n\n${await reachTable(list.partitions, columns)}`);
      return list;
    });
  }
}
