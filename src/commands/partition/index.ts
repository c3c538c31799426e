/** `completengine partition`: the partitions of a ledger. */

import { BaseCommand } from '../../cli/base-command.ts';
import { partitionDocument, partitionTable } from '../../cli/inspect-text.ts';
import { withLedger } from '../../cli/session.ts';
import { formatRoutingSpec } from '../../index.ts';

export default class Partition extends BaseCommand {
  static override summary = 'List the partitions and how events spread over them.';
  static override enableJsonFlag = true;
  static override examples = ['<%= config.bin %> <%= command.id %>', "<%= config.bin %> <%= command.id %> --json | jq -r '.partitions[].name'"];

  async run(): Promise<object> {
    const { flags } = await this.parse(Partition);
    return withLedger(flags, 'read', async (engine) => {
      const { identity, partitions } = await engine.inspect();
      const routing = formatRoutingSpec((identity.epochs.at(-1) ?? identity.epochs[0]).spec);
      this.log(`routing ${routing}\n\n${await partitionTable(partitions)}`);
      return { routing, partitions: partitions.map(partitionDocument) };
    });
  }
}
